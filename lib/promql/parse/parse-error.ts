/** Errors in an expression, with their place. */
import { HearthError } from "../../model/errors.ts";
import type { TextRange } from "../syntax/ast.ts";

/**
 * An expression that cannot be parsed. Its message begins with line and column: `1:5: parse error:
 * …`.
 */
export class ParseError extends HearthError {
  /** In UTF-16 offsets; possibly at the very end of the text. */
  readonly range: TextRange;
  /** The message without the place. */
  readonly reason: string;

  constructor(text: string, range: TextRange, reason: string) {
    super("invalid", `${placeOf(text, range.start)}: parse error: ${reason}`);
    this.name = "ParseError";
    this.range = range;
    this.reason = reason;
  }
}

/** Line and column, both from 1. Columns count bytes of UTF-8, as in annotations. */
function placeOf(text: string, offset: number): string {
  if (text === "") return "unknown position";
  let line = 1;
  let lineStart = 0;
  for (let i = text.indexOf("\n"); i >= 0 && i < offset; i = text.indexOf("\n", i + 1)) {
    line++;
    lineStart = i + 1;
  }
  return `${line}:${new TextEncoder().encode(text.slice(lineStart, offset)).length + 1}`;
}
