/** What the records of a day's log say: the samples of their series, by the dictionaries of their writers. */
import type { SampleColumns } from "../../chunk/sample-columns.ts";
import { COLUMN_SAMPLE_BYTES, COLUMN_START_BYTES } from "../../chunk/sample-sizes.ts";
import { errorKind, errorMessage, HearthError } from "../../model/errors.ts";
import { lowerBound } from "../../model/lower-bound.ts";
import { SECOND_MS } from "../../model/time.ts";
import { dropFromRecord, type HiddenColumns } from "../deletion/hidden-records.ts";
import { dictionaryRange, parseDictionarySortKey } from "../layout/keys.ts";
import { hashHex } from "../series/series-hash.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item, KeyRange, Table } from "../table/table.ts";
import { Dictionary, decodeDictionary } from "./dictionary.ts";
import type { HistogramRecord } from "./histogram-record.ts";
import type { LogItem } from "./log-reader.ts";
import { type DecodedRecord, LoggedRecord } from "./logged-record.ts";

/** A search takes as long as so many entries that are looked at one after the other. */
const SEARCH_ENTRIES = 12;

/** Dictionaries read at once. */
const PREFETCH_CONCURRENCY = 16;

/** Where a series' samples go, by its hash; null: nowhere. */
export type ColumnsOf = (hash: Uint8Array) => SampleColumns | null;

type DecodedFloats = Extract<DecodedRecord, { readonly kind: "floats" }>;

/** What is wanted of a writer, by its dictionary. */
interface WriterColumns {
  readonly dictionary: Dictionary;
  /** By reference; of one that is burnt, none. */
  readonly columns: readonly (SampleColumns | null)[];
  /** The references that have columns, ascending. */
  readonly wanted: Int32Array;
}

/** What is remembered of a log from one query to the next. */
export interface LogMemory {
  /** The record of an item; it may be shared. Throws "data". */
  recordOf(item: Item): LoggedRecord;
  /** The dictionary in a range, as far as it is known. */
  findDictionary(range: KeyRange): Dictionary | undefined;
  keepDictionary(range: KeyRange, dictionary: Dictionary): void;
}

const NOTHING_HIDDEN: readonly HiddenColumns[] = [];

const FORGETFUL: LogMemory = {
  recordOf: (item) => new LoggedRecord(item),
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
  /** What the hashes begin with that have columns, as numbers; default: anything. */
  readonly metrics?: ReadonlySet<number> | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Takes a record or a dictionary item that cannot be decoded, which is left out, and a record with a reference that its
   * dictionary lacks, whose other samples are appended. Absent: both throw "data".
   */
  readonly onDamaged?: ((item: Item, reason: string) => void) | undefined;
  /**
   * TTL takes a day's items in no order, up to two days late. So at this time a record that was to leave before it may lack its
   * dictionary, and counts as gone like it. Default: no record was to leave.
   */
  readonly nowMs?: number | undefined;
  /** Called right before the samples of a record are appended: which columns deletions hide some of them from. Default: none. */
  readonly hidingOf?: ((item: Item) => readonly HiddenColumns[]) | undefined;
}

/** Decodes records into the columns of their series. */
export class LogDecoder {
  readonly #options: LogDecoderOptions;
  readonly #memory: LogMemory;
  readonly #resolved = new Map<string, WriterColumns>();
  /** Dictionaries that were asked for before a record needed them. */
  readonly #loading = new Map<string, Promise<Dictionary>>();

  constructor(options: LogDecoderOptions) {
    this.#options = options;
    this.#memory = options.memory ?? FORGETFUL;
  }

  /**
   * Appends a record's samples of `minTime..maxTime`, in the record's order. Returns what they take in memory, in bytes: at
   * once unless the dictionary has to be read. Throws "data" for a damaged record or dictionary, unless `onDamaged` takes it.
   */
  append(logItem: LogItem, minTime: number, maxTime: number): number | Promise<number> {
    const { onDamaged } = this.#options;
    let record: LoggedRecord;
    let decoded: DecodedRecord;
    try {
      record = this.#memory.recordOf(logItem.item);
      if (record.maxTime < minTime || record.minTime > maxTime) return 0;
      decoded = record.decode();
    } catch (error) {
      if (onDamaged === undefined || errorKind(error) !== "data") throw error;
      onDamaged(logItem.item, errorMessage(error));
      return 0;
    }
    const known = this.#resolved.get(record.dictionaryName(logItem.shard));
    if (known !== undefined && firstUnknown(known.dictionary, decoded) === undefined)
      return this.#append(logItem.item, decoded, known, minTime, maxTime);
    return this.#resolve(logItem, record, decoded).then((columns) =>
      this.#append(logItem.item, decoded, columns, minTime, maxTime),
    );
  }

  /** Nothing comes between what is looked at before and what is removed after: other days share the columns. */
  #append(
    item: Item,
    decoded: DecodedRecord,
    writer: WriterColumns,
    minTime: number,
    maxTime: number,
  ): number {
    const hidden = this.#options.hidingOf?.(item) ?? NOTHING_HIDDEN;
    const sizeBytes = appendDecoded(decoded, writer, minTime, maxTime);
    return hidden.length === 0 ? sizeBytes : sizeBytes - dropFromRecord(hidden);
  }

  /**
   * Begins to read the dictionaries that records need, all at once: `append` would wait for one after the other. A failure is
   * thrown by the `append` that needs the dictionary.
   */
  async prefetch(items: readonly LogItem[], minTime: number, maxTime: number): Promise<void> {
    const { table, kept = table, tenant, day } = this.#options;
    const missing = new Map<string, KeyRange>();
    for (const { shard, item } of items) {
      const record = this.#recordOf(item);
      if (record === undefined || record.maxTime < minTime || record.minTime > maxTime) continue;
      const key = record.dictionaryName(shard);
      if (missing.has(key) || this.#resolved.has(key) || this.#loading.has(key)) continue;
      const range = dictionaryRange(tenant, day, shard, record.writer);
      if (this.#memory.findDictionary(range) === undefined) missing.set(key, range);
    }
    if (missing.size < 2) return;
    await forEachBounded([...missing], PREFETCH_CONCURRENCY, async ([key, range]) => {
      const loading = this.#load(kept, range, false);
      this.#loading.set(key, loading);
      await loading.catch(() => {});
    });
  }

  /** Undefined of a damaged record, which `append` reports. */
  #recordOf(item: Item): LoggedRecord | undefined {
    try {
      return this.#memory.recordOf(item);
    } catch {
      return undefined;
    }
  }

  /** A writer's columns, complete for a record. */
  async #resolve(logItem: LogItem, logged: LoggedRecord, record: DecodedRecord): Promise<WriterColumns> {
    const dictionary = await this.#findDictionary(logItem, logged, record);
    const { columnsOf, metrics } = this.#options;
    const { hashes } = dictionary;
    const columns: (SampleColumns | null)[] = new Array(hashes.length).fill(null);
    const candidates = metrics === undefined ? hashes.keys() : dictionary.referencesOf(metrics);
    const wanted: number[] = [];
    for (const reference of candidates) {
      const hash = hashes[reference];
      const found = hash === undefined ? null : columnsOf(hash);
      if (found === null) continue;
      columns[reference] = found;
      wanted.push(reference);
    }
    const resolved = { dictionary, columns, wanted: Int32Array.from(wanted) };
    this.#resolved.set(logged.dictionaryName(logItem.shard), resolved);
    return resolved;
  }

  /** A writer's dictionary, complete for a record unless `onDamaged` has taken the record. */
  async #findDictionary(
    { shard, item }: LogItem,
    logged: LoggedRecord,
    record: DecodedRecord,
  ): Promise<Dictionary> {
    const { table, kept = table, tenant, day, onDamaged, nowMs = 0 } = this.#options;
    const range = dictionaryRange(tenant, day, shard, logged.writer);
    const remembered = this.#memory.findDictionary(range);
    if (remembered !== undefined && firstUnknown(remembered, record) === undefined) return remembered;
    let dictionary = await (this.#loading.get(logged.dictionaryName(shard)) ??
      this.#load(kept, range, false));
    // A dictionary is stored before the records that use it, so it is complete when read consistently after them.
    if (firstUnknown(dictionary, record) !== undefined) dictionary = await this.#load(table, range, true);
    const unknown = firstUnknown(dictionary, record);
    if (unknown !== undefined) {
      if ((item.expiresAtSeconds ?? Number.POSITIVE_INFINITY) * SECOND_MS <= nowMs) return dictionary;
      const reason = `log record of writer ${hashHex(logged.writer)}: reference ${unknown} is not in its dictionary`;
      if (onDamaged === undefined) throw new HearthError("data", reason);
      onDamaged(item, reason);
      return dictionary;
    }
    this.#memory.keepDictionary(range, dictionary);
    return dictionary;
  }

  async #load(table: Pick<Table, "query">, range: KeyRange, consistent: boolean): Promise<Dictionary> {
    const hashes: (Uint8Array | undefined)[] = [];
    const { signal, onDamaged: onDamage } = this.#options;
    for await (const page of table.query(range, { consistent, signal, onDamage })) {
      for (const item of page) {
        let { firstReference: reference } = parseDictionarySortKey(item.sk);
        while (hashes.length < reference) hashes.push(undefined);
        for (const hash of this.#decodeDictionary(item)) hashes[reference++] = hash;
      }
    }
    return new Dictionary(hashes);
  }

  #decodeDictionary(item: Item): readonly Uint8Array[] {
    try {
      return decodeDictionary(item.value);
    } catch (error) {
      const { onDamaged } = this.#options;
      if (onDamaged === undefined || errorKind(error) !== "data") throw error;
      onDamaged(item, errorMessage(error));
      return [];
    }
  }
}

/** The first of a record's references that means nothing. */
function firstUnknown(dictionary: Dictionary, { record, highest }: DecodedRecord): number | undefined {
  return dictionary.firstUnknown(record.references, highest);
}

/** Answers what was appended takes in memory. */
function appendDecoded(
  decoded: DecodedRecord,
  writer: WriterColumns,
  minTime: number,
  maxTime: number,
): number {
  if (decoded.kind === "histograms") return appendHistograms(decoded.record, writer, minTime, maxTime);
  const ofStarts = decoded.record.startTimestamps === undefined ? 0 : COLUMN_START_BYTES;
  const append = decoded.isAscending ? appendAscending : appendSamples;
  return append(decoded, writer, minTime, maxTime) * (COLUMN_SAMPLE_BYTES + ofStarts);
}

/** Of a record whose references ascend: the few that are wanted are looked for. Answers how many samples were appended. */
function appendAscending(
  floats: DecodedFloats,
  writer: WriterColumns,
  minTime: number,
  maxTime: number,
): number {
  const { references, count } = floats.record;
  const { wanted } = writer;
  const from = lowerBound(wanted, references[0]);
  const to = lowerBound(wanted, references[count - 1] + 1, from);
  if ((to - from) * SEARCH_ENTRIES > count) return appendSamples(floats, writer, minTime, maxTime);
  let appended = 0;
  let at = 0;
  for (let i = from; i < to; i++) {
    at = lowerBound(references, wanted[i], at, count);
    if (references[at] === wanted[i]) appended += appendSample(floats, at, writer, minTime, maxTime);
  }
  return appended;
}

/** Answers how many samples were appended. */
function appendSamples(
  floats: DecodedFloats,
  writer: WriterColumns,
  minTime: number,
  maxTime: number,
): number {
  const { count } = floats.record;
  let appended = 0;
  for (let i = 0; i < count; i++) appended += appendSample(floats, i, writer, minTime, maxTime);
  return appended;
}

/** Answers how many samples were appended: 1 or 0. */
function appendSample(
  { record, words }: DecodedFloats,
  index: number,
  { columns }: WriterColumns,
  minTime: number,
  maxTime: number,
): number {
  const { references, timestamps, startTimestamps } = record;
  const series = columns[references[index]];
  const time = timestamps[index];
  if (!series || time < minTime || time > maxTime) return 0;
  series.appendSample(time, words[2 * index + 1], words[2 * index]);
  if (startTimestamps !== undefined) series.setStart(startTimestamps[index]);
  return 1;
}

function appendHistograms(
  { references, timestamps, histograms, startTimestamps }: HistogramRecord,
  { columns }: WriterColumns,
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
