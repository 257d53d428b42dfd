/** The log of one day: its records in the order of reception, and what their references mean. */
import { histogramBytes, type SampleColumns } from "../chunk/sample-columns.ts";
import { HearthError } from "../model/errors.ts";
import { forEachBounded } from "./bounded.ts";
import { decodeDictionary } from "./dictionary.ts";
import {
  decodeHistogramRecord,
  decodeHistogramRecordHeader,
  type HistogramRecord,
  isHistogramRecord,
} from "./histogram-record.ts";
import { dictionaryRange, logRange, parseDictionarySortKey, parseLogSortKey } from "./keys.ts";
import { decodeLogRecord, decodeLogRecordHeader, type LogColumns } from "./log-record.ts";
import { COLUMN_SAMPLE_BYTES, COLUMN_START_BYTES } from "./query-budget.ts";
import { hashHex } from "./series-hash.ts";
import type { Shard } from "./shard.ts";
import type { Item, Table } from "./table.ts";

/** Shards read at once. */
const SHARD_CONCURRENCY = 8;
/** What a float takes in columns (log-record.ts), and a start. */
const FLOAT_BYTES = 20;
const START_BYTES = 8;
/** Bytes of memory that a byte of a record of floats becomes: they mostly take 1.4 bytes a sample. */
const FLOAT_BYTE_MEMORY = 14;

export interface LogRange {
  readonly tenant: string;
  readonly day: number;
  readonly shards: readonly Shard[];
  /** Records received from..to, in ms, both included. */
  readonly receivedFromMs: number;
  readonly receivedToMs: number;
}

export interface LogItem {
  readonly shard: Shard;
  readonly item: Item;
}

/**
 * The records of a range, the earliest received first whatever their shard. `onBytes` is told of the bytes as they come, by
 * their weight, and may throw to end it.
 */
export async function fetchLog(
  table: Table,
  range: LogRange,
  onBytes: (sizeBytes: number) => void,
  signal?: AbortSignal,
): Promise<LogItem[]> {
  const found: LogItem[] = [];
  await forEachBounded(range.shards, SHARD_CONCURRENCY, async (shard) => {
    const keys = logRange(range.tenant, range.day, shard, range.receivedFromMs, range.receivedToMs);
    for await (const page of table.query(keys, { consistent: true, signal })) {
      for (const item of page) {
        found.push({ shard, item });
        onBytes(logWeight(item.value));
      }
    }
  });
  return found.sort((a, b) => Buffer.compare(a.item.sk, b.item.sk));
}

/** The bytes of a usual record of floats that become as much memory: one that repeats itself has compressed to nothing. */
function logWeight(record: Uint8Array): number {
  return Math.max(record.length, Math.ceil(decodedBytes(record) / FLOAT_BYTE_MEMORY));
}

function decodedBytes(record: Uint8Array): number {
  if (!isHistogramRecord(record)) {
    const { count, hasStarts } = decodeLogRecordHeader(record);
    return count * (hasStarts ? FLOAT_BYTES + START_BYTES : FLOAT_BYTES);
  }
  const { count, sizeBytes } = decodeHistogramRecordHeader(record);
  return histogramBytes(sizeBytes, 0) + count * histogramBytes(0, 2);
}

/**
 * The records of a range, the earliest received first whatever their shard, a page of each shard at a time: what is in memory
 * does not grow with a log that nobody flushes.
 */
export async function* mergeLog(
  table: Pick<Table, "query">,
  range: Omit<LogRange, "receivedToMs">,
  signal?: AbortSignal,
): AsyncGenerator<LogItem, void, void> {
  const cursors = range.shards.map((shard) => {
    const keys = logRange(range.tenant, range.day, shard, range.receivedFromMs);
    return new ShardCursor(shard, table.query(keys, { consistent: true, signal }));
  });
  try {
    await forEachBounded(cursors, SHARD_CONCURRENCY, (cursor) => cursor.fill());
    for (let first = earliest(cursors); first !== undefined; first = earliest(cursors)) {
      yield { shard: first.shard, item: first.item! };
      await first.advance();
    }
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.close()));
  }
}

/** Where a merge is in a shard's records. */
class ShardCursor {
  readonly shard: Shard;
  readonly #pages: AsyncGenerator<readonly Item[], void, void>;
  #page: readonly Item[] = [];
  #at = 0;

  constructor(shard: Shard, pages: AsyncGenerator<readonly Item[], void, void>) {
    this.shard = shard;
    this.#pages = pages;
  }

  /** Undefined at the end. */
  get item(): Item | undefined {
    return this.#page[this.#at];
  }

  async advance(): Promise<void> {
    if (++this.#at === this.#page.length) await this.fill();
  }

  /** Goes on to the next page that has items, if there is one. */
  async fill(): Promise<void> {
    [this.#page, this.#at] = [[], 0];
    while (this.#page.length === 0) {
      const next = await this.#pages.next();
      if (next.done) return;
      this.#page = next.value;
    }
  }

  async close(): Promise<void> {
    await this.#pages.return();
  }
}

function earliest(cursors: readonly ShardCursor[]): ShardCursor | undefined {
  let first: ShardCursor | undefined;
  for (const cursor of cursors) {
    if (cursor.item === undefined) continue;
    if (first === undefined || Buffer.compare(cursor.item.sk, first.item!.sk) < 0) first = cursor;
  }
  return first;
}

/** Where a series' samples go, by its hash; null: nowhere. */
export type ColumnsOf = (hash: Uint8Array) => SampleColumns | null;

/** A reference's columns; undefined for one that is not known yet. */
type Resolved = SampleColumns | null | undefined;

export interface LogDecoderOptions {
  readonly table: Pick<Table, "query">;
  /** Answers what it was asked before as it did then; default: `table`. */
  readonly kept?: Pick<Table, "query">;
  readonly tenant: string;
  readonly day: number;
  readonly columnsOf: ColumnsOf;
  readonly signal?: AbortSignal | undefined;
}

/** Decodes records into the columns of their series. */
export class LogDecoder {
  readonly #options: LogDecoderOptions;
  readonly #dictionaries = new Map<string, Resolved[]>();

  constructor(options: LogDecoderOptions) {
    this.#options = options;
  }

  /**
   * Appends a record's samples of `minTime..maxTime`, in the record's order; answers what they take in memory, in
   * bytes. Throws "data" for a record that is damaged or whose dictionary is.
   */
  async append({ shard, item }: LogItem, minTime: number, maxTime: number): Promise<number> {
    const isHistograms = isHistogramRecord(item.value);
    const header = isHistograms ? decodeHistogramRecordHeader(item.value) : decodeLogRecordHeader(item.value);
    if (header.maxTime < minTime || header.minTime > maxTime) return 0;
    const { writer } = parseLogSortKey(item.sk);
    if (isHistograms) {
      const record = decodeHistogramRecord(item.value);
      const columns = await this.#resolve(shard, writer, record.references);
      return appendHistograms(record, columns, minTime, maxTime);
    }
    const record = decodeLogRecord(item.value);
    const columns = await this.#resolve(shard, writer, record.references);
    const ofStarts = record.startTimestamps === undefined ? 0 : COLUMN_START_BYTES;
    return appendSamples(record, columns, minTime, maxTime) * (COLUMN_SAMPLE_BYTES + ofStarts);
  }

  /** A writer's columns by reference, complete for `references`. */
  async #resolve(shard: Shard, writer: Uint8Array, references: Int32Array): Promise<readonly Resolved[]> {
    const key = hashHex(writer);
    const known = this.#dictionaries.get(key);
    if (known !== undefined && firstUnknown(known, references) === undefined) return known;
    const { table, kept = table } = this.#options;
    let columns = await this.#load(kept, shard, writer, false);
    // A dictionary is stored before the records that use it, so it is complete when read consistently after them.
    if (firstUnknown(columns, references) !== undefined)
      columns = await this.#load(table, shard, writer, true);
    const unknown = firstUnknown(columns, references);
    if (unknown !== undefined) {
      throw new HearthError(
        "data",
        `log record of writer ${key}: reference ${unknown} is not in its dictionary`,
      );
    }
    this.#dictionaries.set(key, columns);
    return columns;
  }

  async #load(
    table: Pick<Table, "query">,
    shard: Shard,
    writer: Uint8Array,
    consistent: boolean,
  ): Promise<Resolved[]> {
    const { tenant, day, columnsOf, signal } = this.#options;
    const columns: Resolved[] = [];
    const range = dictionaryRange(tenant, day, shard, writer);
    for await (const page of table.query(range, { consistent, signal })) {
      for (const item of page) {
        let { firstReference: reference } = parseDictionarySortKey(item.sk);
        // References that a failed registration burnt.
        while (columns.length < reference) columns.push(undefined);
        for (const hash of decodeDictionary(item.value)) columns[reference++] = columnsOf(hash);
      }
    }
    return columns;
  }
}

function firstUnknown(columns: readonly Resolved[], references: Int32Array): number | undefined {
  for (let i = 0; i < references.length; i++) if (columns[references[i]] === undefined) return references[i];
  return undefined;
}

function appendSamples(
  record: LogColumns,
  columns: readonly Resolved[],
  minTime: number,
  maxTime: number,
): number {
  const { startTimestamps } = record;
  const words = new Uint32Array(record.values.buffer, record.values.byteOffset, record.count * 2);
  let appended = 0;
  for (let i = 0; i < record.count; i++) {
    const series = columns[record.references[i]];
    const time = record.timestamps[i];
    if (!series || time < minTime || time > maxTime) continue;
    series.appendSample(time, words[i * 2 + 1], words[i * 2]);
    if (startTimestamps !== undefined) series.setStart(startTimestamps[i]);
    appended++;
  }
  return appended;
}

function appendHistograms(
  { references, timestamps, histograms, startTimestamps }: HistogramRecord,
  columns: readonly Resolved[],
  minTime: number,
  maxTime: number,
): number {
  const ofStarts = startTimestamps === undefined ? 0 : COLUMN_START_BYTES;
  let sizeBytes = 0;
  histograms.forEach((histogram, i) => {
    const series = columns[references[i]];
    const time = timestamps[i];
    if (!series || time < minTime || time > maxTime) return;
    const before = series.histogramBytes;
    series.appendHistogram(time, histogram);
    if (startTimestamps !== undefined) series.setStart(startTimestamps[i]);
    sizeBytes += ofStarts + COLUMN_SAMPLE_BYTES + series.histogramBytes - before;
  });
  return sizeBytes;
}
