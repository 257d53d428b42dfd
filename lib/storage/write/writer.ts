/** How a process stores the batches of one tenant: day by day, and what else comes with samples. */
import type { Limits } from "../../model/limits.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { Rejections } from "../../model/rejections.ts";
import type { AppendBatch, MetadataColumns } from "../../model/sample-batch.ts";
import { type Clock, MAX_TIMESTAMP_MS } from "../../model/time.ts";
import { ExemplarWriter } from "../exemplars/exemplar-writer.ts";
import { oldestKept, type RetentionMs } from "../layout/retention.ts";
import type { SeriesGate } from "../limits/series-gate.ts";
import { MetadataWriter } from "../metadata/metadata-writer.ts";
import { BatchSeries } from "../series/batch-series.ts";
import { HASH_WORDS } from "../series/hash-index.ts";
import { REJECTED, type SeriesRegistry } from "../series/series-registry.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Table } from "../table/table.ts";
import { type AcceptedTimes, acceptFloats, acceptHistograms } from "./accept-batch.ts";
import type { Accepted, AcceptedFloats, AcceptedHistograms, Chosen } from "./accepted.ts";
import type { BatchSlice } from "./batch-slices.ts";
import type { HourDays } from "./hour-days.ts";
import type { OpenDays } from "./open-days.ts";
import { countRefused, type RefusedSeries, withoutRefused } from "./refuse-series.ts";
import { splitByDay } from "./split-days.ts";

/** Days of a request that are stored at once. */
const DAY_CONCURRENCY = 8;
const NO_INDICES = new Int32Array(0);

export interface WriterOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly limits: Limits;
  readonly retentionMs: RetentionMs;
  readonly days: OpenDays;
  readonly hourDays: HourDays;
  /** Exemplars that are stored a second and at once; default: those of every tenant. */
  readonly exemplarsPerSecond?: number | undefined;
}

/** How much of a batch is durable. */
export interface StoredCounts {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

export class Writer {
  readonly #options: WriterOptions;
  readonly #metadata: MetadataWriter;
  readonly #exemplars: ExemplarWriter;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#metadata = new MetadataWriter(options);
    this.#exemplars = new ExemplarWriter({ ...options, maxFutureMs: options.limits.maxFutureMs });
  }

  /** Whether it was made with these options. */
  isOf({ retentionMs, limits, exemplarsPerSecond }: Omit<WriterOptions, "days" | "hourDays">): boolean {
    const own = this.#options;
    return (
      own.retentionMs === retentionMs &&
      own.limits === limits &&
      own.exemplarsPerSecond === exemplarsPerSecond
    );
  }

  /** What it holds in memory beside its days, about. */
  get sizeBytes(): number {
    return this.#metadata.sizeBytes;
  }

  /** The times that samples of a request may have which arrives now. */
  newTimes(): AcceptedTimes {
    const { clock, limits, retentionMs, tenant } = this.#options;
    const nowMs = clock();
    return {
      nowMs,
      newest: nowMs + limits.maxFutureMs,
      oldest: Math.max(oldestKept(nowMs, retentionMs), -MAX_TIMESTAMP_MS),
      days: new Set(),
      maxDays: limits.maxRequestDays,
      hourDays: this.#options.hourDays.of(tenant),
      maxHourDays: limits.maxHourDays,
    };
  }

  /**
   * Stores a slice of a batch, of which it refuses samples to `rejections`. `times`: of its request. See
   * `Appender`.
   */
  async append(
    table: Table,
    { batch, first, count }: BatchSlice,
    registry: SeriesRegistry,
    times: AcceptedTimes,
    rejections: Rejections,
    gate?: SeriesGate,
  ): Promise<StoredCounts> {
    const { limits } = this.#options;
    const series = new BatchSeries(batch, first, count, registry, limits);
    try {
      return await this.#append(table, batch, series, times, rejections, gate);
    } finally {
      series.release();
    }
  }

  async #append(
    table: Table,
    batch: AppendBatch,
    series: BatchSeries,
    times: AcceptedTimes,
    rejections: Rejections,
    gate: SeriesGate | undefined,
  ): Promise<StoredCounts> {
    const floats = acceptFloats(batch, series, times, rejections);
    const histograms = acceptHistograms(batch, series, times, rejections);
    const floatDays = splitByDay(floats);
    const histogramDays = splitByDay(histograms);
    const stored = { samples: 0, histograms: 0, exemplars: 0 };
    const appendDay = async (day: number) => {
      const ofDay = { ...floats, indices: floatDays.get(day) ?? NO_INDICES };
      const histogramsOfDay = { ...histograms, indices: histogramDays.get(day) ?? NO_INDICES };
      const ofGate = await this.#appendDay(table, day, series, ofDay, histogramsOfDay, rejections, gate);
      stored.samples += ofGate.samples;
      stored.histograms += ofGate.histograms;
    };
    if (floatDays.size === 1 && histogramDays.size === 0) await appendDay(floatDays.keys().next().value!);
    else {
      // The days after the first look their series up when others had their turn.
      series.keepHashes();
      const touched = new Set([...floatDays.keys(), ...histogramDays.keys()]);
      await forEachBounded([...touched], DAY_CONCURRENCY, appendDay);
    }
    stored.exemplars = await this.#appendExemplars(table, batch, series, rejections);
    return stored;
  }

  /** Stores the samples of one day, less those that a limit refuses. Returns how many. */
  async #appendDay(
    table: Table,
    day: number,
    series: BatchSeries,
    floats: Chosen<AcceptedFloats>,
    histograms: Chosen<AcceptedHistograms>,
    rejections: Rejections,
    gate: SeriesGate | undefined,
  ): Promise<{ samples: number; histograms: number }> {
    const { tenant, retentionMs, days } = this.#options;
    return days.use({ tenant, day, retentionMs }, async (writer) => {
      if (gate !== undefined) {
        series.keepHashes();
        const refused = await writer.findRefused(table, series, floats, histograms, gate);
        for (const one of [floats, histograms]) reject(one, refused, series, rejections);
        floats = withoutRefused(floats, refused);
        histograms = withoutRefused(histograms, refused);
        noteActive(gate, series, floats, histograms);
      }
      const counts = { samples: floats.indices.length, histograms: histograms.indices.length };
      if (counts.samples + counts.histograms > 0) await writer.append(table, series, floats, histograms);
      return counts;
    });
  }

  /** Stores what a request says of metrics; answers of how many it was new. Throws "unavailable". */
  appendMetadata(table: Table, metadata: MetadataColumns, rejections: Rejections): Promise<number> {
    return this.#metadata.append(table, metadata, rejections);
  }

  async #appendExemplars(
    table: Table,
    batch: AppendBatch,
    series: BatchSeries,
    rejections: Rejections,
  ): Promise<number> {
    const { exemplars = [] } = batch;
    if (exemplars.length === 0) return 0;
    const reported = new Set(batch.sampleSeries.subarray(0, batch.sampleCount));
    for (const { series: index } of batch.histograms ?? []) reported.add(index);
    // Exemplars of a series come together: its labels, which may be large, are looked at once.
    let [previous, number] = [-1, REJECTED];
    const resolve = (index: number) => {
      if (index === previous) return number;
      // What is wrong with a series that has samples too has been reported.
      number = series.resolve(index, reported.has(index) ? new Rejections() : rejections);
      previous = index;
      return number;
    };
    return this.#exemplars.append(table, exemplars, { resolve, labels: (one) => series.labels(one) });
  }
}

/** Names the series that a limit refused, and counts their samples. */
function reject(
  chosen: Chosen<Accepted>,
  refused: RefusedSeries,
  series: BatchSeries,
  rejections: Rejections,
): void {
  if (refused.size === 0) return;
  for (const [number, samples] of countRefused(chosen, refused)) {
    rejections.add(() => series.labels(number), refused.get(number)!);
    rejections.addUnnamed(samples - 1);
  }
}

function noteActive(gate: SeriesGate, series: BatchSeries, ...all: readonly Chosen<Accepted>[]): void {
  if (gate.limits.activeSeries === undefined) return;
  let previous = REJECTED;
  for (const { series: numbers, indices } of all)
    for (const index of indices) {
      const number = numbers[index];
      if (number !== previous) gate.noteActive(series.hashes, number * HASH_WORDS);
      previous = number;
    }
}
