/** The curve of a metric in its row: asked for when it is seen, and on demand where it would be expensive. */
import { useEffect, useRef, useState } from "preact/hooks";
import { isAbort } from "../../api/client.ts";
import { zone } from "../../app/preferences.ts";
import { Button } from "../../design/button.tsx";
import { Sparkline } from "../../design/sparkline.tsx";
import { printValue, type Unit } from "../../number/units.ts";
import { printClock } from "../../time/time-text.ts";
import type { CatalogueMetric } from "./catalogue.ts";
import type { Curve, Curves } from "./curves.ts";
import { useSeen } from "./seen.ts";
import { sparklineMeaning, sparklineQuery, sparklineUnit } from "./sparkline-query.ts";

/** Metrics with more series are asked for on demand. */
const MANY_SERIES = 2000;
/** A curve that ended so long ago has stopped. */
const STOPPED_SECONDS = 600;

interface CurveCellProps {
  readonly metric: CatalogueMetric;
  readonly curves: Curves;
  readonly nowSeconds: number;
}

export function CurveCell({ metric, curves, nowSeconds }: CurveCellProps) {
  const { name, type, unit, series = 0 } = metric;
  const element = useRef<HTMLDivElement>(null);
  const isSeen = useSeen(element);
  const [isWanted, setWanted] = useState(series <= MANY_SERIES);
  const [curve, setCurve] = useState<Curve | string>();
  const query = sparklineQuery(name, type);
  useEffect(() => {
    if (!isSeen || !isWanted) return;
    const asked = curves.find(query);
    if (asked === undefined) return setCurve("not asked: this page has asked for many curves");
    asked.then(setCurve, (error: unknown) => {
      if (!isAbort(error)) setCurve(error instanceof Error ? error.message : String(error));
    });
  }, [isSeen, isWanted, query, curves]);
  return (
    <div class="metric-curve" ref={element}>
      {!isWanted && (
        <Button small kind="quiet" onClick={() => setWanted(true)}>
          Show the curve of {series.toLocaleString("en-US")} series
        </Button>
      )}
      {typeof curve === "string" && (
        <span class="small quiet clip" title={curve}>
          {curve}
        </span>
      )}
      {typeof curve === "object" && (
        <Drawn curve={curve} metric={metric} unit={sparklineUnit(name, type, unit)} nowSeconds={nowSeconds} />
      )}
    </div>
  );
}

interface DrawnProps {
  readonly curve: Curve;
  readonly metric: CatalogueMetric;
  readonly unit: Unit;
  readonly nowSeconds: number;
}

function Drawn({ curve: { values, lastSeconds }, metric: { name, type }, unit, nowSeconds }: DrawnProps) {
  if (lastSeconds === undefined) return <span class="small quiet">no sample in the last hour</span>;
  const last = values.findLast((value) => value !== null) ?? Number.NaN;
  const text = printValue(last, unit);
  const meaning = sparklineMeaning(name, type);
  const hasStopped = nowSeconds - lastSeconds > STOPPED_SECONDS;
  const at = printClock(lastSeconds, zone.value).slice(0, 5);
  return (
    <>
      <Sparkline values={values} label={`${meaning} in the last hour, last ${text}`} />
      <span class="small number metric-last" title={meaning}>
        {text}
        {hasStopped && <span class="quiet"> until {at}</span>}
      </span>
    </>
  );
}
