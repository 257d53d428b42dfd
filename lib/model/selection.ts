/** Which series and samples a reader wants. */
import type { Matcher } from "./matcher.ts";

export interface Selection {
  /** A series passes all of them. */
  readonly matchers: readonly Matcher[];
  /** In ms, both included; anything that an int64 can say. */
  readonly minTime: number;
  readonly maxTime: number;
}
