/**
 * `npm run bench:query`: the cost of dashboards' queries on a tenant of 10,000 series with a week of
 * samples, at 21:07: closed buckets as chunks, the open one as runs, the latest minutes in the log.
 * Prints read units by kind of item, table calls and CPU time. Then the budget's panel at every minute
 * between two flushes, since the log's content depends on it, and at every minute after midnight.
 *
 * Then queries of dashboards in PromQL: read units, response size and CPU time from request to
 * response, beside the CPU time of a Prometheus with the same samples on its disk.
 *
 * With `-- --json` the last line is the figures as JSON. `--series N` is another size; `--only promql`
 * and `--only units` omit the other half; `--spans 1h,6h` limits the dashboards.
 */
import { parseArgs } from "node:util";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../lib/model/time.ts";
import { FLUSH_INTERVAL_MS } from "../lib/storage/compact/plan-compaction.ts";
import { MemoryTable } from "../lib/storage/table/memory-table.ts";
import type { SortedItems } from "../lib/storage/table/sorted-items.ts";
import type { Item } from "../lib/storage/table/table.ts";
import { GROUPS } from "./ledger.ts";
import { SPANS } from "./query/dashboard.ts";
import { Dashboard } from "./query/dashboard-report.ts";
import { FrozenTable } from "./query/frozen-table.ts";
import { BUDGET_PANEL, measurePanel, PANELS, type PanelCost } from "./query/panels.ts";
import { buildTenant } from "./query/tenant.ts";
import { loadRecording } from "./recorded-series.ts";
import { COMPACT_INTERVAL_MS, type Simulation } from "./simulation.ts";
import { newWorkload } from "./workload.ts";

/** A midnight (UTC) of 2026, and a time on the seventh day after it. */
const START_MS = 20_780 * DAY_MS;
const NOW_MS = START_MS + 6 * DAY_MS + 21 * HOUR_MS + 7 * MINUTE_MS;
/** The midnight after it. */
const MIDNIGHT_MS = START_MS + 7 * DAY_MS;
const BUDGET_UNITS = 100;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      series: { type: "string", default: "10000" },
      only: { type: "string" },
      spans: { type: "string", default: SPANS.map(({ name }) => name).join() },
      json: { type: "boolean", default: false },
    },
  });
  const { title, series: recorded } = loadRecording();
  const partitions: Map<string, SortedItems<Item>> = new Map();
  const table = new MemoryTable(partitions);
  const workload = newWorkload(recorded, Number(values.series), START_MS);
  const dashboard = values.only === "units" ? undefined : new Dashboard(values.spans.split(","));
  await dashboard?.prepare(table, NOW_MS);
  const simulation = await buildTenant({
    table,
    workload,
    startMs: START_MS,
    nowMs: NOW_MS,
    onDay: dashboard?.onDay,
  });
  console.log(
    `${values.series} series made of ${recorded.length} of the recording,\n${title};\nevery 15 s since ${new Date(START_MS).toISOString()},\n` +
      `at ${new Date(NOW_MS).toISOString()}. Of the open bucket ${(simulation.spent.samples / 1e6).toFixed(1)} million samples went ` +
      "through writers and compactor;\na closed bucket was encoded as the compactor does, the other closed ones are copies of it with their times moved",
  );
  const frozen = dashboard && FrozenTable.of(partitions);
  const figures = values.only === "promql" ? {} : await measureUnits(table, simulation);
  partitions.clear();
  const dashboardCosts = await dashboard?.measure(frozen!, NOW_MS);
  if (values.json) console.log(JSON.stringify({ ...figures, dashboard: dashboardCosts }));
}

/** The panels, and the budget's panel at every minute of two times of the day. */
async function measureUnits(table: MemoryTable, simulation: Simulation): Promise<object> {
  printHead();
  const costs: PanelCost[] = [];
  for (const panel of PANELS) {
    costs.push(await measurePanel(table, panel, NOW_MS));
    printPanel(costs[costs.length - 1]);
  }
  const evening = await measureMinutes(table, simulation, NOW_MS + MINUTE_MS);
  printMinutes("", evening);
  const midnight = await measureMinutes(table, simulation, MIDNIGHT_MS);
  printMinutes(" from midnight on", midnight);
  return figuresOf(costs, evening, midnight);
}

/**
 * Read units of the budget's panel at each minute of a flush interval, and until the flush is
 * finished.
 */
async function measureMinutes(
  table: MemoryTable,
  simulation: Simulation,
  startMs: number,
): Promise<number[]> {
  const units: number[] = [];
  for (let ms = 0; ms < FLUSH_INTERVAL_MS + 2 * COMPACT_INTERVAL_MS; ms += MINUTE_MS) {
    await simulation.writeTo(startMs + ms);
    units.push((await measurePanel(table, BUDGET_PANEL, startMs + ms)).readUnits);
  }
  return units;
}

const meanOf = (units: readonly number[]) => units.reduce((all, one) => all + one, 0) / units.length;

function printMinutes(when: string, units: readonly number[]): void {
  console.log(
    `"${BUDGET_PANEL.name}" at each of ${units.length} minutes${when}: ${meanOf(units).toFixed(0)} read units on average, ` +
      `${Math.max(...units)} at most (budget ${BUDGET_UNITS})`,
  );
}

function printHead(): void {
  const groups = GROUPS.map((group) => group.padStart(11)).join("");
  console.log(`\n${"panel".padEnd(44)}series    samples calls  units expected = ${groups}   CPU ms`);
}

function printPanel(cost: PanelCost): void {
  const { panel, series, samples, calls, readUnits, expectedUnits, unitsOf, cpuMs } = cost;
  const groups = GROUPS.map((group) => String(unitsOf[group]).padStart(11)).join("");
  const expected = (expectedUnits === undefined ? "" : expectedUnits.toFixed(0)).padStart(9);
  const counts = [String(series).padStart(6), String(samples).padStart(11), String(calls).padStart(6)];
  console.log(
    `${panel.name.padEnd(44)}${counts.join("")}${String(readUnits).padStart(7)}${expected}   ${groups}${cpuMs.toFixed(0).padStart(9)}`,
  );
}

function figuresOf(
  costs: readonly PanelCost[],
  evening: readonly number[],
  midnight: readonly number[],
): object {
  const panels = costs.map(({ panel, series, samples, calls, readUnits, expectedUnits, unitsOf, cpuMs }) => ({
    panel: panel.name,
    series,
    samples,
    calls,
    read_units: readUnits,
    read_units_expected: expectedUnits,
    units_by_kind: unitsOf,
    cpu_ms: cpuMs,
  }));
  const overMinutes = (units: readonly number[]) => ({
    read_units_mean: meanOf(units),
    read_units_max: Math.max(...units),
  });
  return {
    budget_panel: overMinutes(evening),
    budget_panel_after_midnight: overMinutes(midnight),
    panels,
  };
}

await main();
