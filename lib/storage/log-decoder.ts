/** What the records of a day's log say: the samples of their series, by the dictionaries of their writers. */
import { histogramBytes, type SampleColumns } from "../chunk/sample-columns.ts";
import { HearthError } from "../model/errors.ts";
import { decodeDictionary } from "./dictionary.ts";
import {
  decodeHistogramRecord,
  decodeHistogramRecordHeader,
  type HistogramRecord,
  isHistogramRecord,
} from "./histogram-record.ts";
import { dictionaryRange, parseDictionarySortKey, parseLogSortKey } from "./keys.ts";
import type { LogItem } from "./log-reader.ts";
import { decodeLogRecord, decodeLogRecordHeader, type LogColumns } from "./log-record.ts";
import { COLUMN_SAMPLE_BYTES, COLUMN_START_BYTES } from "./query-budget.ts";
import { hashHex } from "./series-hash.ts";
import type { Shard } from "./shard.ts";
import type { Item, KeyRange, Table } from "./table.ts";

/** What a float takes in columns (log-record.ts), and a start. */
const FLOAT_BYTES = 20;
const START_BYTES = 8;

/** What a record takes in memory once it is decoded, about, in bytes. Throws "data". */
export function decodedRecordBytes(record: Uint8Array): number {
  if (!isHistogramRecord(record)) {
    const { count, hasStarts } = decodeLogRecordHeader(record);
    return count * (hasStarts ? FLOAT_BYTES + START_BYTES : FLOAT_BYTES);
  }
  const { count, sizeBytes } = decodeHistogramRecordHeader(record);
  return histogramBytes(sizeBytes, 0) + count * histogramBytes(0, 2);
}

/** Where a series' samples go, by its hash; null: nowhere. */
export type ColumnsOf = (hash: Uint8Array) => SampleColumns | null;

/** A reference's columns; undefined for one that is not known yet. */
type Resolved = SampleColumns | null | undefined;

/** A writer's hashes by reference; undefined for those that a failed registration burnt. */
export type Dictionary = readonly (Uint8Array | undefined)[];

/** A record, whichever of the two it is. */
export type DecodedRecord =
  | { readonly kind: "floats"; readonly record: LogColumns }
  | { readonly kind: "histograms"; readonly record: HistogramRecord };

export function decodeRecord(value: Uint8Array): DecodedRecord {
  return isHistogramRecord(value)
    ? { kind: "histograms", record: decodeHistogramRecord(value) }
    : { kind: "floats", record: decodeLogRecord(value) };
}

/** What is remembered of a log from one query to the next. */
export interface LogMemory {
  /** As `decodeRecord`; what it answers may be shared. */
  decode(item: Item): DecodedRecord;
  /** The dictionary in a range, as far as it is known. */
  findDictionary(range: KeyRange): Dictionary | undefined;
  keepDictionary(range: KeyRange, dictionary: Dictionary): void;
}

const FORGETFUL: LogMemory = {
  decode: ({ value }) => decodeRecord(value),
  findDictionary: () => undefined,
  keepDictionary: () => {},
};

export interface LogDecoderOptions {
  readonly table: Pick<Table, "query">;
  /** Answers what it was asked before as it did then; default: `table`. */
  readonly kept?: Pick<Table, "query">;
  /** Default: none. */
  readonly memory?: LogMemory | undefined;
  readonly tenant: string;
  readonly day: number;
  readonly columnsOf: ColumnsOf;
  readonly signal?: AbortSignal | undefined;
}

/** Decodes records into the columns of their series. */
export class LogDecoder {
  readonly #options: LogDecoderOptions;
  readonly #memory: LogMemory;
  readonly #resolved = new Map<string, readonly Resolved[]>();

  constructor(options: LogDecoderOptions) {
    this.#options = options;
    this.#memory = options.memory ?? FORGETFUL;
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
    const { kind, record } = this.#memory.decode(item);
    const columns = await this.#resolve(shard, writer, record.references);
    if (kind === "histograms") return appendHistograms(record, columns, minTime, maxTime);
    const ofStarts = record.startTimestamps === undefined ? 0 : COLUMN_START_BYTES;
    return appendSamples(record, columns, minTime, maxTime) * (COLUMN_SAMPLE_BYTES + ofStarts);
  }

  /** A writer's columns by reference, complete for `references`. */
  async #resolve(shard: Shard, writer: Uint8Array, references: Int32Array): Promise<readonly Resolved[]> {
    const key = hashHex(writer);
    const known = this.#resolved.get(key);
    if (known !== undefined && firstUnknown(known, references) === undefined) return known;
    const dictionary = await this.#findDictionary(shard, writer, references);
    const { columnsOf } = this.#options;
    const columns = dictionary.map((hash) => hash && columnsOf(hash));
    this.#resolved.set(key, columns);
    return columns;
  }

  /** A writer's dictionary, complete for `references`. */
  async #findDictionary(shard: Shard, writer: Uint8Array, references: Int32Array): Promise<Dictionary> {
    const { table, kept = table, tenant, day } = this.#options;
    const range = dictionaryRange(tenant, day, shard, writer);
    const remembered = this.#memory.findDictionary(range);
    if (remembered !== undefined && firstUnknown(remembered, references) === undefined) return remembered;
    let dictionary = await this.#load(kept, range, false);
    // A dictionary is stored before the records that use it, so it is complete when read consistently after them.
    if (firstUnknown(dictionary, references) !== undefined) dictionary = await this.#load(table, range, true);
    const unknown = firstUnknown(dictionary, references);
    if (unknown !== undefined) {
      throw new HearthError(
        "data",
        `log record of writer ${hashHex(writer)}: reference ${unknown} is not in its dictionary`,
      );
    }
    this.#memory.keepDictionary(range, dictionary);
    return dictionary;
  }

  async #load(table: Pick<Table, "query">, range: KeyRange, consistent: boolean): Promise<Dictionary> {
    const dictionary: (Uint8Array | undefined)[] = [];
    for await (const page of table.query(range, { consistent, signal: this.#options.signal })) {
      for (const item of page) {
        let { firstReference: reference } = parseDictionarySortKey(item.sk);
        while (dictionary.length < reference) dictionary.push(undefined);
        for (const hash of decodeDictionary(item.value)) dictionary[reference++] = hash;
      }
    }
    return dictionary;
  }
}

/** The first reference that means nothing. */
function firstUnknown(known: readonly (Resolved | Uint8Array)[], references: Int32Array): number | undefined {
  for (let i = 0; i < references.length; i++) if (known[references[i]] === undefined) return references[i];
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
