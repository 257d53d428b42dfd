/** Which experimental parts of the language a parser takes; each is off unless switched on, as in Prometheus. */
import type { Patterns } from "../../model/regexp/patterns.ts";

export interface ParseOptions {
  /** Compiles regular expressions, within the limits of a request; default: new limits for each text. */
  readonly patterns?: Patterns | undefined;
  readonly enableExperimentalFunctions?: boolean;
  /** `fill`, `fill_left` and `fill_right`. */
  readonly enableBinopFillModifiers?: boolean;
}

/** Everything that is experimental. */
export const ALL_EXPERIMENTS: ParseOptions = {
  enableExperimentalFunctions: true,
  enableBinopFillModifiers: true,
};
