/** What the records of a day's log say: the samples of their series, by the dictionaries of their writers. */
import type { SampleColumns } from "../../chunk/sample-columns.ts";
import { COLUMN_SAMPLE_BYTES, COLUMN_START_BYTES } from "../../chunk/sample-sizes.ts";
import { errorKind, errorMessage } from "../../model/errors.ts";
import { lowerBound } from "../../model/lower-bound.ts";
import { dropFromRecord, type HiddenColumns } from "../deletion/hidden-records.ts";
import type { Item } from "../table/table.ts";
import type { Dictionary } from "./dictionary.ts";
import {
  DictionaryFinder,
  type FinderOptions,
  firstUnknown,
  type WantedDictionary,
} from "./find-dictionary.ts";
import type { HistogramRecord } from "./histogram-record.ts";
import { FORGETFUL, type LogMemory } from "./log-memory.ts";
import type { LogItem } from "./log-reader.ts";
import type { DecodedRecord, LoggedRecord } from "./logged-record.ts";

/** A search takes as long as so many entries that are looked at one after the other. */
const SEARCH_ENTRIES = 12;

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

const NOTHING_HIDDEN: readonly HiddenColumns[] = [];

export interface LogDecoderOptions extends FinderOptions {
  /** Default: none. */
  readonly memory?: LogMemory | undefined;
  readonly columnsOf: ColumnsOf;
  /** What the hashes begin with that have columns, as numbers; default: anything. */
  readonly metrics?: ReadonlySet<number> | undefined;
  /** Called right before the samples of a record are appended: which columns deletions hide some of them from. Default: none. */
  readonly hidingOf?: ((item: Item) => readonly HiddenColumns[]) | undefined;
}

/** Decodes records into the columns of their series. */
export class LogDecoder {
  readonly #options: LogDecoderOptions;
  readonly #memory: LogMemory;
  readonly #dictionaries: DictionaryFinder;
  readonly #resolved = new Map<string, WriterColumns>();

  constructor(options: LogDecoderOptions) {
    this.#options = options;
    this.#memory = options.memory ?? FORGETFUL;
    this.#dictionaries = new DictionaryFinder(options, this.#memory);
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
   * Reads what the dictionaries of some records have, all at once: `append` would wait for one after the other. A failure is
   * thrown by the `append` that needs the dictionary.
   */
  async prefetch(items: readonly LogItem[], minTime: number, maxTime: number): Promise<void> {
    const wanted: WantedDictionary[] = [];
    for (const { shard, item } of items) {
      const record = this.#recordOf(item);
      if (record === undefined || record.maxTime < minTime || record.minTime > maxTime) continue;
      const isResolved = this.#resolved.has(record.dictionaryName(shard));
      wanted.push({ shard, logged: record, sk: item.sk, isResolved });
    }
    await this.#dictionaries.prefetch(wanted);
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
    const name = logged.dictionaryName(logItem.shard);
    const known = this.#resolved.get(name)?.dictionary;
    const dictionary = await this.#dictionaries.find(logItem, logged, record, known);
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
    this.#resolved.set(name, resolved);
    return resolved;
  }
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
