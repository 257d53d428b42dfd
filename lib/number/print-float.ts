/**
 * Doubles as Go prints them (strconv.FormatFloat with the shortest precision) and as Prometheus'
 * responses contain them.
 */

/** Without an exponent (Go's format `f`): `0.0000001`, `+Inf`, `NaN`, `-0`. */
export function printFloat(value: number): string {
  return printSpecial(value) ?? withoutExponent(value);
}

/**
 * With an exponent below 1e-6 and from 1e21 on, like values in Prometheus' JSON: `1e-07`, `1e+21`.
 */
export function printJsonFloat(value: number): string {
  const special = printSpecial(value);
  if (special !== undefined) return special;
  const magnitude = Math.abs(value);
  return magnitude < 1e-6 || magnitude >= 1e21 ? withExponent(value) : withoutExponent(value);
}

function printSpecial(value: number): string | undefined {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  if (Number.isFinite(value)) return undefined;
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

/** JavaScript's digits are the shortest too, but its exponents have no leading zero: `1e-7`. */
function withExponent(value: number): string {
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

/** Integers up to here print all their digits and no others. */
const MAX_PRINTED_INTEGER = Number.MAX_SAFE_INTEGER;
/** A fraction above this has at most five zeros after the point. */
const MIN_SHORT_FRACTION = 1e-6;
const ZEROS = ["", "0", "00", "000", "0000", "00000"];

/**
 * The digits of `String(value)`, without the engine's cache of recently printed numbers: measured
 * values hardly repeat, so the lookup costs more than the digits.
 */
function withoutExponent(value: number): string {
  if (Number.isInteger(value)) {
    if ((value | 0) === value) return String(value);
    if (Math.abs(value) <= MAX_PRINTED_INTEGER) return value.toFixed(0);
  } else if (value > MIN_SHORT_FRACTION) return movePoint(value.toExponential());
  else if (value < -MIN_SHORT_FRACTION) return `-${movePoint((-value).toExponential())}`;
  return withLongExponent(value);
}

/** From `d.ddde±x`, x from -6 to 20, of a number that is not whole. */
function movePoint(text: string): string {
  const end = text.lastIndexOf("e");
  const exponent = Number(text.slice(end + 1));
  if (exponent === 0) return text.slice(0, end);
  const first = text[0];
  if (exponent < 0) return `0.${ZEROS[-exponent - 1]}${first}${text.slice(2, end)}`;
  const point = 2 + exponent;
  return `${first}${text.slice(2, point)}.${text.slice(point, end)}`;
}

function withLongExponent(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  const [, sign, whole, fraction = "", exponentText] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)!;
  const exponent = Number(exponentText);
  const digits = whole + fraction;
  return exponent < 0
    ? `${sign}0.${"0".repeat(-exponent - 1)}${digits}`
    : `${sign}${digits.padEnd(exponent + 1, "0")}`;
}
