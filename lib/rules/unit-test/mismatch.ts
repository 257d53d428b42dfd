/** What was expected and what was found, if they differ, as promtool prints it. */
import { type LabelSet, printLabels } from "../../model/labels.ts";
import { printGeneralFloat } from "../../number/print-general-float.ts";
import { diffLines } from "../diff-lines.ts";

export interface FoundAlert {
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
}

export interface FoundSample {
  readonly labels: LabelSet;
  /** 0 of a histogram. */
  readonly value: number;
  /** "" of a float. */
  readonly histogram: string;
}

/** Both sorted. Undefined if they are equal. */
export function printAlertMismatch(
  expected: readonly FoundAlert[],
  found: readonly FoundAlert[],
  diff: boolean,
): string | undefined {
  const [wanted, got] = [printAlerts(expected), printAlerts(found)];
  if (wanted === got) return undefined;
  if (!diff) return `exp:${indent(wanted)}, \n        got:${indent(got)}`;
  return `diff:\n${diffLines(wanted, got).join("\n")}`;
}

function printAlerts(alerts: readonly FoundAlert[]): string {
  if (alerts.length === 0) return "[]";
  const items = alerts.map(
    ({ labels, annotations }, i) =>
      `${i}:\n  Labels:${printLabels(labels)}\n  Annotations:${printLabels(annotations)}`,
  );
  return `[\n${items.join(",\n")}\n]`;
}

function indent(text: string): string {
  return text.replaceAll("\n", `\n${" ".repeat(12)}`);
}

/** Both sorted. `fuzzy`: neighbouring doubles are equal. Undefined if they are equal. */
export function printSampleMismatch(
  expected: readonly FoundSample[],
  found: readonly FoundSample[],
  fuzzy: boolean,
): string | undefined {
  const areEqual =
    expected.length === found.length && expected.every((one, i) => isSame(one, found[i], fuzzy));
  return areEqual ? undefined : `exp: ${printSamples(expected)}\n        got: ${printSamples(found)}`;
}

function isSame(a: FoundSample, b: FoundSample, fuzzy: boolean): boolean {
  if (printLabels(a.labels) !== printLabels(b.labels) || a.histogram !== b.histogram) return false;
  return a.value === b.value || (fuzzy && areNeighbours(a.value, b.value));
}

const view = new DataView(new ArrayBuffer(16));

/** Whether no double lies between two. */
function areNeighbours(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return false;
  view.setFloat64(0, a);
  view.setFloat64(8, b);
  const [x, y] = [view.getBigInt64(0), view.getBigInt64(8)].map((bits) =>
    bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits,
  );
  const distance = x - y;
  return distance >= -1n && distance <= 1n;
}

function printSamples(samples: readonly FoundSample[]): string {
  if (samples.length === 0) return "nil";
  return samples
    .map(
      ({ labels, value, histogram }) =>
        `${printLabels(labels)} ${histogram === "" ? printGeneralFloat(value) : histogram}`,
    )
    .join(", ");
}
