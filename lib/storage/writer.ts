/**
 * A writer: what a warm process knows of one tenant, and how it stores a batch. In this order, since an answer means that
 * a reader finds everything: series records, dictionary, log record.
 */
import type { Limits } from "../model/limits.ts";
import type { Rejections } from "../model/rejections.ts";
import type { SampleBatch } from "../model/sample-batch.ts";
import { type Clock, MAX_TIMESTAMP_MS } from "../model/time.ts";
import { DayWriter } from "./day-writer.ts";
import { dayOf } from "./keys.ts";
import { ReceiveClock } from "./receive-clock.ts";
import { oldestKept, type RetentionMs } from "./retention.ts";
import type { SeriesHash } from "./series-hash.ts";
import { REJECTED, SeriesRegistry } from "./series-registry.ts";
import type { BitsOf } from "./shard.ts";
import type { Table } from "./table.ts";

export interface WriterOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly retentionMs: RetentionMs;
  readonly hash: SeriesHash;
  readonly shardBits: BitsOf;
}

/** Days that stay open in memory; one that is needed again later is opened under new ids. */
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
  readonly #days = new Map<number, DayWriter>();
  readonly #receiveClock: ReceiveClock;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#registry = new SeriesRegistry(options.limits, options.hash);
    this.#receiveClock = new ReceiveClock(options.clock);
  }

  get retentionMs(): RetentionMs {
    return this.#options.retentionMs;
  }

  /** What it holds in memory, about. */
  get sizeBytes(): number {
    let total = this.#registry.sizeBytes;
    for (const day of this.#days.values()) total += day.sizeBytes;
    return total;
  }

  /** Stores a batch, of which it refuses samples to `rejections`. See `Appender`. */
  async append(table: Table, batch: SampleBatch, rejections: Rejections): Promise<number> {
    const series = this.#accept(batch, rejections);
    let storedSamples = 0;
    for (const { day, indices } of splitByDay(batch, series)) {
      await this.#day(day).append(table, batch, series, indices);
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

  #day(day: number): DayWriter {
    const { tenant, retentionMs, shardBits } = this.#options;
    const place = { tenant, day, retentionMs };
    const found = this.#days.get(day) ?? new DayWriter(place, this.#registry, this.#receiveClock, shardBits);
    this.#days.delete(day);
    this.#days.set(day, found);
    if (this.#days.size > MAX_OPEN_DAYS) {
      const [oldest] = this.#days.keys();
      this.#days.delete(oldest);
    }
    return found;
  }
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

function timeReason(time: number, nowMs: number, newest: number): string {
  const now = `now=${nowMs}`;
  if (Math.abs(time) > MAX_TIMESTAMP_MS) return `timestamp ${time} is no time in ms ${now}`;
  if (time > newest)
    return `timestamp ${time} is in the future, at most ${newest - nowMs} ms ahead is taken ${now}`;
  return `timestamp ${time} is older than retention ${now}`;
}
