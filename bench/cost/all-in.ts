/** The whole price of a million samples: ingest, storage, recovery, logs, metrics and queries. */
import {
  type Bill,
  type Billing,
  billOf,
  DEFAULT_BILLING,
  ingestDollars,
  sumBill,
} from "../../lib/cost/bill.ts";
import { DAYS_PER_MONTH, type Plan, type SampleFigures, usageOf } from "../../lib/cost/usage.ts";
import type { CostFigures, SendingFigures } from "./figures.ts";
import { SAMPLES_PER_DAY } from "./measure.ts";
import { TWO_THOUSAND } from "./senders.ts";

/** Two dashboards of 20 panels that are open for eight hours and refresh each minute, for 10,000 series. */
const PANELS_PER_DAY = 20_000;
const OF_SERIES = 10_000;

interface Kept {
  readonly name: string;
  readonly retentionDays: number;
  readonly rowDays: number;
}

/** What is kept: all in, then storage alone. */
const ALL_IN: readonly Kept[] = [
  { name: "30 days kept", retentionDays: 30, rowDays: 30 },
  { name: "90 days kept", retentionDays: 90, rowDays: 90 },
  { name: "90 days, rows a year", retentionDays: 90, rowDays: 365 },
  { name: "a year kept", retentionDays: 365, rowDays: 365 },
];

interface Column {
  readonly samplesPerRequest: number;
  readonly capacity: Billing["capacity"];
  readonly tableClass: Billing["tableClass"];
  readonly hasFunctionUrl: boolean;
  readonly perSample: SampleFigures;
}

/** Dollars per million samples of one column. */
export interface AllIn {
  readonly samples_per_request: number;
  readonly capacity: Billing["capacity"];
  readonly table_class: Billing["tableClass"];
  /** Whether writes come by the write function's own URL. */
  readonly function_url: boolean;
  readonly ingest: number;
  readonly storage: Readonly<Record<string, number>>;
  readonly rows: Readonly<Record<string, number>>;
  readonly recovery: Readonly<Record<string, number>>;
  readonly transient_storage: number;
  readonly logs: number;
  readonly metrics: number;
  readonly queries: number;
  readonly all: Readonly<Record<string, number>>;
  /** Without metrics and queries, which do not depend on samples. */
  readonly data: Readonly<Record<string, number>>;
}

export function allInFigures(figures: CostFigures, others: readonly SendingFigures[]): AllIn[] {
  const samples = figures.run.series * SAMPLES_PER_DAY * DAYS_PER_MONTH;
  const panelsPerDay = (PANELS_PER_DAY * figures.run.series) / OF_SERIES;
  return columnsOf(figures, others).map((column) => {
    const { samplesPerRequest, capacity, tableClass, hasFunctionUrl, perSample } = column;
    const bill = (plan: Pick<Plan, "retentionDays" | "rowDays">): Bill => {
      const usage = usageOf(samples, perSample, { ...plan, panelsPerDay, hasMonitoring: true });
      // A share of the capacity that is in use, without the least that a small table has.
      const least = { minWriteCapacity: 0, minReadCapacity: 0 };
      const billing = { ...DEFAULT_BILLING, capacity, tableClass, hasFunctionUrl, ...least };
      const dollars = billOf(usage, billing);
      return Object.fromEntries(
        Object.entries(dollars).map(([part, value]) => [part, (value / samples) * 1e6]),
      ) as unknown as Bill;
    };
    const each = (of: (bill: Bill) => number) =>
      Object.fromEntries(ALL_IN.map((kept) => [kept.name, of(bill(kept))]));
    const first = bill(ALL_IN[0]);
    return {
      samples_per_request: samplesPerRequest,
      capacity,
      table_class: tableClass,
      function_url: hasFunctionUrl,
      ingest: ingestDollars(first),
      storage: each(({ storage }) => storage),
      rows: each(({ rowStorage }) => rowStorage),
      transient_storage: bill(ALL_IN[1]).transientStorage,
      recovery: each(({ recovery }) => recovery),
      logs: first.logs,
      metrics: first.metrics,
      queries: first.queries,
      data: each((one) => sumBill({ ...one, metrics: 0, queries: 0 })),
      all: each(sumBill),
    };
  });
}

type Mode = Pick<Column, "capacity" | "tableClass" | "hasFunctionUrl">;

const ON_DEMAND: Mode = { capacity: "on-demand", tableClass: "STANDARD", hasFunctionUrl: false };
const PROVISIONED: Mode = { ...ON_DEMAND, capacity: "provisioned" };

function columnsOf(figures: CostFigures, others: readonly SendingFigures[]): Column[] {
  const { perSample, samplesPerRequest } = figures;
  const twoThousand = others.find(({ sender }) => sender === TWO_THOUSAND);
  const sent = [...(twoThousand === undefined ? [] : [twoThousand]), { perSample, samplesPerRequest }];
  return [
    ...sent.flatMap((one) => [
      { ...one, ...ON_DEMAND },
      { ...one, ...PROVISIONED },
    ]),
    ...[ON_DEMAND, PROVISIONED, { ...PROVISIONED, tableClass: "STANDARD_INFREQUENT_ACCESS" } as const].map(
      (mode) => ({ perSample, samplesPerRequest, ...mode, hasFunctionUrl: true }),
    ),
  ];
}

export function printAllIn(figures: CostFigures, others: readonly SendingFigures[]): void {
  const columns = allInFigures(figures, others);
  const row = (name: string, of: (column: AllIn) => number | string) => {
    const cells = columns.map((column) => {
      const value = of(column);
      return (typeof value === "number" ? value.toFixed(5) : value).padStart(13);
    });
    console.log(`  ${name.padEnd(34)}${cells.join("")}`);
  };
  console.log("\n  $ per million samples, all in; provisioned: 70 % of the capacity in use");
  row("samples a request", ({ samples_per_request }) => samples_per_request.toFixed(0));
  row("capacity", ({ capacity }) => capacity);
  row("table class", ({ table_class }) => (table_class === "STANDARD" ? "Standard" : "Standard-IA"));
  row("writes by", ({ function_url }) => (function_url ? "function URL" : "API Gateway"));
  row("ingest", ({ ingest }) => ingest);
  for (const { name } of ALL_IN.filter(({ retentionDays, rowDays }) => retentionDays === rowDays)) {
    row(`storage of samples, ${name}`, ({ storage }) => storage[name]);
    row(`storage of hourly rows, ${name}`, ({ rows }) => rows[name]);
    row(`recovery, ${name}`, ({ recovery }) => recovery[name]);
  }
  row("storage of log and runs", ({ transient_storage }) => transient_storage);
  row("logs", ({ logs }) => logs);
  row("metrics and alarms", ({ metrics }) => metrics);
  row("queries", ({ queries }) => queries);
  for (const { name } of ALL_IN) {
    row(`without metrics, queries, ${name}`, ({ data }) => data[name]);
    row(`ALL IN, ${name}`, ({ all }) => all[name]);
  }
}
