/**
 * Converts OpenTelemetry's metric names to Prometheus', by one of four strategies.
 * https://github.com/open-telemetry/opentelemetry-specification/blob/main/specification/compatibility/prometheus_and_openmetrics.md#otlp-metric-points-to-prometheus
 */
import { HearthError } from "../model/errors.ts";
import { quoteInput } from "../model/shorten.ts";
import { cleanUnit, unitSuffixes } from "./unit-name.ts";

/** Prometheus' names in `otlp.translation_strategy`. */
export const TRANSLATION_STRATEGIES = [
  "UnderscoreEscapingWithSuffixes",
  "UnderscoreEscapingWithoutSuffixes",
  "NoUTF8EscapingWithSuffixes",
  "NoTranslation",
] as const;
export type TranslationStrategy = (typeof TRANSLATION_STRATEGIES)[number];

/** Kinds of metrics with a suffix of their own. */
export type NamedKind = "gauge" | "monotonic counter" | "other";

export interface MetricNaming {
  /** Whether a name may be any text. Otherwise it has letters, digits, underscores and colons. */
  readonly allowUtf8: boolean;
  /** Whether names get suffixes for unit and kind. */
  readonly withSuffixes: boolean;
  readonly namespace?: string;
}

export function namingOf(strategy: TranslationStrategy): MetricNaming {
  return {
    allowUtf8: strategy === "NoUTF8EscapingWithSuffixes" || strategy === "NoTranslation",
    withSuffixes: strategy === "UnderscoreEscapingWithSuffixes" || strategy === "NoUTF8EscapingWithSuffixes",
  };
}

/** Throws "invalid" if nothing of the name is left. */
export function metricName(name: string, unit: string, kind: NamedKind, naming: MetricNaming): string {
  if (naming.allowUtf8) return utf8Name(name, unit, kind, naming);
  const built = naming.withSuffixes ? suffixedName(name, unit, kind, naming) : escapedName(name, naming);
  if (built !== "" && (built === name || /[^_]/.test(built))) return built;
  throw new HearthError("invalid", `metric name ${quoteInput(name)}: nothing of it can be in a name`);
}

function escapedName(name: string, { namespace = "" }: MetricNaming): string {
  const escapeParts = (text: string) =>
    text
      .split(/[^a-zA-Z0-9:_]+/u)
      .filter((part) => part !== "")
      .join("_");
  const escaped = escapeParts(name);
  return namespace === "" ? prefixDigit(escaped) : `${escapeParts(namespace)}_${escaped}`;
}

/** Puts an underscore before a leading digit. */
function prefixDigit(name: string): string {
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

/** Adds suffixes. One that the name contains already is not repeated; one for the kind moves to the end. */
function suffixedName(name: string, unit: string, kind: NamedKind, { namespace = "" }: MetricNaming): string {
  let words = name.split(/[^a-zA-Z0-9:]+/u).filter((word) => word !== "");
  words = addUnitWords(words, unit);
  if (kind === "monotonic counter") words = [...words.filter((word) => word !== "total"), "total"];
  if (unit === "1" && kind === "gauge") words = [...words.filter((word) => word !== "ratio"), "ratio"];
  if (namespace !== "") words.unshift(namespace);
  return prefixDigit(words.join("_"));
}

function addUnitWords(words: string[], unit: string): string[] {
  const [mainSuffix, perSuffix] = unitSuffixes(unit).map(cleanUnit);
  let main = words.includes(mainSuffix) ? "" : mainSuffix;
  let per = perSuffix === "per_" ? "" : perSuffix.replace(/_$/, "");
  if (words.includes(per)) per = "";
  if (per !== "") main = main.replace(/_$/, "");
  return [...words, ...[main, per].filter((word) => word !== "")];
}

function utf8Name(
  name: string,
  unit: string,
  kind: NamedKind,
  { namespace = "", withSuffixes }: MetricNaming,
): string {
  let built = namespace === "" ? name : `${namespace}_${name}`;
  if (!withSuffixes) return built;
  const [main, per] = unitSuffixes(unit);
  const kindSuffix = kind === "monotonic counter" ? "total" : unit === "1" && kind === "gauge" ? "ratio" : "";
  if (kindSuffix !== "") built = trimSuffix(built, kindSuffix);
  if (per !== "") built = trimSuffix(built, per);
  if (main !== "" && !built.endsWith(main)) built += `_${main}`;
  return [built, per, kindSuffix].filter((part, i) => i === 0 || part !== "").join("_");
}

/** Removes a suffix and the separator before it. */
function trimSuffix(name: string, suffix: string): string {
  const isThere = name.endsWith(suffix) && name.length > suffix.length + 1;
  return isThere ? name.slice(0, -suffix.length - 1) : name;
}
