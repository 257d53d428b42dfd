/**
 * Converts OpenTelemetry's units (https://ucum.org/ucum) to the words that end Prometheus' names.
 * https://github.com/open-telemetry/opentelemetry-specification/blob/main/specification/compatibility/prometheus_and_openmetrics.md#otlp-metric-points-to-prometheus
 */

const UNITS: ReadonlyMap<string, string> = new Map([
  ["d", "days"],
  ["h", "hours"],
  ["min", "minutes"],
  ["s", "seconds"],
  ["ms", "milliseconds"],
  ["us", "microseconds"],
  ["ns", "nanoseconds"],
  ["By", "bytes"],
  ["KiBy", "kibibytes"],
  ["MiBy", "mebibytes"],
  ["GiBy", "gibibytes"],
  ["TiBy", "tibibytes"],
  ["KBy", "kilobytes"],
  ["MBy", "megabytes"],
  ["GBy", "gigabytes"],
  ["TBy", "terabytes"],
  ["m", "meters"],
  ["V", "volts"],
  ["A", "amperes"],
  ["J", "joules"],
  ["W", "watts"],
  ["g", "grams"],
  ["Cel", "celsius"],
  ["Hz", "hertz"],
  ["1", ""],
  ["%", "percent"],
]);

const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ["s", "second"],
  ["m", "minute"],
  ["h", "hour"],
  ["d", "day"],
  ["w", "week"],
  ["mo", "month"],
  ["y", "year"],
]);

/** Returns the suffixes of a unit: `bytes` and `per_second` for `By/s`. Either may be empty. Comments in braces are ignored. */
export function unitSuffixes(unit: string): readonly [main: string, per: string] {
  const slash = unit.indexOf("/");
  const main = word(slash < 0 ? unit : unit.slice(0, slash), UNITS);
  const per = slash < 0 ? "" : word(unit.slice(slash + 1), PER_UNITS);
  return [main, per === "" ? "" : `per_${per}`];
}

function word(unit: string, words: ReadonlyMap<string, string>): string {
  const trimmed = unit.trim();
  if (/[{}]/.test(trimmed)) return "";
  return words.get(trimmed) ?? trimmed;
}

/** Makes a suffix of letters, digits, colons and single underscores, with no underscore at its start. */
export function cleanUnit(suffix: string): string {
  return suffix
    .replace(/[^a-zA-Z0-9:]/gu, "_")
    .replace(/__+/g, "_")
    .replace(/^_/, "");
}

/** Returns the unit for metadata: `bytes_per_second`. */
export function unitName(unit: string, allowUtf8 = false): string {
  const suffixes = unitSuffixes(unit).map((suffix) => (allowUtf8 ? suffix : cleanUnit(suffix)));
  return suffixes
    .filter((suffix) => suffix !== "")
    .join("_")
    .replace(/^_/, "")
    .replace(/_$/, "");
}
