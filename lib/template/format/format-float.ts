/** Doubles in Go's formats (strconv.FormatFloat). https://pkg.go.dev/strconv#FormatFloat */
import {
  type Digits,
  mantissaAndExponent,
  roundToFraction,
  roundToSignificant,
  shortestDigits,
} from "./decimal.ts";

export type FloatFormat = "b" | "e" | "E" | "f" | "g" | "G" | "x" | "X";

const SHORTEST = -1;
/** From this exponent on, `%g` with the shortest precision has an exponent. */
const SHORTEST_MAX_EXPONENT = 6;

/** With precision -1, as many digits as tell the value apart. */
export function formatFloat(value: number, format: FloatFormat, precision: number): string {
  if (Number.isNaN(value)) return "NaN";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return sign === "" ? "+Inf" : "-Inf";
  return sign + formatMagnitude(magnitude, format, precision);
}

function formatMagnitude(value: number, format: FloatFormat, precision: number): string {
  const isShortest = precision === SHORTEST;
  switch (format) {
    case "b": {
      const { mantissa, exponent } = mantissaAndExponent(value);
      return `${mantissa}p${signed(exponent)}`;
    }
    case "x":
      return hexadecimal(value, precision);
    case "X":
      return hexadecimal(value, precision).toUpperCase();
    case "e":
    case "E": {
      const digits = isShortest ? shortestDigits(value) : roundToSignificant(value, precision + 1);
      return exponential(digits, isShortest ? digits.digits.length - 1 : precision, format);
    }
    case "f": {
      const digits = isShortest ? shortestDigits(value) : roundToFraction(value, precision);
      return plain(digits, isShortest ? Math.max(digits.digits.length - digits.point, 0) : precision);
    }
    default:
      return general(value, format === "g" ? "e" : "E", precision);
  }
}

function general(value: number, exponentMark: "e" | "E", precision: number): string {
  const isShortest = precision === SHORTEST;
  const digits = isShortest ? shortestDigits(value) : roundToSignificant(value, Math.max(precision, 1));
  const { length } = digits.digits;
  let limit = precision === 0 ? 1 : precision;
  if (limit > length && length >= digits.point) limit = length;
  if (isShortest) limit = SHORTEST_MAX_EXPONENT;
  const exponent = digits.point - 1;
  if (exponent < -4 || exponent >= limit) {
    return exponential(digits, Math.max(length - 1, 0), exponentMark);
  }
  return plain(digits, Math.max(length - digits.point, 0));
}

function exponential({ digits, point }: Digits, fraction: number, mark: "e" | "E"): string {
  const exponent = digits === "" ? 0 : point - 1;
  const rest = fraction > 0 ? `.${digits.slice(1, fraction + 1).padEnd(fraction, "0")}` : "";
  const magnitude = String(Math.abs(exponent)).padStart(2, "0");
  return `${digits[0] ?? "0"}${rest}${mark}${exponent < 0 ? "-" : "+"}${magnitude}`;
}

function plain({ digits, point }: Digits, fraction: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  if (fraction <= 0) return whole;
  const after = point >= 0 ? digits.slice(point) : "0".repeat(Math.min(-point, fraction)) + digits;
  return `${whole}.${after.slice(0, fraction).padEnd(fraction, "0")}`;
}

/** `0x1.8p+01`. */
function hexadecimal(value: number, precision: number): string {
  if (value === 0) return `0x0${precision > 0 ? `.${"0".repeat(precision)}` : ""}p+00`;
  let { mantissa, exponent } = mantissaAndExponent(value);
  // One bit before the point, 60 after it.
  while (mantissa < 1n << 60n) {
    mantissa <<= 1n;
    exponent--;
  }
  exponent += 60;
  if (precision >= 0 && precision < 15) {
    const shift = BigInt(60 - precision * 4);
    const extra = mantissa & ((1n << shift) - 1n);
    const half = 1n << (shift - 1n);
    mantissa >>= shift;
    if (extra > half || (extra === half && (mantissa & 1n) === 1n)) mantissa++;
    mantissa <<= shift;
    if (mantissa >= 1n << 61n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const digits = mantissa.toString(16).slice(1);
  const fraction =
    precision < 0 ? digits.replace(/0+$/, "") : digits.padEnd(precision, "0").slice(0, precision);
  return `0x1${fraction === "" ? "" : `.${fraction}`}p${signed(exponent, 2)}`;
}

function signed(exponent: number, minDigits = 1): string {
  return `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(minDigits, "0")}`;
}
