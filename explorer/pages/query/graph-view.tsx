/** The graph of a panel with its legend, or a heatmap of its histograms. */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { zone } from "../../app/preferences.ts";
import { isDark } from "../../app/scheme.ts";
import { guessUnit, type Unit } from "../../number/units.ts";
import { foldLabels } from "../../plot/fold-labels.ts";
import { Graph } from "../../plot/graph.tsx";
import { isClassicHistogram, isNativeHistogram, newHeatMap } from "../../plot/heat.ts";
import { Heatmap } from "../../plot/heatmap.tsx";
import { Legend } from "../../plot/legend.tsx";
import type { TimeActions } from "../../plot/pointer.ts";
import { exemplarMarks } from "./exemplar-links.ts";
import { metricsOf } from "./expression.ts";
import { type Outcome, type Panel, seriesOf } from "./panel.ts";
import { traceLink } from "./trace-link.ts";

const HEIGHT = 340;

interface GraphViewProps {
  readonly outcome: Outcome;
  readonly panel: Panel;
  readonly actions: TimeActions;
  readonly onNote: () => void;
}

export function GraphView({ outcome, panel, actions, onNote }: GraphViewProps) {
  const { mode, isLog } = panel.question.value;
  const { frame, range, answer, exemplars } = outcome;
  const focused = useSignal<string | undefined>(undefined);
  const all = seriesOf(answer.data);
  const unit = unitOf(outcome, panel.question.value.unit);
  const isNative = isNativeHistogram(all);
  const isHistogram = isNative || isClassicHistogram(all);
  const isHeat = isHistogram && (mode === "heatmap" || (mode === "auto" && isNative));
  const heat = useMemo(() => (isHeat ? newHeatMap(all, range) : undefined), [outcome, isHeat]);
  const folded = useMemo(() => foldLabels(frame?.series.map(({ metric }) => metric) ?? []), [frame]);
  const marks = useMemo(() => exemplarMarks(exemplars, traceLink.value), [exemplars, traceLink.value]);
  if (frame === undefined) return null;
  const label = `Graph of ${outcome.question.expr}`;
  const common = {
    ...actions,
    label,
    unit: isHeat ? boundsUnit(outcome, panel.question.value.unit) : unit,
    zone: zone.value,
    isDark: isDark.value,
    height: HEIGHT,
    onCanvas: (canvas: HTMLCanvasElement) => {
      panel.canvas = canvas;
    },
  } as const;
  if (heat !== undefined)
    return (
      <>
        {heat.histograms > 1 && (
          <p class="quiet small">{heat.histograms} histograms added up: aggregate or select to see one.</p>
        )}
        <Heatmap {...common} heat={heat} />
      </>
    );
  const colorOf = (key: string) => panel.colors.colorOf(key, isDark.value);
  const drawn = mode === "auto" || mode === "heatmap" ? "lines" : mode;
  return (
    <>
      {mode === "heatmap" && (
        <p class="quiet small">
          No histograms to draw as a heatmap: query native histograms, or buckets with their <code>le</code>,
          such as <code>sum by (le) (rate(…_bucket[5m]))</code>.
        </p>
      )}
      {isNative && (
        <p class="quiet small">
          Native histograms have no single height: choose Draw: heatmap, or histogram_quantile().
        </p>
      )}
      {isHistogram && !isNative && mode === "auto" && (
        <p class="small quiet">
          These are buckets of a histogram.{" "}
          <button
            type="button"
            class="link"
            onClick={() => {
              panel.set({ mode: "heatmap" });
              onNote();
            }}
          >
            Draw a heatmap
          </button>
        </p>
      )}
      <Graph
        {...common}
        frame={frame}
        names={folded.own}
        colorOf={colorOf}
        hidden={panel.hidden.value}
        focused={focused.value}
        mode={drawn}
        isLog={isLog}
        exemplars={marks}
      />
      <Legend
        frame={frame}
        names={folded.own}
        common={folded.common}
        colorOf={colorOf}
        hidden={panel.hidden.value}
        onHide={(hidden) => {
          panel.hidden.value = hidden;
        }}
        onFocus={(key) => {
          focused.value = key;
        }}
        unit={unit}
      />
    </>
  );
}

export function unitOf({ question, metadataUnit }: Outcome, chosen: Unit | "auto"): Unit {
  return chosen === "auto" ? guessUnit(question.expr, metricsOf(question.expr), metadataUnit) : chosen;
}

/** Of the bounds of buckets: the metric's own, whatever is computed of their counts. */
function boundsUnit({ question, metadataUnit }: Outcome, chosen: Unit | "auto"): Unit {
  if (chosen !== "auto") return chosen;
  const [metric = ""] = metricsOf(question.expr);
  return guessUnit(metric, [metric], metadataUnit);
}
