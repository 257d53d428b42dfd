/**
 * Rules for `write_relabel_configs` of Prometheus, which drop what costs too much before it is sent.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
 */

/** What not to send. */
export type Drop =
  /** All series of a metric. */
  | { readonly kind: "metric"; readonly metric: string }
  /** Series with a label's value: of one metric, or of all. */
  | { readonly kind: "value"; readonly metric?: string; readonly label: string; readonly value: string }
  /** A label, of one metric or of all; the series stay. */
  | { readonly kind: "label"; readonly metric?: string; readonly label: string };

/** A rule in the order in which Prometheus' documentation lists its fields. */
interface Rule {
  readonly source_labels?: readonly string[];
  readonly regex: string;
  readonly target_label?: string;
  readonly replacement?: string;
  readonly action: "drop" | "labeldrop" | "replace";
}

/** Between the values of `source_labels`. */
const SEPARATOR = ";";

/** Anchored at both ends by Prometheus. */
export function relabelRule(drop: Drop): Rule {
  if (drop.kind === "metric")
    return { source_labels: ["__name__"], regex: escapeRegex(drop.metric), action: "drop" };
  const { metric, label } = drop;
  if (drop.kind === "value") {
    const labels = metric === undefined ? [label] : ["__name__", label];
    const values = metric === undefined ? [drop.value] : [metric, drop.value];
    return { source_labels: labels, regex: escapeRegex(values.join(SEPARATOR)), action: "drop" };
  }
  if (metric === undefined) return { regex: escapeRegex(label), action: "labeldrop" };
  // An empty label is no label.
  const name = escapeRegex(metric);
  return {
    source_labels: ["__name__"],
    regex: name,
    target_label: label,
    replacement: "",
    action: "replace",
  };
}

/** The rules as YAML, to paste below the server's `url` in `remote_write`. */
export function printRelabelRules(drops: readonly Drop[]): string {
  const lines = ["write_relabel_configs:"];
  for (const rule of drops.map(relabelRule)) {
    const fields = Object.entries(rule).map(([name, value]) => `${name}: ${printYaml(value)}`);
    lines.push(...fields.map((field, i) => `${i === 0 ? "  - " : "    "}${field}`));
  }
  return `${lines.join("\n")}\n`;
}

/** Prometheus' expressions are RE2's. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** What YAML reads as the same text without quotes. */
const PLAIN = /^[A-Za-z_][A-Za-z0-9_:]*$/;
/** Words that YAML reads as something else. */
const WORDS = /^(y|n|yes|no|true|false|on|off|null)$/i;

function printYaml(value: string | readonly string[]): string {
  if (typeof value !== "string") return `[${value.map(printYaml).join(", ")}]`;
  if (PLAIN.test(value) && !value.endsWith(":") && !WORDS.test(value)) return value;
  // A text of JSON is one of YAML, but for the two line ends that JSON does not escape.
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
