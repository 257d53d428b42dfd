/** The queries that dashboards ask, on the recorded metrics, and what each costs. */
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { type Matcher, newMatcher } from "../../lib/model/matcher.ts";
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { Reader } from "../../lib/storage/reader.ts";
import type { Table } from "../../lib/storage/table.ts";
import { GROUPS, type Group, LedgerTable, newLedger, total } from "../ledger.ts";
import { RETENTION_MS, secondsSince } from "../simulation.ts";

export interface Panel {
  readonly name: string;
  readonly matchers: readonly Matcher[];
  readonly spanMs: number;
}

export interface PanelCost {
  readonly panel: Panel;
  readonly series: number;
  readonly samples: number;
  readonly calls: number;
  readonly readUnits: number;
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

/** Of 10,000 series the second metric has 96 and the third 2,912, of which four targets have 936. */
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
];

/** That of design §5. */
export const BUDGET_PANEL = PANELS.find(({ name }) => name === "100 series, 1 h")!;

/** Asks for the last `spanMs` before `nowMs`: once to count units, once more to measure CPU time. */
export async function measurePanel(table: Table, panel: Panel, nowMs: number): Promise<PanelCost> {
  const ledger = newLedger();
  const [series, samples] = await ask(new LedgerTable(table, ledger), panel, nowMs);
  const before = process.cpuUsage();
  await ask(table, panel, nowMs);
  const cpuMs = secondsSince(before) * 1000;
  return {
    panel,
    series,
    samples,
    calls: total(ledger, (entry) => entry.calls),
    readUnits: total(ledger, (entry) => entry.readUnits),
    unitsOf: Object.fromEntries(GROUPS.map((group) => [group, ledger[group].readUnits])) as Record<
      Group,
      number
    >,
    cpuMs,
  };
}

async function ask(table: Table, { matchers, spanMs }: Panel, nowMs: number): Promise<[number, number]> {
  const reader = new Reader(table, {
    tenant: DEFAULT_TENANT,
    clock: () => nowMs,
    limits: DEFAULT_LIMITS,
    retentionMs: RETENTION_MS,
  });
  let [series, samples] = [0, 0];
  for await (const { timestamps } of reader.select({ matchers, minTime: nowMs - spanMs, maxTime: nowMs })) {
    series++;
    samples += timestamps.length;
  }
  return [series, samples];
}
