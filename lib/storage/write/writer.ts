/**
 * A writer: what a warm process knows of one tenant, and how it stores a batch. In this order, since an answer means that
 * a reader finds everything: series records, dictionary, log record.
 */
import type { Histogram } from "../../model/histogram.ts";
import type { Limits } from "../../model/limits.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { Rejections } from "../../model/rejections.ts";
import type { AppendBatch, MetadataColumns, SampleBatch } from "../../model/sample-batch.ts";
import { type Clock, MAX_TIMESTAMP_MS } from "../../model/time.ts";
import { encodeHistogram, MAX_HISTOGRAM_BYTES } from "../codec/histogram-bytes.ts";
import { ExemplarWriter } from "../exemplars/exemplar-writer.ts";
import { dayOf } from "../layout/keys.ts";
import { oldestKept, type RetentionMs } from "../layout/retention.ts";
import type { BitsOf } from "../layout/shard.ts";
import { MetadataWriter } from "../metadata/metadata-writer.ts";
import type { SeriesHash } from "../series/series-hash.ts";
import { REJECTED, SeriesRegistry } from "../series/series-registry.ts";
import type { Table } from "../table/table.ts";
import type { Accepted, AcceptedFloats, AcceptedHistograms } from "./accepted.ts";
import { DayWriter } from "./day-writer.ts";
import { ReceiveClock } from "./receive-clock.ts";

export interface WriterOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly limits: Limits;
  readonly retentionMs: RetentionMs;
  readonly hash: SeriesHash;
  readonly shardBits: BitsOf;
}

/** Days that stay open in memory; one that is needed again later is opened under new ids. */
const MAX_OPEN_DAYS = 64;

const NO_BYTES = new Uint8Array(0);
const NO_INDICES = new Int32Array(0);
const NO_HISTOGRAMS: AcceptedHistograms = {
  series: new Int32Array(0),
  timestamps: new Float64Array(0),
  startTimestamps: undefined,
  encoded: [],
};

/** How much of a batch is durable. */
export interface StoredCounts {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

export class Writer {
  readonly #options: WriterOptions;
  readonly #registry: SeriesRegistry;
  /** In the order of last use. */
  readonly #days = new Map<number, DayWriter>();
  readonly #receiveClock: ReceiveClock;
  readonly #metadata: MetadataWriter;
  readonly #exemplars: ExemplarWriter;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#metadata = new MetadataWriter(options);
    this.#exemplars = new ExemplarWriter({ ...options, maxFutureMs: options.limits.maxFutureMs });
    this.#registry = new SeriesRegistry(options.limits, options.hash, options.randomBytes);
    this.#receiveClock = new ReceiveClock(options.clock);
  }

  get retentionMs(): RetentionMs {
    return this.#options.retentionMs;
  }

  /** What it holds in memory, about. */
  get sizeBytes(): number {
    let total = this.#registry.sizeBytes + this.#metadata.sizeBytes;
    for (const day of this.#days.values()) total += day.sizeBytes;
    return total;
  }

  /** Stores a batch, of which it refuses samples to `rejections`. See `Appender`. */
  async append(table: Table, batch: AppendBatch, rejections: Rejections): Promise<StoredCounts> {
    const stored = { samples: 0, histograms: 0, exemplars: 0 };
    const floats = this.#acceptFloats(batch, rejections);
    const histograms = this.#acceptHistograms(batch, rejections);
    const floatDays = splitByDay(floats);
    const histogramDays = splitByDay(histograms);
    for (const day of new Set([...floatDays.keys(), ...histogramDays.keys()])) {
      const indices = floatDays.get(day) ?? NO_INDICES;
      const histogramIndices = histogramDays.get(day) ?? NO_INDICES;
      await this.#day(day).append(
        table,
        { ...floats, indices },
        { ...histograms, indices: histogramIndices },
      );
      stored.samples += indices.length;
      stored.histograms += histogramIndices.length;
    }
    stored.exemplars = await this.#appendExemplars(table, batch, rejections);
    return stored;
  }

  /** Stores what a request says of metrics; answers of how many it was new. Throws "unavailable". */
  appendMetadata(table: Table, metadata: MetadataColumns, rejections: Rejections): Promise<number> {
    return this.#metadata.append(table, metadata, rejections);
  }

  async #appendExemplars(table: Table, batch: AppendBatch, rejections: Rejections): Promise<number> {
    const { exemplars = [] } = batch;
    if (exemplars.length === 0) return 0;
    const told = new Set(batch.sampleSeries);
    for (const { series } of batch.histograms ?? []) told.add(series);
    // Exemplars of a series come together: its labels, which may be large, are looked at once.
    let [previous, series] = [-1, REJECTED];
    const resolve = (index: number) => {
      if (index === previous) return series;
      // What is wrong with a series that has samples too has been said.
      series = this.#registry.resolve(batch, index, told.has(index) ? new Rejections() : rejections);
      previous = index;
      return series;
    };
    return this.#exemplars.append(table, exemplars, {
      resolve,
      labels: (series) => this.#registry.labels(series),
    });
  }

  #acceptFloats(batch: AppendBatch, rejections: Rejections): AcceptedFloats {
    const { sampleCount, sampleSeries, timestamps, values, startTimestamps } = batch;
    const times = timestamps.subarray(0, sampleCount);
    const series = this.#accept(batch, sampleSeries, times, rejections);
    return { series, timestamps: times, values, startTimestamps };
  }

  /** Encoded at once: how large one is decides whether it can be stored. */
  #acceptHistograms(batch: AppendBatch, rejections: Rejections): AcceptedHistograms {
    const { histograms = [] } = batch;
    if (histograms.length === 0) return NO_HISTOGRAMS;
    const timestamps = Float64Array.from(histograms, ({ timestamp }) => timestamp);
    const series = this.#accept(
      batch,
      Int32Array.from(histograms, (one) => one.series),
      timestamps,
      rejections,
    );
    const encoded = histograms.map(({ histogram }, i) => {
      if (series[i] === REJECTED) return NO_BYTES;
      const bytes = encodeHistogram(withoutPast(histogram));
      if (bytes.length <= MAX_HISTOGRAM_BYTES) return bytes;
      const known = series[i];
      const reason = `a histogram of ${bytes.length} bytes, at most ${MAX_HISTOGRAM_BYTES} are stored`;
      rejections.add("too large", () => this.#registry.labels(known), reason);
      series[i] = REJECTED;
      return NO_BYTES;
    });
    const startTimestamps = Float64Array.from(histograms, (one) => one.startTimestamp);
    return { series, timestamps, startTimestamps, encoded };
  }

  /**
   * The series number of each sample, whose series of the batch and times are given; REJECTED where its labels or its time
   * are not acceptable.
   */
  #accept(
    batch: SampleBatch,
    seriesOf: Int32Array,
    timestamps: Float64Array,
    rejections: Rejections,
  ): Int32Array {
    const { clock, limits, retentionMs } = this.#options;
    const nowMs = clock();
    const newest = nowMs + limits.maxFutureMs;
    const oldest = Math.max(oldestKept(nowMs, retentionMs), -MAX_TIMESTAMP_MS);
    const accepted = new Int32Array(timestamps.length);
    let previous = -1;
    let series = REJECTED;
    for (let i = 0; i < timestamps.length; i++) {
      const index = seriesOf[i];
      if (index !== previous) series = this.#registry.resolve(batch, index, rejections);
      previous = index;
      const time = timestamps[i];
      accepted[i] = series;
      if (series === REJECTED || (time <= newest && time >= oldest)) continue;
      accepted[i] = REJECTED;
      const known = series;
      rejections.add("invalid", () => this.#registry.labels(known), timeReason(time, nowMs, newest));
    }
    return accepted;
  }

  #day(day: number): DayWriter {
    const { tenant, retentionMs } = this.#options;
    const place = { tenant, day, retentionMs };
    const found =
      this.#days.get(day) ?? new DayWriter(place, this.#registry, this.#receiveClock, this.#options);
    this.#days.delete(day);
    this.#days.set(day, found);
    if (this.#days.size > MAX_OPEN_DAYS) {
      const [oldest] = this.#days.keys();
      this.#days.delete(oldest);
    }
    return found;
  }
}

/** A sender's word that nothing was reset since its sample before is no word about what will stand before it here. */
function withoutPast(histogram: Histogram): Histogram {
  return histogram.counterResetHint === "not reset"
    ? { ...histogram, counterResetHint: "unknown" }
    : histogram;
}

/**
 * Where the accepted samples of each day are, in the order of arrival: nearly always all of a batch, of one day. In four bytes
 * a sample, since a request of the most samples that are taken already fills half of the function's memory.
 */
function splitByDay(accepted: Accepted): Map<number, Int32Array> {
  const counts = new Map<number, number>();
  forEachRun(accepted, (day, start, end) => {
    counts.set(day, (counts.get(day) ?? 0) + end - start);
  });
  const filled = new Map<number, number>();
  const days = new Map([...counts].map(([day, count]) => [day, new Int32Array(count)]));
  forEachRun(accepted, (day, start, end) => {
    const indices = days.get(day) as Int32Array;
    let at = filled.get(day) ?? 0;
    for (let i = start; i < end; i++) indices[at++] = i;
    filled.set(day, at);
  });
  return days;
}

/** Calls `run` for each unbroken run `start..end` of accepted samples of one day. */
function forEachRun(
  { series, timestamps }: Accepted,
  run: (day: number, start: number, end: number) => void,
): void {
  for (let start = 0, end = 0; start < series.length; start = end) {
    end = start + 1;
    if (series[start] === REJECTED) continue;
    const day = dayOf(timestamps[start]);
    while (end < series.length && series[end] !== REJECTED && dayOf(timestamps[end]) === day) end++;
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
