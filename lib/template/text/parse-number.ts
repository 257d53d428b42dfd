/** Go's numbers in text (strconv.ParseInt with base 0, ParseUint, ParseFloat). */

const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

const INTEGER =
  /^([+-]?)(?:0[xX]_?([0-9a-fA-F_]+)|0[bB]_?([01_]+)|0[oO]_?([0-7_]+)|(0)(?:_?([0-7_]+))?|([1-9][0-9_]*))$/;

/** An integer literal of any size, with Go's prefixes and underscores; undefined for anything else. */
export function parseInteger(text: string): bigint | undefined {
  const match = INTEGER.exec(text);
  if (match === null || text.includes("__") || text.endsWith("_")) return undefined;
  const [, sign, hex, binary, octal, , oldOctal, decimal] = match;
  const digits = (hex ?? binary ?? octal ?? oldOctal ?? decimal ?? "0").replaceAll("_", "");
  if (digits === "") return undefined;
  const prefix = hex !== undefined ? "0x" : binary !== undefined ? "0b" : decimal !== undefined ? "" : "0o";
  const value = BigInt(prefix === "0o" && digits === "0" ? "0" : prefix + digits);
  return sign === "-" ? -value : value;
}

export function fitsInt64(value: bigint): boolean {
  return value >= -MAX_INT64 - 1n && value <= MAX_INT64;
}

export function fitsUint64(value: bigint): boolean {
  return value >= 0n && value <= MAX_UINT64;
}

const DECIMAL = /^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const HEX_FLOAT = /^([+-]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?p([+-]?\d+)$/i;
const SPECIAL: readonly (readonly [RegExp, number])[] = [
  [/^\+?inf(inity)?$/i, Number.POSITIVE_INFINITY],
  [/^-inf(inity)?$/i, Number.NEGATIVE_INFINITY],
  [/^[+-]?nan$/i, Number.NaN],
];

/** Either the value, or what Go's error says of the text. */
export type ParsedFloat = { readonly value: number } | { readonly problem: string };

const SYNTAX: ParsedFloat = { problem: "invalid syntax" };

/** strconv.ParseFloat(text, 64). Underscores may separate digits. */
export function parseFloat64(written: string): ParsedFloat {
  if (hasLooseUnderscore(written)) return SYNTAX;
  const text = written.replaceAll("_", "");
  const special = SPECIAL.find(([pattern]) => pattern.test(text));
  if (special !== undefined) return { value: special[1] };
  const value = DECIMAL.test(text) ? Number(text) : hexFloat(text);
  if (value === undefined) return SYNTAX;
  return Number.isFinite(value) ? { value } : { problem: "value out of range" };
}

/** An underscore without a digit, or a base prefix, on its left and a digit on its right. */
function hasLooseUnderscore(text: string): boolean {
  const isHex = /^[+-]?0x/i.test(text);
  return (isHex ? /(?:^|[^0-9a-fx])_|_(?![0-9a-f])/i : /(?:^|\D)_|_(?!\d)/).test(text);
}

/** Exact for 52 significant bits, which is what templates write by hand. */
function hexFloat(text: string): number | undefined {
  const match = HEX_FLOAT.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  if (whole + fraction === "") return undefined;
  const mantissa = Number(`0x${whole}${fraction}`);
  const value = mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -value : value;
}
