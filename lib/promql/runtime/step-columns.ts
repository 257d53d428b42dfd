/** A series under construction: columns that are filled step by step. */

import { newFloatColumn } from "../../histogram/short-columns.ts";
import type { Histogram } from "../../model/histogram.ts";
import type { LabelSet } from "../../model/labels.ts";
import { FLOAT, HISTOGRAM, type StepSeries } from "./value.ts";

export class StepColumns {
  readonly kinds: Uint8Array;
  readonly values: Float64Array;
  histograms: (Histogram | undefined)[] | undefined;

  constructor(steps: number) {
    // One allocation: for panels, with a few hundred steps, it is most of a series' cost.
    const column = newFloatColumn(steps + Math.ceil(steps / Float64Array.BYTES_PER_ELEMENT));
    this.values = column.subarray(0, steps);
    this.kinds = new Uint8Array(column.buffer, column.byteOffset + this.values.byteLength, steps);
  }

  setFloat(step: number, value: number): void {
    this.kinds[step] = FLOAT;
    this.values[step] = value;
  }

  setHistogram(step: number, histogram: Histogram): void {
    this.kinds[step] = HISTOGRAM;
    this.histograms ??= new Array(this.kinds.length).fill(undefined);
    this.histograms[step] = histogram;
  }

  /** Copies the cell of a series if it has a sample. */
  copy(step: number, from: Pick<StepSeries, "kinds" | "values" | "histograms">): void {
    if (from.kinds[step] === FLOAT) this.setFloat(step, from.values[step]);
    else if (from.kinds[step] === HISTOGRAM) this.setHistogram(step, from.histograms![step]!);
  }

  /** The series owns the columns from here on. */
  series(labels: LabelSet, dropsName: boolean): StepSeries {
    return { labels, dropsName, kinds: this.kinds, values: this.values, histograms: this.histograms };
  }
}
