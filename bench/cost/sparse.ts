/** The cost of series that have few samples: one every six hours, over a day, with and without runs that series share. */
import { randomBytes } from "node:crypto";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { compact } from "../../lib/storage/compact/compactor.ts";
import { SPARSE_SAMPLES } from "../../lib/storage/compact/plan-compaction.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { DEFAULT_WRITERS_BYTES, Writers } from "../../lib/storage/write/writers.ts";
import { GROUPS, type Ledger, LedgerTable, newLedger, total } from "../ledger.ts";
import type { RecordedSeries } from "../recorded-series.ts";
import { COMPACT_INTERVAL_MS, RETENTION_MS } from "../simulation.ts";
import { newWorkload } from "../workload.ts";
import { MIDNIGHT_MS } from "./measure.ts";
import { RECOMMENDED } from "./senders.ts";

const SERIES = 1000;
const SAMPLE_INTERVAL_MS = 6 * HOUR_MS;
const TENANT = "sparse";

/** Prints write units a sample by kind of item: items for each series, and runs that series share. */
export async function measureSparse(recorded: readonly RecordedSeries[]): Promise<void> {
  console.log(`${SERIES} series with a sample every 6 h for a day, write units a sample:`);
  for (const [name, sparseSamples] of [
    ["an item for each series and bucket", 0],
    ["shared runs", SPARSE_SAMPLES],
  ] as const) {
    const { ledger, samples } = await run(recorded, sparseSamples);
    const units = GROUPS.map((group) => `${group} ${(ledger[group].writeUnits / samples).toFixed(4)}`);
    const all = (total(ledger, ({ writeUnits }) => writeUnits) / samples).toFixed(4);
    console.log(`  ${name}: ${all} = ${units.join(" + ")}`);
  }
}

async function run(
  recorded: readonly RecordedSeries[],
  sparseSamples: number,
): Promise<{ readonly ledger: Ledger; readonly samples: number }> {
  const ledger = newLedger();
  const table = new LedgerTable(new MemoryTable(), ledger);
  let nowMs = MIDNIGHT_MS;
  const clock = () => nowMs;
  const options = { clock, randomBytes, limits: DEFAULT_LIMITS, maxBytes: DEFAULT_WRITERS_BYTES };
  const writers = new Writers(options);
  const appender = writers.appender({ tenant: TENANT, retentionMs: RETENTION_MS }, table);
  let samples = 0;
  for (let startMs = MIDNIGHT_MS + MINUTE_MS; startMs < MIDNIGHT_MS + DAY_MS; startMs += SAMPLE_INTERVAL_MS) {
    for (const { sentMs, batch } of newWorkload(recorded, SERIES, startMs, RECOMMENDED).batches(0)) {
      nowMs = sentMs;
      await appender.append(batch);
      samples += batch.sampleCount;
    }
    await compactUntil(startMs + SAMPLE_INTERVAL_MS);
  }
  await compactUntil(MIDNIGHT_MS + DAY_MS + 2 * HOUR_MS);
  return { ledger, samples };

  async function compactUntil(untilMs: number): Promise<void> {
    for (; nowMs < untilMs; nowMs += COMPACT_INTERVAL_MS) {
      const retentionOf = () => RETENTION_MS;
      const deadlineMs = Number.POSITIVE_INFINITY;
      await compact(table, { clock, randomBytes, retentionOf, deadlineMs, sparseSamples });
    }
  }
}
