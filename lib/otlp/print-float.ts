/** Prints numbers as Go does for labels (`strconv.FormatFloat(x, 'f', -1, 64)`): fewest digits, no exponent. */

export function printFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const text = String(Math.abs(value));
  const [mantissa, exponent] = text.split("e");
  return sign + (exponent === undefined ? text : shiftPoint(mantissa, Number(exponent)));
}

/** Moves the decimal point: `1.5` and 21 -> `1500000000000000000000`. */
function shiftPoint(mantissa: string, exponent: number): string {
  const [whole, fraction = ""] = mantissa.split(".");
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${whole}${fraction}`;
  return whole + fraction.padEnd(exponent, "0");
}
