/** What a fuzzer feeds: a decoder, a parser or a route, and the inputs that it starts from. */
import { type ErrorKind, errorKind } from "../../lib/model/errors.ts";

export interface Target {
  readonly name: string;
  /** Valid inputs, which are mutated. */
  readonly corpus: readonly Uint8Array[];
  /** Words that are inserted. */
  readonly dictionary?: readonly string[];
  /** The kinds of errors that an input may cause. */
  readonly errors: readonly ErrorKind[];
  /** Throws for an input that is refused, and for a property that does not hold. */
  run(input: Uint8Array): unknown;
}

/** A property that does not hold. */
export class BrokenProperty extends Error {}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A target of texts. */
export function textTarget(
  name: string,
  corpus: readonly string[],
  dictionary: readonly string[],
  errors: readonly ErrorKind[],
  run: (text: string) => unknown,
): Target {
  return {
    name,
    corpus: corpus.map((text) => encoder.encode(text)),
    dictionary,
    errors,
    run: (input) => run(decoder.decode(input)),
  };
}

/**
 * Runs an input. Returns a word for what came of it: an input with a new word is mutated further. Throws what a
 * target must never throw.
 */
export async function outcomeOf(target: Target, input: Uint8Array): Promise<string> {
  try {
    return `fine ${shapeOf(await target.run(input))}`;
  } catch (error) {
    if (error instanceof BrokenProperty || !target.errors.includes(errorKind(error))) throw error;
    return wordOf(String((error as Error).message));
  }
}

/** Without numbers and most of what is quoted, so that inputs that end alike have one word. */
function wordOf(text: string): string {
  return text.replace(/\\"[^"]*\\"|'[^']*'|[0-9a-f]{6,}|\d{4,}|\d\.\d+/g, "#").slice(0, 120);
}

function shapeOf(result: unknown): string {
  if (typeof result === "string") return wordOf(result);
  if (typeof result === "number") return String(Math.min(Math.floor(result), 20));
  return "";
}
