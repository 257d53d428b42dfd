/**
 * Hourly rows of one series, as columns: what PromQL needs of an hour's samples where window edges
 * lie on hours (docs/decisions/0042-rollups.md has a table of functions). An hour is left-open, as
 * PromQL's windows are: (end - 1 h, end]. Floats and native histograms have rows of their own.
 */
import type { Histogram } from "../histogram.ts";
import type { LabelSet } from "../labels.ts";

/** The newest sample of the hour, of either kind, is a staleness marker. */
export const ROW_ENDS_STALE = 1;
/** Some samples have start timestamps, which rows do not hold. */
export const ROW_HAS_STARTS = 2;
/** The hour has samples of both kinds: how they alternate is not known. */
export const ROW_IS_MIXED = 4;
/** Of histograms: some are gauges; some are known to be, or not to be, resets. */
export const ROW_HAS_GAUGE = 8;
export const ROW_SAW_RESET = 16;
export const ROW_SAW_NO_RESET = 32;
/** Of histograms: the second is a reset of the first, so `drops` does not have the first. */
export const ROW_FIRST_IS_RESET = 64;
/** Of histograms: exponential and custom buckets, or different bounds. There are no `sums` and no `drops`. */
export const ROW_IS_INCOMPATIBLE = 128;

/** Columns of both kinds, of one length. Times are in ms. */
export interface RowColumns {
  /** Ends of the hours, ascending; hours without samples have no row. */
  readonly hours: Float64Array;
  /** Samples but staleness markers. 0: the hour has markers alone, and first and last times are theirs. */
  readonly counts: Float64Array;
  readonly firstTimes: Float64Array;
  readonly lastTimes: Float64Array;
  /** Samples that are resets of the sample before them in the hour, and that differ from it. */
  readonly resets: Float64Array;
  readonly changes: Float64Array;
  readonly flags: Uint8Array;
}

export interface FloatRows extends RowColumns {
  readonly firstValues: Float64Array;
  readonly lastValues: Float64Array;
  /** As `min_over_time` and `max_over_time`: NaN only where all values are NaN. */
  readonly mins: Float64Array;
  readonly maxs: Float64Array;
  readonly sums: Float64Array;
  /** Sums of the values before each reset. */
  readonly drops: Float64Array;
}

export interface HistogramRows extends RowColumns {
  /** Undefined in rows whose count is 0. */
  readonly firsts: readonly (Histogram | undefined)[];
  readonly lasts: readonly (Histogram | undefined)[];
  /** Undefined where flags or the count say so. */
  readonly sums: readonly (Histogram | undefined)[];
  /** The sum of the histograms before each reset; undefined where there is no reset. */
  readonly drops: readonly (Histogram | undefined)[];
}

export interface HourRows {
  readonly floats: FloatRows;
  /** Absent where the series has none. */
  readonly histograms?: HistogramRows | undefined;
}

/** One series and its rows. */
export interface SeriesRows extends HourRows {
  readonly labels: LabelSet;
}
