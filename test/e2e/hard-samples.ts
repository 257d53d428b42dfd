/** Samples that are hard to carry, as a target exports them. */

export interface HardSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As the exposition format and Prometheus' API write it. */
  readonly value: string;
}

const VALUES = ["NaN", "+Inf", "-Inf", "-0", "5e-324", "1.7976931348623157e+308", "0.1", "9007199254740992"];
const LABELS = ["ünï ☃ 𝄞", '"quotes" \\ and\nlines', " ", "a=b,c{d}", "x".repeat(5000)];

export const HARD_SAMPLES: readonly HardSample[] = [
  ...VALUES.map((value) => ({ name: "hard_value", labels: { written: value }, value })),
  ...LABELS.map((text, i) => ({ name: "hard_label", labels: { text }, value: String(i) })),
];

/** They in the exposition format. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function printHardSamples(): string {
  return HARD_SAMPLES.map(({ name, labels, value }) => `${name}{${printLabels(labels)}} ${value}\n`).join("");
}

function printLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`)
    .join(",");
}
