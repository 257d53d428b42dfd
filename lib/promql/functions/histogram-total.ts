/** Sums and means of native histograms, added one after the other. */

import { divideHistogram, hasOverflow } from "../../histogram/float-histogram.ts";
import { addToSum, type HistogramSum, isCompatible, scaleSum, startSum, sumOf } from "../../histogram/sum.ts";
import type { Histogram } from "../../model/histogram.ts";

/** Annotations to report at the end. */
export interface HistogramNotes {
  sawReset: boolean;
  sawNoReset: boolean;
  boundsReconciled: boolean;
}

function newNotes(): HistogramNotes {
  return { sawReset: false, sawNoReset: false, boundsReconciled: false };
}

function noteHint(notes: HistogramNotes, { counterResetHint }: Histogram): void {
  if (counterResetHint === "reset") notes.sawReset = true;
  else if (counterResetHint === "not reset") notes.sawNoReset = true;
}

export class HistogramTotal {
  readonly notes = newNotes();
  #sum: HistogramSum | undefined;

  /** Returns false for an incompatible histogram: exponential and custom buckets do not mix. */
  add(histogram: Histogram): boolean {
    noteHint(this.notes, histogram);
    if (this.#sum === undefined) {
      this.#sum = startSum(histogram);
      return true;
    }
    if (!isCompatible(this.#sum, histogram)) return false;
    if (addToSum(this.#sum, histogram).boundsReconciled) this.notes.boundsReconciled = true;
    return true;
  }

  /** Needs at least one histogram. */
  result(): Histogram {
    return sumOf(this.#sum!);
  }
}

/** The sum divided by the count. A sum that would overflow continues as a mean. */
export class HistogramMean {
  readonly notes = newNotes();
  #count = 0;
  #sum: HistogramSum | undefined;
  #isMean = false;

  /** Returns false for an incompatible histogram. */
  add(histogram: Histogram): boolean {
    noteHint(this.notes, histogram);
    this.#count++;
    if (this.#sum === undefined) {
      this.#sum = startSum(histogram);
      return true;
    }
    if (!isCompatible(this.#sum, histogram)) return false;
    if (!this.#isMean && !this.#addOrTurn(histogram)) return true;
    if (this.#isMean) this.#addToMean(histogram);
    return true;
  }

  /** Adds to the sum. On overflow the sum so far becomes a mean, and the histogram is not added. */
  #addOrTurn(histogram: Histogram): boolean {
    const before = copySum(this.#sum!);
    const { boundsReconciled } = addToSum(this.#sum!, histogram);
    if (boundsReconciled) this.notes.boundsReconciled = true;
    if (!hasOverflow(sumOf(this.#sum!, false))) return false;
    this.#sum = before;
    const count = this.#count - 1;
    scaleSum(before, (value) => value / count);
    this.#isMean = true;
    return true;
  }

  #addToMean(histogram: Histogram): void {
    const count = this.#count;
    const kept = (count - 1) / count;
    scaleSum(this.#sum!, (value) => value * kept);
    const { boundsReconciled } = addToSum(this.#sum!, divideHistogram(histogram, count));
    if (boundsReconciled) this.notes.boundsReconciled = true;
  }

  /** Needs at least one histogram. */
  result(): Histogram {
    const count = this.#count;
    if (!this.#isMean) scaleSum(this.#sum!, (value) => value / count);
    return sumOf(this.#sum!);
  }
}

function copySum(sum: HistogramSum): HistogramSum {
  const copySide = ({ indexes, counts, lost }: HistogramSum["positive"]) => ({
    indexes,
    counts: counts.slice(),
    lost: lost.slice(),
  });
  return {
    ...sum,
    zeroCount: { ...sum.zeroCount },
    count: { ...sum.count },
    sum: { ...sum.sum },
    positive: copySide(sum.positive),
    negative: copySide(sum.negative),
  };
}
