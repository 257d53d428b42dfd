/** Where in an expression an error of the server is: its text has `line:column`, both from 1. */

export interface Place {
  readonly from: number;
  /** After `from`, also at the end of the expression. */
  readonly to: number;
  readonly message: string;
}

/** `1:5: parse error: …`, or a note's `(1:5)`. */
const WRITTEN = /(?:^|[\s(])(\d{1,6}):(\d{1,6})(?::\s|\))/;

/** Undefined for an error without a place in the expression. */
export function problemOf(error: unknown, expr: string): Place | undefined {
  if (!(error instanceof Error)) return undefined;
  const match = WRITTEN.exec(error.message);
  if (match === null) return undefined;
  const [line, column] = [Number(match[1]), Number(match[2])];
  const lines = expr.split("\n");
  if (line < 1 || line > lines.length || column < 1) return undefined;
  const lineStart = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  const at = lineStart + utf16Offset(lines[line - 1], column - 1);
  const [word = ""] = /^([\w:.]+|\S)/.exec(expr.slice(at)) ?? [];
  // At the end of an expression its last character is marked.
  const from = word === "" ? Math.max(0, at - 1) : at;
  return { from, to: word === "" ? at : at + word.length, message: error.message };
}

/** Columns count bytes of UTF-8. */
function utf16Offset(line: string, bytes: number): number {
  let [offset, seen] = [0, 0];
  for (const character of line) {
    if (seen >= bytes) break;
    seen += new TextEncoder().encode(character).length;
    offset += character.length;
  }
  return offset;
}
