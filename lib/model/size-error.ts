/**
 * Errors of JavaScript for texts, lists and recursions beyond what it allows. Limits come first wherever sizes are
 * known; what gets past them is the request's, not a bug.
 */
import { HearthError } from "./errors.ts";

const SIZE_MESSAGE =
  /^(Invalid (string|array|typed array|array buffer) length|Array buffer allocation failed|Maximum call stack size exceeded|(Map|Set) maximum size exceeded|Maximum BigInt size exceeded|Cannot create a string longer than)/;

/** "too large" for such an error, any other error unchanged. */
export function asSizeError(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || error instanceof HearthError || !SIZE_MESSAGE.test(error.message))
    return error;
  return new HearthError(
    "too large",
    `${what}: it needs a text, a list or a nesting that is larger than can be held in memory; send or ask for less`,
    { cause: error },
  );
}

/** Runs what a request alone decides: its size errors become "too large". */
export function withSizeErrors<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asSizeError(error, what);
  }
}
