/**
 * JavaScript's errors for oversized strings, arrays and recursion. Limits reject a request earlier
 * wherever sizes are known. An error that gets past them is caused by the request, not by a bug.
 */
import { HearthError } from "./errors.ts";

const SIZE_MESSAGE =
  /^(Invalid (string|array|typed array|array buffer) length|Array buffer allocation failed|Maximum call stack size exceeded|(Map|Set) maximum size exceeded|Maximum BigInt size exceeded|Cannot create a string longer than)/;

/** Returns "too large" for such an error, and any other error unchanged. */
export function asSizeError(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || error instanceof HearthError || !SIZE_MESSAGE.test(error.message))
    return error;
  return new HearthError(
    "too large",
    `${what}: it needs a text, a list or a nesting that is larger than can be held in memory; send or ask for less`,
    { cause: error },
  );
}

/** Runs work on input of a request. Its size errors become "too large". */
export function withSizeErrors<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asSizeError(error, what);
  }
}
