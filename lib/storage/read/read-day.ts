/** Executes a day's plan: reads its items a few at a time and gives them to their series in the order in which they count. */
import { errorKind, errorMessage } from "../../model/errors.ts";
import type { TimeRange } from "../../model/time.ts";
import { hiddenColumns } from "../deletion/hidden-records.ts";
import { dropHidden, type Masks } from "../deletion/masks.ts";
import type { DamageReports } from "../layout/damage-reports.ts";
import { parseReceiveTime } from "../layout/keys.ts";
import type { Part } from "../layout/manifest.ts";
import { parseChunkSortKey } from "../layout/part-keys.ts";
import { LogDecoder } from "../log/log-decoder.ts";
import type { LogMemory } from "../log/log-memory.ts";
import { type LogItem, mergeLog } from "../log/log-reader.ts";
import { ChunkChain, queryChain, RunChain } from "../parts/chains.ts";
import { withoutHidden } from "../parts/hide-chunks.ts";
import { appendBlockSeries, decodeRunBlock } from "../parts/run-block.ts";
import type { SeriesSink } from "../parts/series-by-hash.ts";
import { columnsBytes } from "../parts/series-data.ts";
import { hashHex, type SeriesHash } from "../series/series-hash.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item, Table } from "../table/table.ts";
import type { DayPlan, DayQuery, PartRead } from "./read-plan.ts";

/** Part reads under way at once. */
const READ_CONCURRENCY = 16;

export interface DayRead {
  /** For chunks. */
  readonly table: Pick<Table, "query">;
  /** For what holds samples of many series: runs and dictionaries. */
  readonly shared: Pick<Table, "query">;
  /** For the log, which holds such too. */
  readonly log: Pick<Table, "query">;
  readonly memory: LogMemory | undefined;
  readonly query: DayQuery;
  readonly sink: SeriesSink;
  readonly signal: AbortSignal;
  /** Takes what cannot be read, which is then left out. Default: it throws "data". */
  readonly damage: DamageReports | undefined;
  readonly nowMs: number;
  /** What deletions hide of the day's series. */
  readonly masks: Masks;
  /** Default: `seriesHash`. */
  readonly hash?: SeriesHash | undefined;
}

/** Throws "too large" for a series that is, "data", "unavailable". */
export async function readDay(read: DayRead, { parts, log }: DayPlan): Promise<void> {
  const records = openLog(read, log);
  await beside(records, () => readParts(read, parts, read.query));
  await readLog(read, records);
}

/**
 * Reads what parts have of a range. Chunks go to their series as they come, and say what they count over; run blocks wait for
 * those before them.
 */
export async function readParts(read: DayRead, parts: readonly PartRead[], range: TimeRange): Promise<void> {
  const blocks = new Map<number, readonly Item[]>();
  let next = 0;
  await forEachBounded([...parts.keys()], READ_CONCURRENCY, async (order) => {
    blocks.set(order, await readPart(read, parts[order], order, range));
    for (let ready = blocks.get(next); ready !== undefined; ready = blocks.get(next)) {
      const { part } = parts[next];
      for (const block of ready) tolerate(read, block, () => addBlock(read, block, part, range));
      blocks.delete(next++);
    }
  });
}

/** Answers the blocks of a run's partition: some KB, whatever the run (run-items.ts). */
async function readPart(
  read: DayRead,
  { kind, range: keys, isFilled, hasEnd, part }: PartRead,
  order: number,
  range: TimeRange,
): Promise<readonly Item[]> {
  const { table, shared, signal, damage } = read;
  const blocks: Item[] = [];
  const options = { signal, note: damage?.note, isFilled, hasEnd };
  const pages =
    kind === "run"
      ? queryChain(shared, keys, new RunChain(), options)
      : queryChain(table, keys, new ChunkChain(keys), options);
  for await (const page of pages) {
    if (kind === "run") blocks.push(...page);
    else for (const item of page) tolerate(read, item, () => addChunks(read, item, order, part, range));
  }
  return blocks;
}

function addBlock({ sink, masks }: DayRead, { value }: Item, part: Part, range: TimeRange): void {
  const block = decodeRunBlock(value);
  block.hashes.forEach((hash, series) => {
    const columns = sink.findByBytes(hash)?.columns;
    if (columns === undefined) return;
    const before = columnsBytes(columns);
    const { count } = columns;
    appendBlockSeries(block, series, columns, range);
    if (!masks.isEmpty) dropHidden(columns, count, masks.ofPart(hashHex(hash), part));
    sink.hold(columnsBytes(columns) - before);
  });
}

function addChunks(
  { sink, masks }: DayRead,
  { sk, value }: Item,
  order: number,
  part: Part,
  range: TimeRange,
): void {
  const hash = parseChunkSortKey(sk);
  const data = sink.find(hash);
  if (data === undefined) return;
  for (const left of withoutHidden(value, masks.ofPart(hash, part)))
    sink.hold(data.addItem(order, left, range));
}

/** Does something with an item. One that is damaged is noted. */
function tolerate(read: DayRead, item: Item, use: () => void): void {
  try {
    use();
  } catch (error) {
    noteDamage(read, item, error);
  }
}

/** Notes that an item is damaged. Throws every other error, and this one where nobody takes notes. */
function noteDamage({ damage }: DayRead, item: Item, error: unknown): void {
  if (damage === undefined || errorKind(error) !== "data") throw error;
  damage.note(item, errorMessage(error));
}

/** A log of which the first records are being read. */
export interface OpenLog {
  readonly first: Promise<IteratorResult<readonly LogItem[]>>;
  readonly rest: AsyncGenerator<readonly LogItem[], void, void>;
}

/** Begins to read the log, which does not wait for the parts. Whoever opens it reads it, or closes it. */
export function openLog({ log, query: { tenant, day }, signal }: DayRead, plan: DayPlan["log"]): OpenLog {
  const rest = mergeLog(log, { tenant, day, ...plan }, signal);
  const first = rest.next();
  // Whoever waits for it sees a failure.
  first.catch(() => {});
  return { first, rest };
}

/** Does something before a log is read. If that fails the log is closed. */
export async function beside<T>(log: OpenLog, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    await log.first.catch(() => {});
    await log.rest.return();
    throw error;
  }
}

/** Reads the log, which counts over all parts. */
export async function readLog(read: DayRead, { first, rest }: OpenLog): Promise<void> {
  const { table, shared, memory, query, sink, signal, damage, nowMs, masks, hash } = read;
  const { tenant, day, minTime, maxTime } = query;
  const columnsOf = (hash: Uint8Array) => sink.findByBytes(hash)?.columns ?? null;
  const { metrics } = sink;
  const onDamaged = damage?.note;
  const reading = { table, kept: shared, memory, tenant, day, hash, columnsOf, metrics };
  const hexColumnsOf = (hash: string) => sink.find(hash)?.columns;
  const hidingOf = ({ sk }: Item) => hiddenColumns(masks, parseReceiveTime(sk), hexColumnsOf);
  const options = { ...reading, signal, onDamaged, nowMs, ...(!masks.isEmpty && { hidingOf }) };
  const decoder = new LogDecoder(options);
  try {
    for (let next = await first; !next.done; next = await rest.next()) {
      await decoder.prefetch(next.value, minTime, maxTime);
      for (const record of next.value) {
        const appended = decoder.append(record, minTime, maxTime);
        // Mostly it has no dictionary to wait for: a promise for each of some hundreds of records takes longer than to read them.
        sink.hold(typeof appended === "number" ? appended : await appended);
      }
    }
  } finally {
    await rest.return();
  }
}
