/** A double's decimal digits, as Go's strconv rounds them: exact, half to even. JavaScript's own rounds ties away from zero. */

export interface Digits {
  /** Without leading or trailing zeros; empty for zero. */
  readonly digits: string;
  /** Where the decimal point is: 0.DIGITS times 10 to this power. */
  readonly point: number;
}

const ZERO: Digits = { digits: "", point: 0 };

/** The fewest digits that read back as the same double. The value must be finite and not negative. */
export function shortestDigits(value: number): Digits {
  if (value === 0) return ZERO;
  const [mantissa, exponent] = value.toExponential().split("e");
  return { digits: mantissa.replace(".", ""), point: Number(exponent) + 1 };
}

/** Rounded to a number of significant digits, at least one. */
export function roundToSignificant(value: number, count: number): Digits {
  if (value === 0) return ZERO;
  const exact = exactDigits(value);
  return roundAt(exact, count);
}

/** Rounded to a number of digits after the point. */
export function roundToFraction(value: number, count: number): Digits {
  if (value === 0) return ZERO;
  const exact = exactDigits(value);
  return roundAt(exact, exact.point + count);
}

const view = new DataView(new ArrayBuffer(8));

/** A double as an integer times a power of two. */
export function mantissaAndExponent(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  if (biased === 0) return { mantissa: fraction, exponent: -1074 };
  return { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

function exactDigits(value: number): Digits {
  const { mantissa, exponent } = mantissaAndExponent(value);
  if (exponent >= 0) {
    const text = (mantissa << BigInt(exponent)).toString();
    return { digits: text, point: text.length };
  }
  // m / 2^k = m * 5^k / 10^k.
  const text = (mantissa * 5n ** BigInt(-exponent)).toString();
  return { digits: text, point: text.length + exponent };
}

function roundAt({ digits, point }: Digits, count: number): Digits {
  if (count < 0) return ZERO;
  if (count >= digits.length) return { digits: digits.replace(/0+$/, ""), point };
  const kept = digits.slice(0, count);
  if (!roundsUp(digits, count)) {
    const trimmed = kept.replace(/0+$/, "");
    return trimmed === "" ? ZERO : { digits: trimmed, point };
  }
  const up = (BigInt(kept === "" ? "0" : kept) + 1n).toString().padStart(count, "0");
  return { digits: up.replace(/0+$/, ""), point: point + (up.length - count) };
}

function roundsUp(digits: string, count: number): boolean {
  const isTie = digits[count] === "5" && /^0*$/.test(digits.slice(count + 1));
  if (!isTie) return digits[count] >= "5";
  return count > 0 && Number(digits[count - 1]) % 2 === 1;
}
