/**
 * Experimental parts of the language that a parser accepts. All are off by default, as in
 * Prometheus.
 */
import type { Patterns } from "../../model/regexp/patterns.ts";
import type { PromqlSettings } from "../settings.ts";

export interface ParseOptions {
  /**
   * Compiles regular expressions within the limits of a request; default: separate limits for each
   * text.
   */
  readonly patterns?: Patterns | undefined;
  readonly enableExperimentalFunctions?: boolean;
  /** `fill`, `fill_left` and `fill_right`. */
  readonly enableBinopFillModifiers?: boolean;
  /** Names without quotes may have letters of any script, and dots after the first character. */
  readonly enableUnquotedUtf8Names?: boolean;
}

/** As the settings of a deployment say. */
export function parseOptions({ takesExperiments }: PromqlSettings): ParseOptions {
  return takesExperiments ? ALL_EXPERIMENTS : {};
}

/** All experiments. */
export const ALL_EXPERIMENTS: ParseOptions = {
  enableExperimentalFunctions: true,
  enableBinopFillModifiers: true,
  enableUnquotedUtf8Names: true,
};
