/**
 * Builds a `WriteBatch` series by series, for protocols whose body does not contain encoded labels.
 * Keeps its memory from request to request.
 */

import { checkHistogram } from "../histogram/check.ts";
import { reduceToSupported } from "../histogram/resolution.ts";
import { HearthError } from "../model/errors.ts";
import type { Label } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import { MAX_REASONS, MAX_SERIES_LABELS, Rejections } from "../model/rejections.ts";
import type { ExemplarSample, HistogramSample, MetadataColumns, WriteBatch } from "../model/sample-batch.ts";
import { checkExemplarLabels } from "./exemplar-rules.ts";
import type { HistogramMessage } from "./histogram-message.ts";
import { decodeArenaLabels, LabelArena } from "./label-arena.ts";

const INITIAL_SERIES = 2048;

/** Limits of one request. */
export type RequestLimits = Pick<
  Limits,
  | "maxRequestSeries"
  | "maxRequestSamples"
  | "maxRequestHistograms"
  | "maxRequestBuckets"
  | "maxRequestExemplars"
  | "maxRequestSymbols"
  | "maxRequestLabelBytes"
  | "maxLabelsPerSeries"
  | "maxLabelSetBytes"
  | "maxMetricNameBytes"
>;

export class BatchBuilder {
  readonly limits: RequestLimits;
  readonly arena: LabelArena;
  rejections = new Rejections();
  #seriesCount = 0;
  #labelStarts = new Int32Array(INITIAL_SERIES);
  #labelEnds = new Int32Array(INITIAL_SERIES);
  #sampleCount = 0;
  #sampleSeries = new Int32Array(INITIAL_SERIES);
  #timestamps = new Float64Array(INITIAL_SERIES);
  #startTimestamps = new Float64Array(INITIAL_SERIES);
  #hasStartTimestamps = false;
  #values = new Float64Array(INITIAL_SERIES);
  #valueWords = new Uint32Array(this.#values.buffer);
  #histograms: HistogramSample[] = [];
  #exemplars: ExemplarSample[] = [];
  #droppedExemplars = 0;

  constructor(limits: RequestLimits) {
    this.limits = limits;
    this.arena = new LabelArena(limits.maxRequestLabelBytes);
  }

  /** Clears everything for the next request. */
  reset(): void {
    this.arena.truncate(0);
    this.rejections = new Rejections();
    this.#seriesCount = 0;
    this.#sampleCount = 0;
    this.#hasStartTimestamps = false;
    this.#histograms = [];
    this.#exemplars = [];
    this.#droppedExemplars = 0;
  }

  get sampleCount(): number {
    return this.#sampleCount;
  }

  get histogramCount(): number {
    return this.#histograms.length;
  }

  /** Adds a series whose labels the arena holds from `labelStart` to its end. Samples added next belong to it. */
  addSeries(labelStart: number): number {
    const index = this.#seriesCount++;
    if (index >= this.limits.maxRequestSeries) throw tooMany("series", this.limits.maxRequestSeries);
    if (index === this.#labelStarts.length) {
      this.#labelStarts = new Int32Array(this.#labelStarts.buffer.transfer(index * 8));
      this.#labelEnds = new Int32Array(this.#labelEnds.buffer.transfer(index * 8));
    }
    this.#labelStarts[index] = labelStart;
    this.#labelEnds[index] = this.arena.length;
    return index;
  }

  /** Adds a sample of the latest series. The value comes as two 32-bit words; a start timestamp of 0 means none. */
  addSample(timestamp: number, startTimestamp: number, high: number, low: number): void {
    const index = this.#sampleCount++;
    if (index >= this.limits.maxRequestSamples) throw tooMany("samples", this.limits.maxRequestSamples);
    if (index === this.#timestamps.length) this.#growSamples();
    this.#sampleSeries[index] = this.#seriesCount - 1;
    this.#timestamps[index] = timestamp;
    this.#startTimestamps[index] = startTimestamp;
    this.#valueWords[2 * index] = low;
    this.#valueWords[2 * index + 1] = high;
    if (startTimestamp !== 0) this.#hasStartTimestamps = true;
  }

  /** Adds a histogram to the latest series, or returns why it was refused. */
  addHistogram(message: HistogramMessage): string | undefined {
    const { histogram, timestamp, startTimestamp } = message;
    if (message.wrongTime !== undefined) return message.wrongTime;
    const wrong = checkHistogram(histogram);
    if (wrong !== undefined) return `histogram at ${timestamp}: ${wrong}`;
    const { maxRequestHistograms } = this.limits;
    if (this.#histograms.length >= maxRequestHistograms) throw tooMany("histograms", maxRequestHistograms);
    const series = this.#seriesCount - 1;
    this.#histograms.push({ series, timestamp, startTimestamp, histogram: reduceToSupported(histogram) });
    return undefined;
  }

  /** Whether there is room for another exemplar. */
  get takesExemplars(): boolean {
    return this.#exemplars.length < this.limits.maxRequestExemplars;
  }

  /** Adds an exemplar to the latest series, or drops and counts it. As in Prometheus, a dropped one refuses nothing. */
  addExemplar(timestamp: number, value: number, labels: readonly Label[]): void {
    if (!this.takesExemplars || checkExemplarLabels(labels) !== undefined) this.dropExemplar();
    else this.#exemplars.push({ series: this.#seriesCount - 1, timestamp, value, labels });
  }

  dropExemplar(): void {
    this.#droppedExemplars++;
  }

  /** Counts a refusal for the latest series. `labels`: its labels if the arena does not hold them. */
  reject(reason: string, labels = () => this.#readableLabels(this.#seriesCount - 1)): void {
    this.rejections.add(labels, reason);
  }

  /** Counts a refused sample of the latest series. Calls `reason` only while reasons are kept. */
  rejectTime(reason: () => string): void {
    if (this.rejections.reasons.length < MAX_REASONS) this.reject(reason());
    else this.rejections.addUnnamed(1);
  }

  /** Returns the labels of a series. Throws "invalid" if they are not UTF-8. */
  labels(series: number): Label[] {
    return decodeArenaLabels(this.arena.bytes, this.#labelStarts[series], this.#labelEnds[series]);
  }

  /** Sets the start timestamp of samples and histograms from these indices on that have none. */
  fillStartTimestamps(firstSample: number, firstHistogram: number, startTimestamp: number): void {
    for (let i = firstSample; i < this.#sampleCount; i++) {
      if (this.#startTimestamps[i] === 0) this.#startTimestamps[i] = startTimestamp;
      this.#hasStartTimestamps = true;
    }
    for (let i = firstHistogram; i < this.#histograms.length; i++) {
      const one = this.#histograms[i];
      if (one.startTimestamp === 0) this.#histograms[i] = { ...one, startTimestamp };
    }
  }

  /** Returns the batch: views that are valid until the next `reset`. */
  batch(metadata: MetadataColumns): WriteBatch {
    return {
      bytes: this.arena.bytes,
      seriesCount: this.#seriesCount,
      labelStarts: this.#labelStarts,
      labelEnds: this.#labelEnds,
      sampleCount: this.#sampleCount,
      sampleSeries: this.#sampleSeries,
      timestamps: this.#timestamps,
      values: this.#values,
      decodeLabels: decodeArenaLabels,
      startTimestamps: this.#hasStartTimestamps ? this.#startTimestamps : undefined,
      histograms: this.#histograms,
      exemplars: this.#exemplars,
      metadata,
      rejections: this.rejections,
      droppedExemplars: this.#droppedExemplars,
    };
  }

  #readableLabels(series: number): Label[] | undefined {
    const [start, end] = [this.#labelStarts[series], this.#labelEnds[series]];
    try {
      return decodeArenaLabels(this.arena.bytes, start, end, MAX_SERIES_LABELS, true);
    } catch {
      return undefined;
    }
  }

  #growSamples(): void {
    const bytes = this.#timestamps.length * 16;
    this.#sampleSeries = new Int32Array(this.#sampleSeries.buffer.transfer(bytes / 2));
    this.#timestamps = new Float64Array(this.#timestamps.buffer.transfer(bytes));
    this.#startTimestamps = new Float64Array(this.#startTimestamps.buffer.transfer(bytes));
    this.#values = new Float64Array(this.#values.buffer.transfer(bytes));
    this.#valueWords = new Uint32Array(this.#values.buffer);
  }
}

/** Makes the error of a request with more than `limit` of something. */
export function tooMany(what: string, limit: number): HearthError {
  return new HearthError(
    "too large",
    `write request: more than ${limit} ${what}; send fewer a request (max_samples_per_send)`,
  );
}
