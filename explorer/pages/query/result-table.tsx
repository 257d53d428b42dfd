/** The values of one moment, a row for each series; or a scalar, a string, or the samples of range vectors. */
import { useMemo } from "preact/hooks";
import { labelOf, type Metric, printMetric } from "../../api/metric-text.ts";
import { type ApiSeries, isSeriesData, type QueryData } from "../../api/prometheus.ts";
import { zone } from "../../app/preferences.ts";
import { type Column, Table } from "../../design/table.tsx";
import { printValue, type Unit } from "../../number/units.ts";
import { foldLabels } from "../../plot/fold-labels.ts";
import { printTime } from "../../time/time-text.ts";
import { HistogramBars } from "./histogram-bars.tsx";

interface ResultTableProps {
  readonly data: QueryData;
  /** "auto" shows values as they are. */
  readonly unit: Unit | "auto";
  /** For a selector of a stored series. */
  readonly onChoose: (selector: string) => void;
}

/** More labels than these get no columns of their own. */
const MAX_LABEL_COLUMNS = 6;

export function ResultTable({ data, unit, onChoose }: ResultTableProps) {
  if (!isSeriesData(data))
    return (
      <div class="single-value">
        <p class="stat-value">
          {data.resultType === "string" ? data.result[1] : shownValue(data.result[1], unit)}
        </p>
        <p class="quiet small">
          {data.resultType} at {printTime(data.result[0], zone.value)}
        </p>
      </div>
    );
  return <SeriesTable series={data.result} unit={unit} onChoose={onChoose} />;
}

interface SeriesTableProps {
  readonly series: readonly ApiSeries[];
  readonly unit: Unit | "auto";
  readonly onChoose: (selector: string) => void;
}

function SeriesTable({ series, unit, onChoose }: SeriesTableProps) {
  const folded = useMemo(() => foldLabels(series.map(({ metric }) => metric)), [series]);
  const { labels, common } = folded;
  const hasColumns = series.length > 1 && labels.length > 0 && labels.length <= MAX_LABEL_COLUMNS;
  const value: Column<ApiSeries> = {
    id: "value",
    title: "Value",
    align: "right",
    render: (one) => <Values series={one} unit={unit} />,
    sortBy: numberOf,
  };
  const whole: Column<ApiSeries> = {
    id: "series",
    title: "Series",
    render: ({ metric }) => <Chosen metric={metric} text={printMetric(metric)} onChoose={onChoose} />,
    sortBy: ({ metric }) => printMetric(metric),
  };
  const own = labels.map(
    (name, i): Column<ApiSeries> => ({
      id: `label-${name}`,
      title: name === "__name__" ? "Metric" : name,
      render: ({ metric }) =>
        i === 0 ? (
          <Chosen metric={metric} text={labelOf(metric, name) || "–"} onChoose={onChoose} />
        ) : (
          labelOf(metric, name) || <span class="quiet">–</span>
        ),
      sortBy: ({ metric }) => labelOf(metric, name),
    }),
  );
  return (
    <>
      {hasColumns && common !== "" && <p class="mono quiet table-common">{common}</p>}
      <Table
        label="Values"
        columns={hasColumns ? [...own, value] : [whole, value]}
        rows={series}
        keyOf={({ metric }) => printMetric(metric)}
      />
    </>
  );
}

interface ChosenProps {
  readonly metric: Metric;
  readonly text: string;
  readonly onChoose: (selector: string) => void;
}

/** A link to the graph of a series. A computed series has no name, so no selector finds it. */
function Chosen({ metric, text, onChoose }: ChosenProps) {
  if (metric.__name__ === undefined) return <span class="mono">{text}</span>;
  const selector = printMetric(metric);
  return (
    <button type="button" class="link mono" title={`Graph of ${selector}`} onClick={() => onChoose(selector)}>
      {text}
    </button>
  );
}

/** More samples of a range vector are counted. */
const MAX_SAMPLES = 50;

function Values({ series, unit }: { readonly series: ApiSeries; readonly unit: Unit | "auto" }) {
  const { value, values = [], histogram, histograms = [] } = series;
  if (histogram !== undefined)
    return <HistogramBars histogram={histogram[1]} unit={unit === "auto" ? "none" : unit} />;
  if (value !== undefined) return <>{shownValue(value[1], unit)}</>;
  const samples = [
    ...values.map(([seconds, text]) => ({ seconds, text: shownValue(text, unit) })),
    ...histograms.map(([seconds, { count, sum }]) => ({ seconds, text: `count ${count}, sum ${sum}` })),
  ].sort((a, b) => a.seconds - b.seconds);
  return (
    <ul>
      {samples.slice(-MAX_SAMPLES).map(({ seconds, text }) => (
        <li key={seconds}>
          {text} <span class="quiet">@ {printTime(seconds, zone.value)}</span>
        </li>
      ))}
      {samples.length > MAX_SAMPLES && <li class="quiet">{samples.length - MAX_SAMPLES} earlier samples</li>}
    </ul>
  );
}

/** Without a unit, all digits. */
function shownValue(text: string, unit: Unit | "auto"): string {
  return unit === "auto" || unit === "none"
    ? text
    : printValue(Number(text.replace("Inf", "Infinity")), unit);
}

function numberOf({ value, histogram, values, histograms }: ApiSeries): number {
  const text =
    value?.[1] ?? histogram?.[1].count ?? values?.at(-1)?.[1] ?? histograms?.at(-1)?.[1].count ?? "NaN";
  return Number(text.replace("Inf", "Infinity"));
}
