/**
 * A writer: what a warm process knows of one tenant, and how it stores a batch. In this order, since an answer means that
 * a reader finds everything: series items, dictionary, log record.
 */
import type { Limits } from "../model/limits.ts";
import { Rejections } from "../model/rejections.ts";
import type { AppendResult, SampleBatch } from "../model/sample-batch.ts";
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

/** The accepted samples of one day, in the order of arrival. */
interface DaySamples {
  readonly day: number;
  /** Each sample's series number. */
  readonly series: Int32Array;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
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

  /** See `Appender`. */
  async append(table: Table, batch: SampleBatch): Promise<AppendResult> {
    const rejections = new Rejections();
    const series = this.#accept(batch, rejections);
    let storedSamples = 0;
    for (const samples of splitByDay(batch, series)) {
      const dictionary = this.#dictionary(samples.day);
      await register(table, dictionary, samples);
      await table.putAll(this.#records(dictionary, samples));
      storedSamples += samples.series.length;
    }
    return { storedSamples, rejections };
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

  #records(dictionary: DayDictionary, samples: DaySamples): Item[] {
    const { tenant, retentionMs } = this.#options;
    const { writer } = dictionary;
    const references = samples.series.map((series) => dictionary.reference(series));
    const columns: LogColumns = { ...samples, references, count: references.length };
    const receivedMs = this.#receiveTime();
    const items: Item[] = [];
    for (let start = 0; start < columns.count; start += MAX_RECORD_SAMPLES) {
      const end = Math.min(start + MAX_RECORD_SAMPLES, columns.count);
      const key = logKey(tenant, samples.day, SHARD, { receivedMs, writer, sequence: this.#sequence++ });
      items.push({
        ...key,
        value: encodeLogRecord(columns, start, end),
        ...expiry(samples.day, retentionMs),
      });
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

async function register(table: Table, dictionary: DayDictionary, samples: DaySamples): Promise<void> {
  const missing = samples.series.filter((series) => dictionary.reference(series) < 0);
  if (missing.length > 0) await dictionary.register(table, missing);
}

/** Lays out by day what `accepted` (series numbers) lets through: nearly always all of a batch, of one day. */
function splitByDay(batch: SampleBatch, accepted: Int32Array): DaySamples[] {
  const days = new Map<number, number[]>();
  let day = Number.NaN;
  let indices: number[] = [];
  for (let i = 0; i < accepted.length; i++) {
    if (accepted[i] === REJECTED) continue;
    const sampleDay = dayOf(batch.timestamps[i]);
    if (sampleDay !== day) {
      day = sampleDay;
      indices = days.get(day) ?? [];
      days.set(day, indices);
    }
    indices.push(i);
  }
  return [...days].map(([d, sampleIndices]) => gather(batch, accepted, d, sampleIndices));
}

/** Values move as words, so that a NaN keeps its bits. */
function gather(
  batch: SampleBatch,
  accepted: Int32Array,
  day: number,
  indices: readonly number[],
): DaySamples {
  const count = indices.length;
  const [series, timestamps, values] = [
    new Int32Array(count),
    new Float64Array(count),
    new Float64Array(count),
  ];
  const from = new Uint32Array(batch.values.buffer, batch.values.byteOffset, batch.sampleCount * 2);
  const to = new Uint32Array(values.buffer);
  for (let at = 0; at < count; at++) {
    const index = indices[at];
    series[at] = accepted[index];
    timestamps[at] = batch.timestamps[index];
    to[at * 2] = from[index * 2];
    to[at * 2 + 1] = from[index * 2 + 1];
  }
  return { day, series, timestamps, values };
}

function timeReason(time: number, nowMs: number, newest: number): string {
  const now = `now=${nowMs}`;
  if (Math.abs(time) > MAX_TIMESTAMP_MS) return `timestamp ${time} is no time in ms ${now}`;
  if (time > newest)
    return `timestamp ${time} is in the future, at most ${newest - nowMs} ms ahead is taken ${now}`;
  return `timestamp ${time} is older than retention ${now}`;
}
