/** Executes a day's plan: reads its items a few at a time and gives them to their series in the order in which they count. */
import { forEachBounded } from "./bounded.ts";
import { ChunkChain, queryChain, RunChain } from "./chains.ts";
import { LogDecoder, mergeLog } from "./log-reader.ts";
import { parseChunkSortKey } from "./part-keys.ts";
import type { DayPlan, DayQuery, PartRead } from "./read-plan.ts";
import { appendBlockSeries, decodeRunBlock } from "./run-block.ts";
import { columnsBytes, type TimeRange } from "./series-data.ts";
import type { SeriesGroup } from "./series-group.ts";
import type { Item, Table } from "./table.ts";

/** Part reads under way at once. */
const READ_CONCURRENCY = 16;

export interface DayRead {
  /** For chunks. */
  readonly table: Pick<Table, "query">;
  /** For what holds samples of many series: log and runs. */
  readonly shared: Pick<Table, "query">;
  readonly query: DayQuery;
  readonly plan: DayPlan;
  /** Takes what is read. */
  readonly group: SeriesGroup;
  readonly signal: AbortSignal;
}

/** Throws "too large" for a series that is, "data", "unavailable". */
export async function readDay(read: DayRead): Promise<void> {
  await readParts(read);
  await readLog(read);
}

/** Chunks go to their series as they come, and say what they count over; run blocks wait for those before them. */
async function readParts(read: DayRead): Promise<void> {
  const { parts } = read.plan;
  const blocks = new Map<number, readonly Item[]>();
  let next = 0;
  await forEachBounded([...parts.keys()], READ_CONCURRENCY, async (order) => {
    blocks.set(order, await readPart(read, parts[order], order));
    for (let ready = blocks.get(next); ready !== undefined; ready = blocks.get(next)) {
      for (const block of ready) addBlock(block, read.query, read.group);
      blocks.delete(next++);
    }
  });
}

/** Answers the blocks of a run's partition: some KB, whatever the run (run.ts). */
async function readPart(read: DayRead, { kind, range }: PartRead, order: number): Promise<readonly Item[]> {
  const { table, shared, query, group, signal } = read;
  const blocks: Item[] = [];
  const pages =
    kind === "run"
      ? queryChain(shared, range, new RunChain(), signal)
      : queryChain(table, range, new ChunkChain(range), signal);
  for await (const page of pages) {
    if (kind === "run") blocks.push(...page);
    else for (const item of page) addChunks(item, order, query, group);
  }
  return blocks;
}

function addBlock({ value }: Item, range: TimeRange, group: SeriesGroup): void {
  const block = decodeRunBlock(value);
  block.hashes.forEach((hash, series) => {
    const columns = group.findByBytes(hash)?.columns;
    if (columns === undefined) return;
    const before = columnsBytes(columns);
    appendBlockSeries(block, series, columns, range);
    group.hold(columnsBytes(columns) - before);
  });
}

function addChunks({ sk, value }: Item, order: number, range: TimeRange, group: SeriesGroup): void {
  const data = group.find(parseChunkSortKey(sk));
  if (data !== undefined) group.hold(data.addItem(order, value, range));
}

async function readLog({ table, shared, query, plan, group, signal }: DayRead): Promise<void> {
  const { tenant, day, minTime, maxTime } = query;
  const decoder = new LogDecoder({
    table,
    kept: shared,
    tenant,
    day,
    columnsOf: (hash) => group.findByBytes(hash)?.columns ?? null,
    signal,
  });
  for await (const record of mergeLog(shared, { tenant, day, ...plan.log }, signal)) {
    group.hold(await decoder.append(record, minTime, maxTime));
  }
}
