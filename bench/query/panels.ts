/** The queries of dashboards on the recorded metrics, and the cost of each. */
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { type Matcher, newMatcher } from "../../lib/model/matcher.ts";
import type { Selection } from "../../lib/model/selection.ts";
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { Reader } from "../../lib/storage/read/reader.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { GROUPS, type Group, LedgerTable, newLedger, total } from "../ledger.ts";
import { RETENTION_MS, secondsSince } from "../simulation.ts";

export interface Panel {
  readonly name: string;
  readonly matchers: readonly Matcher[];
  readonly spanMs: number;
  /** Undefined: its samples. */
  readonly ask?: LabelQuestion;
}

/** Queries labels; returns their number. */
type LabelQuestion = (reader: Reader, selection: Selection) => Promise<number>;

export interface PanelCost {
  readonly panel: Panel;
  /** Series, or labels. */
  readonly series: number;
  readonly samples: number;
  readonly calls: number;
  readonly readUnits: number;
  /** What `explain` expected of it; undefined for labels. */
  readonly expectedUnits: number | undefined;
  readonly unitsOf: Readonly<Record<Group, number>>;
  readonly cpuMs: number;
}

const SPANS: readonly (readonly [name: string, spanMs: number])[] = [
  ["1 h", HOUR_MS],
  ["6 h", 6 * HOUR_MS],
  ["24 h", DAY_MS],
  ["7 d", 7 * DAY_MS],
];

const named = (metric: string) => newMatcher("=", "__name__", metric);

/** With 10,000 series the second metric has 96 and the third 2,912, of which four targets have 936. */
const SELECTORS: readonly (readonly [name: string, matchers: readonly Matcher[]])[] = [
  ["1 series", [named("node_load1"), newMatcher("=", "instance", "127.0.0.1:19100")]],
  ["100 series", [named("net_conntrack_dialer_conn_failed_total")]],
  [
    "1,000 series",
    [
      named("demo_api_request_duration_seconds_bucket"),
      newMatcher("=~", "instance", "demo.promlabs.com(-1)?:1000[01]"),
    ],
  ],
];

const labelNames: LabelQuestion = async (reader, selection) => (await reader.labelNames(selection)).length;
const valuesOf =
  (name: string): LabelQuestion =>
  async (reader, selection) =>
    (await reader.labelValues(name, selection)).length;
const seriesOf: LabelQuestion = async (reader, selection) => (await reader.series(selection)).length;

/** Queries of a dashboard's variables and of a query editor. */
const LABEL_PANELS: readonly Panel[] = [
  { name: "label names, 1 h", matchers: [], spanMs: HOUR_MS, ask: labelNames },
  { name: "label names, 7 d", matchers: [], spanMs: 7 * DAY_MS, ask: labelNames },
  { name: "values of job, 1 h", matchers: [], spanMs: HOUR_MS, ask: valuesOf("job") },
  { name: "values of instance, 1 h", matchers: [], spanMs: HOUR_MS, ask: valuesOf("instance") },
  {
    name: "values of instance of one metric, 1 h",
    matchers: [named("node_load1")],
    spanMs: HOUR_MS,
    ask: valuesOf("instance"),
  },
  { name: "metric names, 1 h", matchers: [], spanMs: HOUR_MS, ask: valuesOf("__name__") },
  {
    name: 'series of {job="pushgateway"}, 1 h',
    matchers: [newMatcher("=", "job", "pushgateway")],
    spanMs: HOUR_MS,
    ask: seriesOf,
  },
];

export const PANELS: readonly Panel[] = [
  ...SELECTORS.flatMap(([name, matchers]) =>
    SPANS.map(([span, spanMs]): Panel => ({ name: `${name}, ${span}`, matchers, spanMs })),
  ),
  { name: '{job="pushgateway"}, 1 h', matchers: [newMatcher("=", "job", "pushgateway")], spanMs: HOUR_MS },
  {
    name: '{__name__=~"go_memstats_.*"}, 1 h',
    matchers: [newMatcher("=~", "__name__", "go_memstats_.*")],
    spanMs: HOUR_MS,
  },
  {
    name: "2,912 series, of them one instance's, 1 h",
    matchers: [
      named("demo_api_request_duration_seconds_bucket"),
      newMatcher("=", "instance", "demo.promlabs.com-1:10000"),
    ],
    spanMs: HOUR_MS,
  },
  ...LABEL_PANELS,
];

/** The panel of the read budget. */
export const BUDGET_PANEL = PANELS.find(({ name }) => name === "100 series, 1 h")!;

/** Queries the last `spanMs` before `nowMs`: once to count units, once more to measure CPU time. */
export async function measurePanel(table: Table, panel: Panel, nowMs: number): Promise<PanelCost> {
  const ledger = newLedger();
  const [series, samples] = await ask(new LedgerTable(table, ledger), panel, nowMs);
  const expectedUnits = await estimate(table, panel, nowMs);
  const before = process.cpuUsage();
  await ask(table, panel, nowMs);
  const cpuMs = secondsSince(before) * 1000;
  return {
    panel,
    series,
    samples,
    calls: total(ledger, (entry) => entry.calls),
    readUnits: total(ledger, (entry) => entry.readUnits),
    expectedUnits,
    unitsOf: Object.fromEntries(GROUPS.map((group) => [group, ledger[group].readUnits])) as Record<
      Group,
      number
    >,
    cpuMs,
  };
}

function newReader(table: Table, nowMs: number): Reader {
  return new Reader(table, {
    tenant: DEFAULT_TENANT,
    clock: () => nowMs,
    limits: DEFAULT_LIMITS,
    retentionMs: RETENTION_MS,
  });
}

const selectionOf = ({ matchers, spanMs }: Panel, nowMs: number): Selection => ({
  matchers,
  minTime: nowMs - spanMs,
  maxTime: nowMs,
});

async function estimate(table: Table, panel: Panel, nowMs: number): Promise<number | undefined> {
  if (panel.ask !== undefined) return undefined;
  return (await newReader(table, nowMs).explain(selectionOf(panel, nowMs))).readUnits;
}

async function ask(table: Table, panel: Panel, nowMs: number): Promise<[number, number]> {
  const reader = newReader(table, nowMs);
  const selection = selectionOf(panel, nowMs);
  if (panel.ask !== undefined) return [await panel.ask(reader, selection), 0];
  let [series, samples] = [0, 0];
  for await (const { timestamps } of reader.select(selection)) {
    series++;
    samples += timestamps.length;
  }
  return [series, samples];
}
