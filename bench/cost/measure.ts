/** The cost of a tenant over whole buckets, from the first sample to the chunks. */
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { BUCKET_MS } from "../../lib/storage/layout/bucket.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { isOpenRun } from "../../lib/storage/layout/manifest.ts";
import { loadManifests } from "../../lib/storage/layout/manifest-store.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { type Item, type Table, WRITE_UNIT_BYTES } from "../../lib/storage/table/table.ts";
import { GROUPS, type Group, type Ledger, LedgerTable, newLedger } from "../ledger.ts";
import type { RecordedSeries } from "../recorded-series.ts";
import { COMPACT_INTERVAL_MS, Simulation, type Spent } from "../simulation.ts";
import { newWorkload, SCRAPE_INTERVAL_MS, type Sender } from "../workload.ts";

/** A midnight (UTC) of 2026. */
export const MIDNIGHT_MS = 20_780 * DAY_MS;
export const SAMPLES_PER_DAY = DAY_MS / SCRAPE_INTERVAL_MS;
/** Samples simulated by default, unless a bucket has more. */
const DEFAULT_SAMPLES = 20e6;
const INTERVALS_PER_HOUR = HOUR_MS / SCRAPE_INTERVAL_MS;

export interface CostRun {
  readonly series: number;
  readonly hours: number;
  readonly spent: Spent;
  /** The first scrape of all series, by a writer that knows none of them. */
  readonly first: Ledger;
  /** One scrape by a writer that has just started, when all series are known. */
  readonly restart: Ledger;
  /** Every other scrape. */
  readonly steady: Ledger;
  readonly compaction: Ledger;
  /** Chunk items by size in KB, rounded up; the last place has all larger ones. */
  readonly chunkSizes: readonly number[];
}

/** Whole buckets of a day, as many as fit the default number of samples; at least one. */
export function defaultHours(series: number): number {
  const buckets = Math.floor((DEFAULT_SAMPLES / series) * (SCRAPE_INTERVAL_MS / BUCKET_MS));
  return (Math.min(Math.max(buckets, 1), DAY_MS / BUCKET_MS) * BUCKET_MS) / HOUR_MS;
}

/** Simulates `hours` that end with a bucket, then compaction until all samples are in chunks and in hourly rows. */
export async function runCost(
  recorded: readonly RecordedSeries[],
  series: number,
  hours: number,
  sender: Sender,
  table: Table = new MemoryTable(),
): Promise<CostRun> {
  const endMs = MIDNIGHT_MS + Math.ceil((hours * HOUR_MS) / BUCKET_MS) * BUCKET_MS;
  const startMs = endMs - hours * HOUR_MS;
  const [first, restart, steady, compaction] = Array.from({ length: 4 }, newLedger);
  const chunkSizes = [0, 0, 0, 0, 0];
  const noteChunk = (group: Group, { value }: Item) => {
    if (group === "chunk") chunkSizes[Math.min(Math.floor(value.length / WRITE_UNIT_BYTES), 4)]++;
  };
  const workload = newWorkload(recorded, series, startMs, sender);
  const simulation = new Simulation({
    writeTable: new LedgerTable(table, steady),
    compactTable: new LedgerTable(table, compaction, noteChunk),
    workload,
    startMs,
  });
  const intervals = hours * INTERVALS_PER_HOUR;
  const middle = Math.floor(intervals / 2);
  await simulation.write(1, new LedgerTable(table, first));
  await simulation.write(middle - 1);
  simulation.restartWriters();
  await simulation.write(1, new LedgerTable(table, restart));
  await simulation.write(intervals - middle - 1);
  while (await isUnfinished(table, endMs)) await simulation.advance(simulation.clock() + COMPACT_INTERVAL_MS);
  return { series, hours, spent: simulation.spent, first, restart, steady, compaction, chunkSizes };
}

/** Whether anything of the simulated day is not in chunks or rows yet. */
async function isUnfinished(table: Table, endMs: number): Promise<boolean> {
  const day = dayOf(endMs - 1);
  const manifest = (await loadManifests(table, DEFAULT_TENANT, day, day)).get(day);
  return (
    manifest === undefined ||
    manifest.flushedToMs < endMs - SCRAPE_INTERVAL_MS ||
    manifest.parts.some(isOpenRun) ||
    manifest.facts.rolledSource === undefined
  );
}

/** The differences between what two tables counted for the same calls. */
export function compareRuns(a: CostRun, b: CostRun, unit: "writeUnits" | "readUnits" | "calls"): string[] {
  return (["first", "restart", "steady", "compaction"] as const).flatMap((phase) =>
    GROUPS.filter((group) => a[phase][group][unit] !== b[phase][group][unit]).map(
      (group) => `${phase} ${group} ${unit}: ${a[phase][group][unit]} and ${b[phase][group][unit]}`,
    ),
  );
}
