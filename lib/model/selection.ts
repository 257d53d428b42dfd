/** Which series and samples a reader wants. */
import type { Matcher } from "./matcher.ts";

export interface Selection {
  /** A series passes all of them. */
  readonly matchers: readonly Matcher[];
  /** In ms, both included; anything that an int64 can say. */
  readonly minTime: number;
  readonly maxTime: number;
}

/** A selection of which only labels are wanted, and how much of its index is read for them. */
export interface Lookup extends Selection {
  /** The caller uses so many results at most: reading may end once there are more. Default: all. */
  readonly limit?: number;
  /** Only so many of the latest days that have samples are read. Default: all. */
  readonly maxDays?: number;
  /** Called if `maxDays` left days out. */
  readonly onOmittedDays?: (omitted: number) => void;
}

/** Series, and the hours of their rows: those that end after `fromMs` and until `toMs`, both ends of hours. */
export interface RowSelection {
  readonly matchers: readonly Matcher[];
  readonly fromMs: number;
  readonly toMs: number;
}
