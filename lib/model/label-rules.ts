/**
 * Rules for the labels of a series: the Prometheus data model as remote write states it
 * (https://prometheus.io/docs/specs/prw/remote_write_spec/#labels), and Hearth's limits. Labels may
 * come in any order. A label with an empty value equals an absent one.
 */
import { compareBytewise, type Label, type LabelSet, METRIC_NAME } from "./labels.ts";
import type { Limits } from "./limits.ts";
import { quoteInput } from "./shorten.ts";

export type LabelCheck =
  | { readonly ok: true; readonly labels: LabelSet }
  | { readonly ok: false; readonly reason: string };

/** Sorts a sender's labels into a label set, or returns what is wrong with them. */
export function checkLabels(labels: readonly Label[], limits: Limits): LabelCheck {
  if (labels.length > limits.maxLabelsPerSeries) {
    return refused(`more than ${limits.maxLabelsPerSeries} labels`);
  }
  const sorted = labels.toSorted((a, b) => compareBytewise(a[0], b[0]));
  for (let i = 0; i < sorted.length; i++) {
    const [name] = sorted[i];
    if (name === "") return refused("a label has an empty name");
    if (i > 0 && name === sorted[i - 1][0]) return refused(`label name ${quoteInput(name)} appears twice`);
  }
  const set = sorted.filter(([, value]) => value !== "");
  if (!set.some(([name]) => name === METRIC_NAME)) return refused(`label ${METRIC_NAME} is missing or empty`);
  return checkSizes(set, limits);
}

function checkSizes(labels: LabelSet, limits: Limits): LabelCheck {
  let total = 0;
  for (const [name, value] of labels) {
    const nameBytes = Buffer.byteLength(name);
    const valueBytes = Buffer.byteLength(value);
    const maxValueBytes = name === METRIC_NAME ? limits.maxMetricNameBytes : limits.maxLabelValueBytes;
    total += nameBytes + valueBytes;
    if (nameBytes > limits.maxLabelNameBytes) {
      return refused(
        `label name ${quoteInput(name)} has ${nameBytes} bytes, at most ${limits.maxLabelNameBytes} are taken`,
      );
    }
    if (valueBytes > maxValueBytes) {
      return refused(
        `the value of label ${quoteInput(name)} has ${valueBytes} bytes, at most ${maxValueBytes} are taken`,
      );
    }
  }
  if (total > limits.maxLabelSetBytes) {
    return refused(`the labels have ${total} bytes, at most ${limits.maxLabelSetBytes} are taken`);
  }
  return { ok: true, labels };
}

function refused(reason: string): LabelCheck {
  return { ok: false, reason };
}
