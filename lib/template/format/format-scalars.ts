/** Integers, floats and strings under the verbs of Go's fmt. https://pkg.go.dev/fmt */
import { type ByteString, encodeRune, MAX_RUNE, RUNE_ERROR, runesOf } from "../text/byte-string.ts";
import { canBackquote, isPrint, quote } from "../text/quote.ts";
import { type Flags, pad, padWithSpaces } from "./flags.ts";
import { type FloatFormat, formatFloat } from "./format-float.ts";

/** Undefined for a verb that integers do not have. `bits` is the value as 64 bits, two's complement. */
export function formatInteger(
  value: bigint,
  isSigned: boolean,
  verb: string,
  flags: Flags,
): ByteString | undefined {
  const unsigned = BigInt.asUintN(64, value);
  switch (verb) {
    case "v":
      if (flags.sharpV && !isSigned) return digitsOf(value, 16, verb, { ...flags, sharp: true });
      return digitsOf(value, 10, verb, flags);
    case "d":
      return digitsOf(value, 10, verb, flags);
    case "b":
      return digitsOf(value, 2, verb, flags);
    case "o":
    case "O":
      return digitsOf(value, 8, verb, flags);
    case "x":
    case "X":
      return digitsOf(value, 16, verb, flags);
    case "c":
      return pad(encodeRune(asRune(unsigned)), flags);
    case "q":
      return pad(quote(encodeRune(asRune(unsigned)), { mark: "'", asciiOnly: flags.plus }), flags);
    case "U":
      return unicode(unsigned, flags);
    default:
      return undefined;
  }
}

function asRune(value: bigint): number {
  return value > BigInt(MAX_RUNE) ? RUNE_ERROR : Number(value);
}

function unicode(value: bigint, flags: Flags): ByteString {
  const hex = value
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(flags.precision ?? 0, 4), "0");
  const isNamed = flags.sharp && value <= BigInt(MAX_RUNE) && isPrint(Number(value));
  return padWithSpaces(isNamed ? `U+${hex} '${encodeRune(Number(value))}'` : `U+${hex}`, flags);
}

function digitsOf(value: bigint, base: 2 | 8 | 10 | 16, verb: string, flags: Flags): ByteString {
  const isNegative = value < 0n;
  const { precision, width } = flags;
  if (precision === 0 && value === 0n) return padWithSpaces("", flags);
  let minDigits = precision ?? 0;
  if (precision === undefined && flags.zero && !flags.minus && width !== undefined) {
    minDigits = width - (isNegative || flags.plus || flags.space ? 1 : 0);
  }
  let digits = (isNegative ? -value : value).toString(base).padStart(minDigits, "0");
  if (verb === "X") digits = digits.toUpperCase();
  if (flags.sharp) digits = prefixed(digits, base, verb);
  if (verb === "O") digits = `0o${digits}`;
  const sign = isNegative ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  return padWithSpaces(sign + digits, flags);
}

function prefixed(digits: string, base: number, verb: string): string {
  if (base === 2) return `0b${digits}`;
  if (base === 8) return digits.startsWith("0") ? digits : `0${digits}`;
  if (base === 16) return `${verb === "X" ? "0X" : "0x"}${digits}`;
  return digits;
}

const FLOAT_FORMATS: Readonly<Record<string, readonly [format: FloatFormat, precision: number]>> = {
  v: ["g", -1],
  b: ["b", -1],
  g: ["g", -1],
  G: ["G", -1],
  x: ["x", -1],
  X: ["X", -1],
  f: ["f", 6],
  F: ["f", 6],
  e: ["e", 6],
  E: ["E", 6],
};

/** Undefined for a verb that floats do not have. */
export function formatFloatVerb(value: number, verb: string, flags: Flags): ByteString | undefined {
  const found = FLOAT_FORMATS[verb];
  if (found === undefined) return undefined;
  const [format, usual] = found;
  const precision = flags.precision ?? usual;
  const text = formatFloat(value, format, precision);
  const isNegative = text.startsWith("-");
  const unsigned = text.replace(/^[+-]/, "");
  const isWord = unsigned === "Inf" || unsigned === "NaN";
  const sign = isNegative ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  if (isWord) {
    // Go always signs an infinity.
    return padWithSpaces((sign === "" && unsigned === "Inf" ? "+" : sign) + unsigned, flags);
  }
  const digits = flags.sharp && format !== "b" ? withPoint(unsigned, format, precision) : unsigned;
  const { zero, minus, width } = flags;
  if (sign !== "" && zero && !minus && width !== undefined && width > sign.length + digits.length) {
    return sign + digits.padStart(width - sign.length, "0");
  }
  return pad(sign + digits, flags);
}

/** `%#g` keeps the point and trailing zeros. */
function withPoint(text: string, format: FloatFormat, precision: number): string {
  const isHex = format === "x" || format === "X";
  const tailAt = text.search(isHex ? /p/i : /[ep]/i);
  const [number, tail] = tailAt < 0 ? [text, ""] : [text.slice(0, tailAt), text.slice(tailAt)];
  const counts = format === "g" || format === "G" || format === "x";
  let missing = counts ? (precision === -1 ? 6 : precision) : 0;
  missing -= number.replace(".", "").replace(/^0+/, "").length;
  if (!number.includes(".") && number === "0") missing--;
  const pointed = number.includes(".") ? number : `${number}.`;
  return pointed + "0".repeat(Math.max(missing, 0)) + tail;
}

/** Undefined for a verb that strings do not have. */
export function formatString(text: ByteString, verb: string, flags: Flags): ByteString | undefined {
  switch (verb) {
    case "v":
      return flags.sharpV ? quoted(text, flags) : pad(truncated(text, flags), flags);
    case "s":
      return pad(truncated(text, flags), flags);
    case "q":
      return quoted(text, flags);
    case "x":
    case "X":
      return hexBytes(text, verb === "X", flags);
    default:
      return undefined;
  }
}

function quoted(text: ByteString, flags: Flags): ByteString {
  const kept = truncated(text, flags);
  if (flags.sharp && canBackquote(kept)) return pad(`\`${kept}\``, flags);
  return pad(quote(kept, { mark: '"', asciiOnly: flags.plus }), flags);
}

/** The precision counts runes. */
function truncated(text: ByteString, { precision }: Flags): ByteString {
  if (precision === undefined) return text;
  let left = precision;
  for (const { index } of runesOf(text)) if (left-- <= 0) return text.slice(0, index);
  return text;
}

function hexBytes(text: ByteString, upper: boolean, flags: Flags): ByteString {
  const kept = flags.precision === undefined ? text : text.slice(0, flags.precision);
  const prefix = flags.sharp ? (upper ? "0X" : "0x") : "";
  const bytes = Array.from(kept, (char) => {
    const hex = char.charCodeAt(0).toString(16).padStart(2, "0");
    return upper ? hex.toUpperCase() : hex;
  });
  if (bytes.length === 0) return pad("", flags);
  return pad(flags.space ? bytes.map((byte) => prefix + byte).join(" ") : prefix + bytes.join(""), flags);
}
