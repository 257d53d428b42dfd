/** Executes a day's plan: reads its items a few at a time and decodes them in the order in which their samples count. */

import { valueWords } from "../chunk/sample-columns.ts";
import { readChunkCount } from "../chunk/xor-chunk.ts";
import { forEachBounded } from "./bounded.ts";
import { decodeChunkItem } from "./chunk-item.ts";
import { lowerBound } from "./hashed-samples.ts";
import { parseChunkSortKey } from "./keys.ts";
import { fetchLog, LogDecoder } from "./log-reader.ts";
import type { QueryBudget } from "./query-budget.ts";
import type { DayPlan, DayQuery, PartRead } from "./read-plan.ts";
import { decodeRunBlock } from "./run-block.ts";
import type { SeriesData, TimeRange } from "./series-data.ts";
import { hashHex } from "./series-hash.ts";
import type { Item, Table } from "./table.ts";

/** Part reads under way at once, and held until those before them are decoded. */
const READ_CONCURRENCY = 16;
const READ_BATCH = 64;

/** Adds a day's samples to the `data` of the selected series (by hash in hex). Throws "too large", "data". */
export async function readDay(
  table: Table,
  query: DayQuery,
  plan: DayPlan,
  data: ReadonlyMap<string, SeriesData>,
  budget: QueryBudget,
  signal?: AbortSignal,
): Promise<void> {
  for (let start = 0; start < plan.parts.length; start += READ_BATCH) {
    const reads = plan.parts.slice(start, start + READ_BATCH);
    const items = await fetchAll(table, reads, signal);
    reads.forEach(({ kind }, i) => {
      for (const item of items[i]) {
        if (kind === "run") addBlock(item, query, data, budget);
        else addChunks(item, query, data, budget);
      }
    });
  }
  await readLog(table, query, plan, data, budget, signal);
}

async function fetchAll(table: Table, reads: readonly PartRead[], signal?: AbortSignal): Promise<Item[][]> {
  const results: Item[][] = reads.map(() => []);
  await forEachBounded([...reads.keys()], READ_CONCURRENCY, async (i) => {
    for await (const page of table.query(reads[i].range, { consistent: true, signal }))
      results[i].push(...page);
  });
  return results;
}

function addBlock(
  { value }: Item,
  range: TimeRange,
  data: ReadonlyMap<string, SeriesData>,
  budget: QueryBudget,
): void {
  const { hashes, bounds, timestamps, values } = decodeRunBlock(value);
  const words = valueWords(values);
  hashes.forEach((hash, series) => {
    const columns = data.get(hashHex(hash))?.columns;
    if (columns === undefined) return;
    const times = timestamps.subarray(bounds[series], bounds[series + 1]);
    let i = bounds[series] + lowerBound(times, range.minTime);
    const first = i;
    for (; i < bounds[series + 1] && timestamps[i] <= range.maxTime; i++) {
      columns.appendSample(timestamps[i], words[2 * i + 1], words[2 * i]);
    }
    budget.addSamples(i - first);
  });
}

function addChunks(
  { sk, value }: Item,
  range: TimeRange,
  data: ReadonlyMap<string, SeriesData>,
  budget: QueryBudget,
): void {
  const chunks = data.get(parseChunkSortKey(sk))?.chunks;
  if (chunks === undefined) return;
  for (const chunk of decodeChunkItem(value)) {
    if (chunk.maxTime < range.minTime || chunk.minTime > range.maxTime) continue;
    budget.addChunks(readChunkCount(chunk.bytes), chunk.bytes.length);
    chunks.push(chunk);
  }
}

async function readLog(
  table: Table,
  query: DayQuery,
  plan: DayPlan,
  data: ReadonlyMap<string, SeriesData>,
  budget: QueryBudget,
  signal?: AbortSignal,
): Promise<void> {
  const { tenant, day, minTime, maxTime } = query;
  const range = { tenant, day, ...plan.log, receivedToMs: Number.MAX_SAFE_INTEGER };
  const records = await fetchLog(table, range, (sizeBytes) => budget.addBytes(sizeBytes), signal);
  const decoder = new LogDecoder(table, tenant, day, (hash) => data.get(hash)?.columns ?? null, signal);
  for (const record of records) budget.addSamples(await decoder.append(record, minTime, maxTime));
}
