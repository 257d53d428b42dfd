/** The queries of the last week that cost most, or took longest, and who asked. */
import { useState } from "preact/hooks";
import { type QueryUsage, queryUsage } from "../../api/hearth.ts";
import { Link, queryParameters } from "../../app/link.tsx";
import { useLoad } from "../../app/load.ts";
import { zone } from "../../app/preferences.ts";
import { Problem } from "../../app/problem.tsx";
import { Card } from "../../design/card.tsx";
import { Empty, Spinner } from "../../design/feedback.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { Segments } from "../../design/tabs.tsx";
import { printNumber, printValue } from "../../number/units.ts";
import { printTime } from "../../time/time-text.ts";
import { printDollars, utcDay } from "./money.ts";

const ORDERS = [
  { id: "readUnits", label: "Most expensive" },
  { id: "durationMs", label: "Slowest" },
] as const;

export function QueriesTable({ nowMs }: { readonly nowMs: number }) {
  const [order, setOrder] = useState<"readUnits" | "durationMs">("readUnits");
  const { data, error, reload } = useLoad(
    (client, signal) => queryUsage(client, { start: utcDay(nowMs, 6), end: utcDay(nowMs) }, order, signal),
    [order, nowMs],
  );
  if (error !== undefined) return <Problem error={error} what="what queries cost" onRetry={reload} />;
  return (
    <Card
      title="Queries of the last seven days"
      flush
      actions={<Segments label="Order" options={ORDERS} selected={order} onSelect={setOrder} />}
    >
      {data === undefined && <Spinner label="Loading queries" />}
      {data?.length === 0 && <Empty icon="query" title="Nobody has asked anything yet" />}
      {data !== undefined && data.length > 0 && (
        <Table
          key={order}
          label="queries by cost"
          columns={COLUMNS}
          rows={data}
          keyOf={({ tenant, key, kind, query }) => [tenant, key, kind, query].join("\n")}
          limit={50}
        />
      )}
    </Card>
  );
}

const COLUMNS: readonly Column<QueryUsage>[] = [
  {
    id: "query",
    title: "Query",
    render: ({ query }) => (
      <Link page="query" parameters={queryParameters(query)} class="mono query-text">
        {query}
      </Link>
    ),
  },
  {
    id: "who",
    title: "Asked by",
    render: ({ tenant, key }) => (
      <span class="small">
        <span class="mono">{key || "no key"}</span> <span class="quiet">of {tenant}</span>
      </span>
    ),
    sortBy: ({ tenant, key }) => `${tenant} ${key}`,
  },
  {
    id: "count",
    title: "Times",
    align: "right",
    render: ({ count }) => printNumber(count),
    sortBy: ({ count }) => count,
  },
  {
    id: "units",
    title: "Read units",
    align: "right",
    render: ({ readUnits }) => printNumber(Math.round(readUnits)),
    sortBy: ({ readUnits }) => readUnits,
  },
  {
    id: "dollars",
    title: "$",
    align: "right",
    render: ({ dollars }) => printDollars(dollars),
    sortBy: ({ dollars }) => dollars,
  },
  {
    id: "slowest",
    title: "Slowest",
    align: "right",
    render: ({ maxDurationMs }) => printValue(maxDurationMs / 1000, "seconds"),
    sortBy: ({ maxDurationMs }) => maxDurationMs,
  },
  {
    id: "range",
    title: "Longest range",
    align: "right",
    render: ({ maxRangeMs }) => (maxRangeMs === 0 ? "instant" : printValue(maxRangeMs / 1000, "seconds")),
    sortBy: ({ maxRangeMs }) => maxRangeMs,
  },
  {
    id: "last",
    title: "Last",
    align: "right",
    render: ({ lastMs }) => <span class="small">{printTime(lastMs / 1000, zone.value)}</span>,
    sortBy: ({ lastMs }) => lastMs,
  },
];
