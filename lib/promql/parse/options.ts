/** Which experimental parts of the language a parser takes; each is off unless switched on, as in Prometheus. */
export interface ParseOptions {
  readonly enableExperimentalFunctions?: boolean;
  /** `step()`, `range()`, `min_of()`, `max_of()` and arithmetic in durations. */
  readonly enableDurationExpressions?: boolean;
  /** `anchored` and `smoothed`. */
  readonly enableExtendedRangeSelectors?: boolean;
  /** `fill`, `fill_left` and `fill_right`. */
  readonly enableBinopFillModifiers?: boolean;
}

/** Everything that is experimental. */
export const ALL_EXPERIMENTS: Required<ParseOptions> = {
  enableExperimentalFunctions: true,
  enableDurationExpressions: true,
  enableExtendedRangeSelectors: true,
  enableBinopFillModifiers: true,
};
