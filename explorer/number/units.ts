/** Units of values: how they are printed, and which one an expression has. */

export type Unit = "none" | "bytes" | "bytes/s" | "seconds" | "percent" | "ratio" | "per second" | "date";

export const UNITS: readonly { readonly value: Unit; readonly label: string }[] = [
  { value: "none", label: "none" },
  { value: "bytes", label: "bytes" },
  { value: "bytes/s", label: "bytes/s" },
  { value: "seconds", label: "seconds" },
  { value: "percent", label: "percent (0-100)" },
  { value: "ratio", label: "percent (0-1)" },
  { value: "per second", label: "per second" },
  { value: "date", label: "date" },
];

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const DECIMAL: readonly (readonly [number, string])[] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** A few significant digits, as an axis and a legend need it. NaN and infinities are words. */
export function printValue(value: number, unit: Unit): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  switch (unit) {
    case "bytes":
      return printBytes(value);
    case "bytes/s":
      return `${printBytes(value)}/s`;
    case "seconds":
      return printSeconds(value);
    case "percent":
      return `${printNumber(value)}%`;
    case "ratio":
      return `${printNumber(value * 100)}%`;
    case "per second":
      return `${printNumber(value)}/s`;
    case "date":
      return printMoment(value);
    case "none":
      return printNumber(value);
  }
}

/** `1.234k`, `0.0012`, `1.2e-7`. */
export function printNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-4 || size >= 1e16) return digits(value, 4).replace("e+", "e");
  const [factor, suffix] = DECIMAL.find(([least]) => size >= least) ?? [1, ""];
  return `${digits(value / factor, 4)}${suffix}`;
}

function digits(value: number, count: number): string {
  return String(Number(value.toPrecision(count)));
}

function printBytes(value: number): string {
  let size = value;
  let power = 0;
  while (Math.abs(size) >= 1024 && power < BINARY.length - 1) {
    size /= 1024;
    power++;
  }
  return `${digits(size, 4)} ${BINARY[power]}`;
}

function printSeconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0 s";
  if (size < 1e-6) return `${digits(value * 1e9, 3)} ns`;
  if (size < 1e-3) return `${digits(value * 1e6, 3)} µs`;
  if (size < 1) return `${digits(value * 1e3, 3)} ms`;
  if (size < 120) return `${digits(value, 4)} s`;
  if (size < 7200) return `${digits(value / 60, 3)} min`;
  if (size < 172_800) return `${digits(value / 3600, 3)} h`;
  return `${digits(value / 86_400, 4)} d`;
}

function printMoment(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return printNumber(seconds);
  return date.toISOString().slice(0, 16).replace("T", " ");
}

/** Functions that make something per second of a counter. */
const RATES = /\b(rate|irate|deriv)\s*\(/;
/** What no longer has its metric's unit. */
const UNITLESS =
  /\b(count|count_values|group|absent|absent_over_time|count_over_time|changes|resets|sgn|hour|minute|month|year|day_of_\w+|days_in_month|ln|log2|log10|exp|histogram_count|histogram_fraction)\s*(by|without|\()/;
/** Binary operators that change units; a `*` or `/` by a number alone does not say which way. */
const ARITHMETIC = /[*/^%](?![^{]*\})/;

/** Suffixes by https://prometheus.io/docs/practices/naming/#base-units, the longest first. */
const SUFFIXES: readonly (readonly [RegExp, Unit])[] = [
  [/_timestamp_seconds$|_time_seconds$/, "date"],
  [/_bytes$/, "bytes"],
  [/_seconds$/, "seconds"],
  [/_ratio$/, "ratio"],
  [/_percent$/, "percent"],
];

/**
 * A guess from the names of the metrics in an expression, and what metadata says of the first. Prefer `none` to a wrong unit:
 * metrics of different units, arithmetic and counts have none.
 */
export function guessUnit(expr: string, metrics: readonly string[], metadataUnit = ""): Unit {
  const text = withoutStrings(expr);
  if (metrics.length === 0 || UNITLESS.test(text)) return "none";
  const units = new Set(metrics.map((name) => unitOfMetric(name, metadataUnit)));
  if (units.size !== 1) return "none";
  const [unit] = units;
  if (ARITHMETIC.test(text)) return "none";
  if (!RATES.test(text)) return unit;
  if (/\bhistogram_(quantile|avg|sum)\s*\(/.test(text)) return unit;
  // Seconds a second are a share: of a CPU, for example.
  if (unit === "seconds") return "ratio";
  if (unit === "bytes") return "bytes/s";
  return unit === "none" ? "per second" : "none";
}

function unitOfMetric(name: string, metadataUnit: string): Unit {
  const base = name.replace(/_(total|sum|bucket)$/, "");
  if (/_count$/.test(base)) return "none";
  const [, unit = undefined] = SUFFIXES.find(([suffix]) => suffix.test(base)) ?? [];
  if (unit !== undefined) return unit;
  const written = metadataUnit.toLowerCase();
  if (written === "bytes" || written === "by") return "bytes";
  if (written === "seconds" || written === "s") return "seconds";
  if (written === "ratio" || written === "1") return written === "ratio" ? "ratio" : "none";
  return written === "percent" || written === "%" ? "percent" : "none";
}

function withoutStrings(expr: string): string {
  return expr.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '""').replace(/#.*$/gm, "");
}
