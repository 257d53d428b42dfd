/** Number literals, parsed as in Go: integers of any base, else floats. */
import { quoteInput } from "../syntax/quote.ts";

const DECIMAL_FLOAT =
  /^(?:[0-9](?:_?[0-9])*(?:\.(?:[0-9](?:_?[0-9])*)?)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9](?:_?[0-9])*)?$/;
const HEXADECIMAL = /^0[xX](?:_?[0-9a-fA-F])+$/;
const OCTAL = /^0(?:_?[0-7])+$/;

/**
 * The value of a literal that the lexer accepted, or Go's message if it is malformed or too large
 * for a double.
 */
export function parseNumber(text: string): number | string {
  const word = text.toLowerCase();
  if (word === "inf") return Number.POSITIVE_INFINITY;
  if (word === "nan") return Number.NaN;
  if (HEXADECIMAL.test(text)) return Number(text.replaceAll("_", ""));
  // A leading zero makes an octal number; `08` is not one, so it is a float.
  if (OCTAL.test(text)) return Number.parseInt(text.replaceAll("_", ""), 8);
  const value = DECIMAL_FLOAT.test(text) ? Number(text.replaceAll("_", "")) : Number.NaN;
  if (Number.isFinite(value)) return value;
  const reason = Number.isNaN(value) ? "invalid syntax" : "value out of range";
  return `strconv.ParseFloat: parsing ${quoteInput(text)}: ${reason}`;
}
