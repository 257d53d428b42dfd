/** The option `--match`. */
import { errorKind, errorMessage, HearthError } from "../../lib/model/errors.ts";
import type { Matcher } from "../../lib/model/matcher.ts";
import { parseSelector } from "../../lib/promql/parse/parse-expr.ts";

/** The matchers of a selector. Throws "invalid", naming the option. */
export function parseMatch(text: string): readonly Matcher[] {
  return named(text, () => parseSelector(text));
}

/** An error about the selector begins with the option. */
export function named<T>(text: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (errorKind(error) !== "invalid") throw error;
    throw new HearthError("invalid", `--match ${text}: ${errorMessage(error)}`);
  }
}
