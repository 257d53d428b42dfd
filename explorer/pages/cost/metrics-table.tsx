/** Metrics by what they cost: series, samples, bytes and dollars; today beside other days. */

import { useState } from "preact/hooks";
import { usualQuery } from "../../api/metric-text.ts";
import { cardinality } from "../../api/prometheus.ts";
import { Link, queryParameters } from "../../app/link.tsx";
import { useLoad } from "../../app/load.ts";
import { Problem } from "../../app/problem.tsx";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { Spinner } from "../../design/feedback.tsx";
import type { Column } from "../../design/table.tsx";
import { Segments } from "../../design/tabs.tsx";
import { printNumber, printValue } from "../../number/units.ts";
import { type CostDays, loadDays, metricMonth, rowsBy } from "./cost-data.ts";
import type { Days } from "./day-columns.ts";
import { DaysTable } from "./days-table.tsx";
import { printDollars } from "./money.ts";
import type { Drop } from "./relabel-rules.ts";

type Figure = "series" | "samples" | "storedBytes";

const FIGURES = [
  { id: "series", label: "Series" },
  { id: "samples", label: "Samples" },
  { id: "storedBytes", label: "Bytes" },
] as const;
const MOST = 1000;

interface MetricsTableProps {
  readonly nowMs: number;
  readonly onDrop: (drop: Drop, series: number) => void;
}

export function MetricsTable({ nowMs, onDrop }: MetricsTableProps) {
  const [figure, setFigure] = useState<Figure>("series");
  const { data, error, reload } = useLoad(
    (client, signal) => loadDays(client, ["metric"], nowMs, signal),
    [nowMs],
  );
  if (error !== undefined)
    return (
      <div class="stack">
        <Problem error={error} what="usage by metric; series of today are counted instead" onRetry={reload} />
        <SeriesOfToday onDrop={onDrop} />
      </div>
    );
  if (data === undefined) return <Spinner label="Loading metrics" />;
  const rows = rowsBy(
    data,
    ({ metric = "" }) => metric,
    (usage) => usage[figure],
    figure === "samples",
  );
  return (
    <Card
      title="Metrics"
      flush
      actions={<Segments label="Figure" options={FIGURES} selected={figure} onSelect={setFigure} />}
    >
      <DaysTable
        label={`metrics by ${figure}`}
        nameTitle="Metric"
        rows={rows}
        print={(value) =>
          figure === "storedBytes" ? printValue(value, "bytes") : printNumber(Math.round(value))
        }
        renderName={(name) => <MetricName name={name} />}
        more={[monthColumn(data)]}
        renderActions={({ name }) => <DropButton name={name} series={seriesOf(data, name)} onDrop={onDrop} />}
      />
    </Card>
  );
}

function seriesOf({ today: { groups } }: CostDays, name: string): number {
  return groups.find(({ metric }) => metric === name)?.series ?? 0;
}

function monthColumn(days: CostDays): Column<Days> {
  const months = new Map(days.today.groups.map((group) => [group.metric ?? "", metricMonth(days, group)]));
  return {
    id: "month",
    title: "$ a month",
    align: "right",
    render: ({ name }) => printDollars(months.get(name) ?? 0),
    sortBy: ({ name }) => months.get(name) ?? 0,
  };
}

/** For a server or a key without usage. */
function SeriesOfToday({ onDrop }: Pick<MetricsTableProps, "onDrop">) {
  const { data, error, reload } = useLoad(
    async (client, signal) => (await cardinality(client, MOST, signal)).data,
  );
  if (error !== undefined) return <Problem error={error} what="series by metric" onRetry={reload} />;
  if (data === undefined) return <Spinner label="Counting series" />;
  const rows = data.seriesCountByMetricName.map(({ name, value }) => ({
    name,
    today: value,
    yesterday: 0,
    lastWeek: 0,
  }));
  return (
    <Card title="Series of today by metric" flush>
      <DaysTable
        label="series of today by metric"
        nameTitle="Metric"
        rows={rows}
        print={printNumber}
        renderName={(name) => <MetricName name={name} />}
        onlyToday
        renderActions={({ name, today }) => <DropButton name={name} series={today} onDrop={onDrop} />}
      />
    </Card>
  );
}

function MetricName({ name }: { readonly name: string }) {
  return (
    <Link page="query" parameters={queryParameters(usualQuery(name))} class="mono">
      {name}
    </Link>
  );
}

interface DropButtonProps {
  readonly name: string;
  readonly series: number;
  readonly onDrop: MetricsTableProps["onDrop"];
}

function DropButton({ name, series, onDrop }: DropButtonProps) {
  return (
    <span class="row drop-actions">
      <Link page="cost" parameters={new URLSearchParams({ by: "labels", metric: name })} class="small">
        labels
      </Link>
      <Button
        small
        onClick={() => onDrop({ kind: "metric", metric: name }, series)}
        aria-label={`Drop ${name}`}
      >
        Drop
      </Button>
    </span>
  );
}
