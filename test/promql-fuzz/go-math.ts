/** What Go's `math` makes of numbers where it is wrong, on amd64, that a known difference may be told by its value. */

/** Smaller numbers have fewer digits. */
export const MIN_NORMAL = 2 ** -1022;

/** `math.Log` in assembly takes the bits of a number below 2^-1022 for those of a number with all digits. */
export function goLog(value: number): number {
  if (!(value > 0 && value < MIN_NORMAL)) return Math.log(value);
  const fraction = 0.5 + value * 2 ** 1000 * 2 ** 21;
  return Math.log(fraction) - 1022 * Math.LN2;
}

/** `math.Pow` makes the part of a power that is no whole number from such a logarithm. */
export function goPow(base: number, exponent: number): number {
  const size = Math.abs(exponent);
  const whole = Math.round(size);
  // A half is rounded down.
  const wholes = whole - size === 0.5 ? whole - 1 : whole;
  const power = Math.exp((size - wholes) * goLog(base)) * base ** wholes;
  return exponent < 0 ? 1 / power : power;
}
