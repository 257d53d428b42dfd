/** How a panel's read units grow with a tenant, averaged over the moments between two flushes. */
import { newMatcher } from "../../lib/model/matcher.ts";
import { HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { FLUSH_INTERVAL_MS } from "../../lib/storage/compact/plan-compaction.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { measurePanel } from "../query/panels.ts";
import type { RecordedSeries } from "../recorded-series.ts";
import { Simulation } from "../simulation.ts";
import { newWorkload, type Sender } from "../workload.ts";
import { MIDNIGHT_MS } from "./measure.ts";
import { RECOMMENDED } from "./senders.ts";

const PANEL_SERIES = 100;
/** Metrics whose panels are averaged: each is in another shard, with other neighbours. */
const METRICS = 5;
const ASK_EVERY_MS = 3 * MINUTE_MS;

/**
 * Read units of one metric of about 100 series over the last hour: the mean over some metrics and
 * one flush interval.
 */
export async function measureQueryGrowth(
  recorded: readonly RecordedSeries[],
  series: number,
  sender: Sender = RECOMMENDED,
): Promise<number> {
  const startMs = MIDNIGHT_MS + 8 * HOUR_MS;
  const table = new MemoryTable();
  const workload = newWorkload(recorded, series, startMs, sender);
  const simulation = new Simulation({ writeTable: table, compactTable: table, workload, startMs });
  let [units, panels] = [0, 0];
  for (let askMs = 0; askMs < FLUSH_INTERVAL_MS; askMs += ASK_EVERY_MS) {
    const nowMs = startMs + HOUR_MS + FLUSH_INTERVAL_MS + askMs;
    await simulation.writeTo(nowMs);
    for (const metric of metricsOf(recorded, series)) {
      const panel = { name: metric, matchers: [newMatcher("=", "__name__", metric)], spanMs: HOUR_MS };
      units += (await measurePanel(table, panel, nowMs)).readUnits;
      panels++;
    }
  }
  return units / panels;
}

/** The metrics whose number of series is nearest to 100. */
function metricsOf(recorded: readonly RecordedSeries[], series: number): string[] {
  const nameOf = ({ labels }: RecordedSeries) => labels.find(([name]) => name === "__name__")![1];
  const sizes = [...Map.groupBy(recorded, nameOf)].map(([metric, own]): [string, number] => [
    metric,
    (own.length * series) / recorded.length,
  ]);
  const distance = (size: number) => Math.abs(Math.log(size / PANEL_SERIES));
  return sizes
    .sort(([, a], [, b]) => distance(a) - distance(b))
    .slice(0, METRICS)
    .map(([metric]) => metric);
}
