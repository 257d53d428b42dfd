/** Metrics by what they cost; today beside other days. */
import { useState } from "preact/hooks";
import { usualQuery } from "../../api/metric-text.ts";
import { Link, queryParameters } from "../../app/link.tsx";
import { useLoad } from "../../app/load.ts";
import { zone } from "../../app/preferences.ts";
import { Problem } from "../../app/problem.tsx";
import { Breakable } from "../../design/breakable.tsx";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { Empty, Spinner } from "../../design/feedback.tsx";
import type { Column } from "../../design/table.tsx";
import { Segments } from "../../design/tabs.tsx";
import { printNumber, printValue } from "../../number/units.ts";
import { printTime } from "../../time/time-text.ts";
import type { Days } from "./day-columns.ts";
import { DaysTable } from "./days-table.tsx";
import { type Figure, loadMetricDays, type MetricDays } from "./metric-days.ts";
import { printDollars } from "./money.ts";
import type { Drop } from "./relabel-rules.ts";

const LABELS: Readonly<Record<Figure, string>> = {
  series: "Series",
  samples: "Samples",
  storedBytes: "Bytes",
};

interface MetricsTableProps {
  readonly nowMs: number;
  readonly onDrop: (drop: Drop, series: number) => void;
}

export function MetricsTable({ nowMs, onDrop }: MetricsTableProps) {
  const [figure, setFigure] = useState<Figure>("series");
  const { data, error, reload } = useLoad((client, signal) => loadMetricDays(client, nowMs, signal), [nowMs]);
  if (error !== undefined) return <Problem error={error} what="metrics" onRetry={reload} />;
  if (data === undefined) return <Spinner label="Counting series" />;
  const rows = data.rows(figure);
  const print = (value: number) =>
    figure === "storedBytes" ? printValue(value, "bytes") : printNumber(Math.round(value));
  return (
    <Card
      title={`${LABELS[figure]} by metric`}
      flush
      actions={
        data.figures.length > 1 && (
          <Segments
            label="Figure"
            options={data.figures.map((id) => ({ id, label: LABELS[id] }))}
            selected={figure}
            onSelect={setFigure}
          />
        )
      }
    >
      {rows.length === 0 ? (
        <Empty icon="metrics" title="Nothing has arrived today" />
      ) : (
        <DaysTable
          label={`metrics, ${LABELS[figure].toLowerCase()}`}
          nameTitle="Metric"
          rows={rows}
          print={print}
          renderName={(name) => (
            <Link page="query" parameters={queryParameters(usualQuery(name))} class="mono">
              <Breakable text={name} />
            </Link>
          )}
          more={[monthColumn(data)]}
          onlyToday={data.isOnlyToday(figure)}
          renderActions={({ name }) => <Actions name={name} series={data.seriesOf(name)} onDrop={onDrop} />}
        />
      )}
      {figure === "storedBytes" && (
        <p class="small quiet cost-about">
          All that is stored, as <code>hearthdb usage --storage</code> measured it at{" "}
          {printTime(data.measuredMs / 1000, zone.value)}.
        </p>
      )}
    </Card>
  );
}

function monthColumn({ monthOf }: MetricDays): Column<Days> {
  return {
    id: "month",
    title: "$ a month",
    align: "right",
    render: ({ name }) => printDollars(monthOf(name) ?? Number.NaN),
    sortBy: ({ name }) => monthOf(name) ?? Number.NaN,
  };
}

interface ActionsProps {
  readonly name: string;
  readonly series: number;
  readonly onDrop: MetricsTableProps["onDrop"];
}

function Actions({ name, series, onDrop }: ActionsProps) {
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
