/** Labels by their number of values, of all series or of a metric; and the values of one by their series. */
import { useState } from "preact/hooks";
import { labelNames, labelValueCounts } from "../../api/hearth.ts";
import { printPair, selectorOf } from "../../api/metric-text.ts";
import { cardinality } from "../../api/prometheus.ts";
import { Link, queryParameters } from "../../app/link.tsx";
import { useLoad } from "../../app/load.ts";
import { Problem } from "../../app/problem.tsx";
import { goTo } from "../../app/router.ts";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { Empty, Spinner } from "../../design/feedback.tsx";
import { Field } from "../../design/field.tsx";
import type { Column } from "../../design/table.tsx";
import { printNumber } from "../../number/units.ts";
import { loadMonthlyCost } from "./cost-data.ts";
import { type Days, joinDays } from "./day-columns.ts";
import { dayTimes } from "./day-times.ts";
import { DaysTable } from "./days-table.tsx";
import { printDollars } from "./money.ts";
import type { Drop } from "./relabel-rules.ts";
import { type MonthlyCost, savingsOfDrop } from "./savings.ts";

interface LabelsViewProps {
  readonly nowMs: number;
  /** "" for all series. */
  readonly metric: string;
  /** "" for none. */
  readonly label: string;
  readonly onDrop: (drop: Drop, series: number | undefined) => void;
}

export function LabelsView({ nowMs, metric, label, onDrop }: LabelsViewProps) {
  const [wanted, setWanted] = useState(metric);
  const open = (changed: { metric?: string; label?: string }) =>
    goTo("cost", parametersOf({ metric, label, ...changed }));
  return (
    <div class="stack">
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          open({ metric: wanted.trim(), label: "" });
        }}
      >
        <div class="grow labels-metric">
          <Field
            label="Metric"
            value={wanted}
            placeholder="empty: all series"
            onInput={({ currentTarget }) => setWanted(currentTarget.value)}
          />
        </div>
        <Button type="submit" kind="primary">
          Count labels
        </Button>
      </form>
      <Names nowMs={nowMs} metric={metric} onChoose={(one) => open({ label: one })} onDrop={onDrop} />
      {label !== "" && <Values nowMs={nowMs} metric={metric} label={label} onDrop={onDrop} />}
    </div>
  );
}

function parametersOf({
  metric,
  label,
}: {
  readonly metric: string;
  readonly label: string;
}): URLSearchParams {
  const parameters = new URLSearchParams({ by: "labels" });
  if (metric !== "") parameters.set("metric", metric);
  if (label !== "") parameters.set("label", label);
  return parameters;
}

interface NamesProps {
  readonly nowMs: number;
  readonly metric: string;
  readonly onChoose: (label: string) => void;
  readonly onDrop: LabelsViewProps["onDrop"];
}

function Names({ nowMs, metric, onChoose, onDrop }: NamesProps) {
  const { data, error, reload } = useLoad(
    async (client, signal) => {
      const selector = metric === "" ? undefined : selectorOf(metric);
      const of = async (daysBefore: number) => {
        const times = dayTimes(nowMs, daysBefore);
        const { cardinality } = await labelNames(client, selector, times, signal);
        return cardinality.map(({ label_name, label_values_count }) => ({
          name: label_name,
          value: label_values_count,
        }));
      };
      const [today, yesterday, lastWeek] = await Promise.all([of(0), of(1), of(7)]);
      return joinDays(today, yesterday, lastWeek);
    },
    [metric, nowMs],
  );
  if (error !== undefined)
    return (
      <div class="stack">
        <Problem
          error={error}
          what="labels by metric and day; values of today are counted instead"
          onRetry={reload}
        />
        {metric === "" && <NamesOfToday onDrop={onDrop} />}
      </div>
    );
  if (data === undefined) return <Spinner label="Counting labels" />;
  if (data.length === 0) return <Empty icon="cost" title="No series has such labels today" />;
  const of = metric === "" ? "all metrics" : metric;
  return (
    <Card title={<>Values of labels, {of}</>} flush>
      <DaysTable
        label={`labels of ${of} by values`}
        nameTitle="Label"
        rows={data}
        print={printNumber}
        renderName={(name) => (
          <button type="button" class="link mono" onClick={() => onChoose(name)}>
            {name}
          </button>
        )}
        renderActions={({ name }) => <DropLabel label={name} metric={metric} onDrop={onDrop} />}
      />
    </Card>
  );
}

interface DropLabelProps {
  readonly label: string;
  readonly metric: string;
  readonly onDrop: LabelsViewProps["onDrop"];
}

function DropLabel({ label, metric, onDrop }: DropLabelProps) {
  if (label === "__name__") return null;
  const drop = { kind: "label", label, ...(metric === "" ? {} : { metric }) } as const;
  return (
    <Button small aria-label={`Drop label ${label}`} onClick={() => onDrop(drop, undefined)}>
      Drop label
    </Button>
  );
}

function NamesOfToday({ onDrop }: Pick<NamesProps, "onDrop">) {
  const { data, error, reload } = useLoad(
    async (client, signal) => (await cardinality(client, 100, signal)).data,
  );
  if (error !== undefined) return <Problem error={error} what="values of labels" onRetry={reload} />;
  if (data === undefined) return <Spinner label="Counting labels" />;
  return (
    <Card title="Values of labels today" flush>
      <DaysTable
        label="labels by values"
        nameTitle="Label"
        rows={joinDays(data.labelValueCountByLabelName, [], [])}
        print={printNumber}
        onlyToday
        renderActions={({ name }) => <DropLabel label={name} metric="" onDrop={onDrop} />}
      />
    </Card>
  );
}

interface ValuesProps {
  readonly nowMs: number;
  readonly metric: string;
  readonly label: string;
  readonly onDrop: LabelsViewProps["onDrop"];
}

function Values({ nowMs, metric, label, onDrop }: ValuesProps) {
  const { data, error, reload } = useLoad(
    async (client, signal) => {
      const selector = metric === "" ? undefined : selectorOf(metric);
      const of = async (daysBefore: number) => {
        const times = dayTimes(nowMs, daysBefore);
        const { labels } = await labelValueCounts(client, [label], selector, times, signal);
        return (labels[0]?.cardinality ?? []).map((one) => ({
          name: one.label_value,
          value: one.series_count,
        }));
      };
      const [today, yesterday, lastWeek, cost] = await Promise.all([
        of(0),
        of(1),
        of(7),
        // A key that may not see usage still counts series.
        loadMonthlyCost(client, nowMs, signal).catch(() => undefined),
      ]);
      return { rows: joinDays(today, yesterday, lastWeek), cost };
    },
    [metric, label, nowMs],
  );
  if (error !== undefined) return <Problem error={error} what="values of labels" onRetry={reload} />;
  if (data === undefined) return <Spinner label="Counting series" />;
  const selectorWith = (value: string) =>
    `{${[...(metric === "" ? [] : [printPair("__name__", metric)]), printPair(label, value)].join(", ")}}`;
  return (
    <Card title={<>Series by value of {label}</>} flush>
      <DaysTable
        label={`values of ${label} by series`}
        nameTitle="Value"
        rows={data.rows}
        print={printNumber}
        more={data.cost === undefined ? [] : [monthColumn(data.cost)]}
        renderName={(value) => (
          <Link page="query" parameters={queryParameters(`count(${selectorWith(value)})`)} class="mono">
            {value === "" ? "(empty)" : value}
          </Link>
        )}
        renderActions={({ name, today }) => (
          <Button
            small
            aria-label={`Drop series with ${label} ${name}`}
            onClick={() =>
              onDrop({ kind: "value", label, value: name, ...(metric === "" ? {} : { metric }) }, today)
            }
          >
            Drop
          </Button>
        )}
      />
    </Card>
  );
}

/** Ingest and storage are taken to be spread evenly over series. */
function monthColumn(cost: MonthlyCost): Column<Days> {
  const dollarsOf = ({ today }: Days) => savingsOfDrop(today, cost).dollars;
  return {
    id: "month",
    title: "$ a month, by series",
    align: "right",
    render: (row) => printDollars(dollarsOf(row)),
    sortBy: dollarsOf,
  };
}
