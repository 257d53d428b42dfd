/** The series and samples that a reader selects. */
import type { Matcher } from "./matcher.ts";

export interface Selection {
  /** A series must pass all of them. */
  readonly matchers: readonly Matcher[];
  /** In ms, inclusive; any int64. */
  readonly minTime: number;
  readonly maxTime: number;
  /**
   * If present, the caller needs any of the series, not all. A reader that finds more than its limit
   * leaves the others out and calls this. Default: too many series are an error.
   */
  readonly onOmittedSeries?: (() => void) | undefined;
  /**
   * "any": the caller sorts the series itself. A result that is read in several groups then costs less, since series are
   * not sorted by label set in the table. Default: "labels".
   */
  readonly order?: "labels" | "any" | undefined;
}

/** A selection of labels without samples, and how much of the index to read. */
export interface Lookup extends Selection {
  /** The most results that the caller uses. Reading may end once there are more. Default: all. */
  readonly limit?: number;
  /** The most days to read, latest first, of those that have samples. Default: all. */
  readonly maxDays?: number;
  /** Called if `maxDays` excluded days. */
  readonly onOmittedDays?: (omitted: number) => void;
}

/** Series, and the hours of their rows: those that end after `fromMs` and until `toMs`, both ends of hours. */
export interface RowSelection {
  readonly matchers: readonly Matcher[];
  readonly fromMs: number;
  readonly toMs: number;
}
