/** Doubles as Go prints them (strconv.FormatFloat with the shortest precision), as every answer of Prometheus has them. */

/** Never with an exponent (Go's format `f`): `0.0000001`, `+Inf`, `NaN`, `-0`. */
export function printFloat(value: number): string {
  return printSpecial(value) ?? withoutExponent(value);
}

/** With an exponent below 1e-6 and from 1e21 on, as Prometheus' JSON has values: `1e-07`, `1e+21`. */
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

/** JavaScript's digits are the shortest too, its exponents have no leading zero: `1e-7`. */
function withExponent(value: number): string {
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function withoutExponent(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  const [, sign, whole, fraction = "", exponentText] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)!;
  const exponent = Number(exponentText);
  const digits = whole + fraction;
  return exponent < 0
    ? `${sign}0.${"0".repeat(-exponent - 1)}${digits}`
    : `${sign}${digits.padEnd(exponent + 1, "0")}`;
}
