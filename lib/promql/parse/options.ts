/** Which experimental parts of the language a parser takes; each is off unless switched on, as in Prometheus. */
export interface ParseOptions {
  readonly enableExperimentalFunctions?: boolean;
  /** `fill`, `fill_left` and `fill_right`. */
  readonly enableBinopFillModifiers?: boolean;
}

/** Everything that is experimental. */
export const ALL_EXPERIMENTS: Required<ParseOptions> = {
  enableExperimentalFunctions: true,
  enableBinopFillModifiers: true,
};
