/** What Go's `math` makes of numbers where it is wrong, on amd64, that a known difference may be told by its value. */

/** Smaller numbers have fewer digits. */
export const MIN_NORMAL = 2 ** -1022;

/** `math.Log` in assembly takes the bits of a number below 2^-1022 for those of a number with all digits. */
export function goLog(value: number): number {
  if (!(value > 0 && value < MIN_NORMAL)) return Math.log(value);
  const fraction = 0.5 + value * 2 ** 1000 * 2 ** 21;
  return Math.log(fraction) - 1022 * Math.LN2;
}

/**
 * `math.Pow` makes the part of a power that is no whole number from such a logarithm, and the whole one by squaring again and again:
 * of a large one rounding has left few digits.
 */
export function goPow(base: number, exponent: number): number {
  const size = Math.abs(exponent);
  const whole = Math.round(size);
  // A half is rounded down.
  const wholes = whole - size === 0.5 ? whole - 1 : whole;
  let product = size === wholes ? 1 : Math.exp((size - wholes) * goLog(base));
  let [mantissa, scale] = splitFloat(base);
  let productScale = 0;
  for (let left = wholes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      product *= mantissa;
      productScale += scale;
    }
    mantissa *= mantissa;
    scale *= 2;
    if (mantissa < 0.5) {
      mantissa *= 2;
      scale--;
    }
  }
  // In two steps: a power of two may be too large, or too small, for a number.
  const half = Math.trunc(productScale / 2);
  return exponent < 0
    ? (1 / product) * 2 ** -half * 2 ** (half - productScale)
    : product * 2 ** half * 2 ** (productScale - half);
}

/** A mantissa from 0.5 to 1, with the sign, and a power of two. */
function splitFloat(value: number): [mantissa: number, exponent: number] {
  if (value === 0 || !Number.isFinite(value)) return [value, 0];
  let exponent = Math.floor(Math.log2(Math.abs(value)));
  let mantissa = value / 2 ** exponent;
  while (Math.abs(mantissa) >= 1) {
    mantissa /= 2;
    exponent++;
  }
  return [mantissa, exponent];
}
