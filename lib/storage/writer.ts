/**
 * A writer: what a warm process knows of one tenant, and how it stores a batch. In this order, since an answer means that
 * a reader finds everything: series items, dictionary, log record.
 */
import type { Limits } from "../model/limits.ts";
import type { Rejections } from "../model/rejections.ts";
import type { SampleBatch } from "../model/sample-batch.ts";
import { type Clock, MAX_TIMESTAMP_MS } from "../model/time.ts";
import { DayDictionary } from "./day-dictionary.ts";
import { dayOf, logKey, WRITER_ID_BYTES } from "./keys.ts";
import { encodeLogRecord, type LogColumns, MAX_RECORD_SAMPLES } from "./log-record.ts";
import { expiry, oldestKept, type RetentionMs } from "./retention.ts";
import type { SeriesHash } from "./series-hash.ts";
import { REJECTED, SeriesRegistry } from "./series-registry.ts";
import type { Item, Table } from "./table.ts";

export interface WriterOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly retentionMs: RetentionMs;
  readonly hash: SeriesHash;
}

/** The log is one shard so far; its keys have room for more. */
const SHARD = 0;

/** Days whose dictionaries stay in memory; one that is needed again later starts under a new id. */
const MAX_OPEN_DAYS = 64;

/** The accepted samples of one day: where they are in the batch, in the order of arrival. */
interface DaySamples {
  readonly day: number;
  readonly indices: Int32Array;
}

export class Writer {
  readonly #options: WriterOptions;
  readonly #registry: SeriesRegistry;
  /** In the order of last use. */
  readonly #dictionaries = new Map<number, DayDictionary>();
  #sequence = 0;
  #latestReceivedMs = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#registry = new SeriesRegistry(options.limits, options.hash);
  }

  /** What it holds in memory, about. */
  get sizeBytes(): number {
    let total = this.#registry.sizeBytes;
    for (const dictionary of this.#dictionaries.values()) total += dictionary.sizeBytes;
    return total;
  }

  /** Stores a batch, of which it refuses samples to `rejections`. See `Appender`. */
  async append(table: Table, batch: SampleBatch, rejections: Rejections): Promise<number> {
    const series = this.#accept(batch, rejections);
    let storedSamples = 0;
    for (const { day, indices } of splitByDay(batch, series)) {
      const dictionary = this.#dictionary(day);
      await register(table, dictionary, series, indices);
      await table.putAll(this.#records(dictionary, day, batch, series, indices));
      storedSamples += indices.length;
    }
    return storedSamples;
  }

  /** The series number of each sample of a batch; REJECTED where its labels or its time are not acceptable. */
  #accept(batch: SampleBatch, rejections: Rejections): Int32Array {
    const { clock, limits, retentionMs } = this.#options;
    const nowMs = clock();
    const newest = nowMs + limits.maxFutureMs;
    const oldest = Math.max(oldestKept(nowMs, retentionMs), -MAX_TIMESTAMP_MS);
    const accepted = new Int32Array(batch.sampleCount);
    let previous = -1;
    let series = REJECTED;
    for (let i = 0; i < batch.sampleCount; i++) {
      const index = batch.sampleSeries[i];
      if (index !== previous) series = this.#registry.resolve(batch, index, rejections);
      previous = index;
      const time = batch.timestamps[i];
      accepted[i] = series;
      if (series === REJECTED || (time <= newest && time >= oldest)) continue;
      accepted[i] = REJECTED;
      const known = series;
      rejections.add("invalid", () => this.#registry.labels(known), timeReason(time, nowMs, newest));
    }
    return accepted;
  }

  #dictionary(day: number): DayDictionary {
    const found = this.#dictionaries.get(day) ?? this.#newDictionary(day);
    this.#dictionaries.delete(day);
    this.#dictionaries.set(day, found);
    if (this.#dictionaries.size > MAX_OPEN_DAYS) {
      const [oldest] = this.#dictionaries.keys();
      this.#dictionaries.delete(oldest);
    }
    return found;
  }

  #newDictionary(day: number): DayDictionary {
    const { tenant, retentionMs } = this.#options;
    const writer = crypto.getRandomValues(new Uint8Array(WRITER_ID_BYTES));
    return new DayDictionary({ tenant, day, writer, retentionMs }, this.#registry);
  }

  #records(
    dictionary: DayDictionary,
    day: number,
    batch: SampleBatch,
    series: Int32Array,
    indices: Int32Array,
  ): Item[] {
    const { tenant, retentionMs } = this.#options;
    const { writer } = dictionary;
    const receivedMs = this.#receiveTime();
    const items: Item[] = [];
    for (let start = 0; start < indices.length; start += MAX_RECORD_SAMPLES) {
      const columns = gather(batch, series, indices.subarray(start, start + MAX_RECORD_SAMPLES), dictionary);
      const key = logKey(tenant, day, SHARD, { receivedMs, writer, sequence: this.#sequence++ });
      items.push({ ...key, value: encodeLogRecord(columns, 0, columns.count), ...expiry(day, retentionMs) });
    }
    return items;
  }

  /**
   * After every earlier one of this writer's, whatever the clock does: the last received wins, and a day that was closed
   * and opened again has another id, which may sort before its old one.
   */
  #receiveTime(): number {
    this.#latestReceivedMs = Math.max(this.#latestReceivedMs + 1, this.#options.clock());
    return this.#latestReceivedMs;
  }
}

async function register(
  table: Table,
  dictionary: DayDictionary,
  series: Int32Array,
  indices: Int32Array,
): Promise<void> {
  const missing = new Set<number>();
  for (const index of indices) if (dictionary.reference(series[index]) < 0) missing.add(series[index]);
  if (missing.size > 0) await dictionary.register(table, missing);
}

/**
 * Sorts by day what `accepted` (series numbers) lets through: nearly always all of a batch, of one day. In four bytes a
 * sample, since a request of the most samples that are taken already fills half of the function's memory.
 */
function splitByDay(batch: SampleBatch, accepted: Int32Array): DaySamples[] {
  const counts = new Map<number, number>();
  forEachRun(batch, accepted, (day, start, end) => {
    counts.set(day, (counts.get(day) ?? 0) + end - start);
  });
  const filled = new Map<number, number>();
  const days = [...counts].map(([day, count]): DaySamples => ({ day, indices: new Int32Array(count) }));
  const indicesOf = new Map(days.map(({ day, indices }) => [day, indices]));
  forEachRun(batch, accepted, (day, start, end) => {
    const indices = indicesOf.get(day) as Int32Array;
    let at = filled.get(day) ?? 0;
    for (let i = start; i < end; i++) indices[at++] = i;
    filled.set(day, at);
  });
  return days;
}

/** Calls `run` for each unbroken run `start..end` of accepted samples of one day. */
function forEachRun(
  { timestamps }: SampleBatch,
  accepted: Int32Array,
  run: (day: number, start: number, end: number) => void,
): void {
  for (let start = 0, end = 0; start < accepted.length; start = end) {
    end = start + 1;
    if (accepted[start] === REJECTED) continue;
    const day = dayOf(timestamps[start]);
    while (end < accepted.length && accepted[end] !== REJECTED && dayOf(timestamps[end]) === day) end++;
    run(day, start, end);
  }
}

/** The columns of one record. Values move as words, so that a NaN keeps its bits. */
function gather(
  batch: SampleBatch,
  series: Int32Array,
  indices: Int32Array,
  dictionary: DayDictionary,
): LogColumns {
  const count = indices.length;
  const references = new Int32Array(count);
  const timestamps = new Float64Array(count);
  const values = new Float64Array(count);
  const from = new Uint32Array(batch.values.buffer, batch.values.byteOffset, batch.sampleCount * 2);
  const to = new Uint32Array(values.buffer);
  for (let at = 0; at < count; at++) {
    const index = indices[at];
    references[at] = dictionary.reference(series[index]);
    timestamps[at] = batch.timestamps[index];
    to[at * 2] = from[index * 2];
    to[at * 2 + 1] = from[index * 2 + 1];
  }
  return { count, references, timestamps, values };
}

function timeReason(time: number, nowMs: number, newest: number): string {
  const now = `now=${nowMs}`;
  if (Math.abs(time) > MAX_TIMESTAMP_MS) return `timestamp ${time} is no time in ms ${now}`;
  if (time > newest)
    return `timestamp ${time} is in the future, at most ${newest - nowMs} ms ahead is taken ${now}`;
  return `timestamp ${time} is older than retention ${now}`;
}
