/**
 * What a query holds in memory: samples, and bytes of series and labels beside them. An operator's
 * input is released when its output is complete.
 */
import { type Deadline, NO_DEADLINE } from "../../model/deadline.ts";
import { CostLimitError, HearthError } from "../../model/errors.ts";
import type { LabelSet } from "../../model/labels.ts";

/** Bytes of all series that a query holds at any time, without samples: their columns, objects and labels. */
export const MAX_SERIES_BYTES = 384 * 1024 * 1024;

/** The columns and objects of a series without samples. */
const SERIES_BYTES = 500;
/** Bytes that take as long as a step of the deadline, about. */
const BYTES_PER_STEP = 16;

/** What a series takes beside its samples. */
export function seriesBytes(labels: LabelSet): number {
  let length = 0;
  for (const [name, value] of labels) length += name.length + value.length;
  return SERIES_BYTES + length;
}

export class Budget {
  readonly #maxSamples: number;
  readonly #maxSeriesBytes: number;
  readonly #deadline: Deadline;
  readonly #maxSamplesRead: number;
  #samplesRead = 0;
  #samples = 0;
  #seriesBytes = 0;
  #peak = 0;

  /** What takes memory takes time: it counts against the deadline. */
  constructor(
    maxSamples: number,
    deadline: Deadline = NO_DEADLINE,
    maxSeriesBytes = MAX_SERIES_BYTES,
    maxSamplesRead = Number.POSITIVE_INFINITY,
  ) {
    this.#maxSamplesRead = maxSamplesRead;
    this.#maxSamples = maxSamples;
    this.#maxSeriesBytes = maxSeriesBytes;
    this.#deadline = deadline;
  }

  get samples(): number {
    return this.#samples;
  }

  get seriesBytes(): number {
    return this.#seriesBytes;
  }

  /** The most samples at any time. */
  get peak(): number {
    return this.#peak;
  }

  /** Throws "too large", naming the limit, or "timed out". */
  take(samples: number, seriesBytes = 0): void {
    this.#samples += samples;
    this.#seriesBytes += seriesBytes;
    if (this.#samples > this.#peak) this.#peak = this.#samples;
    this.#deadline.spend(samples + seriesBytes / BYTES_PER_STEP);
    if (this.#samples > this.#maxSamples) {
      throw new HearthError(
        "too large",
        `query processing would load too many samples into memory in query execution: more than ${this.#maxSamples}; add matchers, shorten its range or widen its step limit=maxSamples`,
      );
    }
    if (this.#seriesBytes > this.#maxSeriesBytes) {
      throw new HearthError(
        "too large",
        `query would hold series and labels of more than ${this.#maxSeriesBytes} bytes in memory; add matchers or use fewer operators limit=maxSeriesBytes`,
      );
    }
  }

  /** Counts stored samples when an operator first looks at them. Throws "too large" past the request's limit. */
  countRead(samples: number): void {
    this.#samplesRead += samples;
    if (this.#samplesRead > this.#maxSamplesRead)
      throw new CostLimitError(
        `query would read too many samples in query execution: more than ${this.#maxSamplesRead}; raise max_samples_read or shorten its range`,
      );
  }

  /** Gives back samples that are not kept. */
  release(samples: number): void {
    this.#samples -= samples;
  }

  /** Returns to an earlier amount. */
  resetTo(samples: number, seriesBytes: number): void {
    this.#samples = samples;
    this.#seriesBytes = seriesBytes;
  }
}
