/**
 * Doubles as Go's verb `%g` prints them: in histograms as text, in annotations, in `le` and
 * `quantile` labels.
 */
import { printFloat } from "./print-float.ts";

/**
 * The shortest form, with an exponent below 1e-4 and from 1e6 on. Digits before the point are kept:
 * `1.5e+06`, `123456`.
 */
export function printGeneralFloat(value: number): string {
  const magnitude = Math.abs(value);
  const isPlain = !(magnitude > 0 && magnitude < 1e-4) && !(magnitude >= 1e6 && magnitude < Infinity);
  return isPlain ? printFloat(value) : withTwoDigitExponent(value.toExponential());
}

/** With at most `significantDigits`, as `%.2g`. */
export function printRoundedFloat(value: number, significantDigits: number): string {
  if (!Number.isFinite(value) || value === 0) return printGeneralFloat(value);
  const rounded = roundHalfEven(value, significantDigits);
  const magnitude = Math.abs(rounded);
  const isPlain = magnitude >= 1e-4 && magnitude < 10 ** significantDigits;
  return isPlain ? printFloat(rounded) : withTwoDigitExponent(rounded.toExponential());
}

/** As OpenMetrics writes labels: whole numbers with `.0`. */
export function printOpenMetricsFloat(value: number): string {
  const text = printGeneralFloat(value);
  return Number.isFinite(value) && !/[e.]/.test(text) ? `${text}.0` : text;
}

/** JavaScript's exponents have no leading zero: `1e-7`. */
function withTwoDigitExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

/** Enough digits to see whether a double lies exactly between two short decimals. */
const EXACT_DIGITS = 60;

/** Rounds ties to the even digit, as Go does; JavaScript rounds them up. */
function roundHalfEven(value: number, significantDigits: number): number {
  const up = Number(value.toExponential(significantDigits - 1));
  const [exact, exponent] = value.toExponential(EXACT_DIGITS).split("e");
  const kept = exact.slice(0, exact.indexOf(".") + significantDigits);
  const isHalf = /^50*$/.test(exact.slice(kept.length));
  return isHalf && Number(kept.at(-1)) % 2 === 0 ? Number(`${kept}e${exponent}`) : up;
}
