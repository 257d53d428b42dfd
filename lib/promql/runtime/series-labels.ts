/** Label sets of results. */
import { compareBytewise, type Label, type LabelSet, METRIC_NAME } from "../../model/labels.ts";

import { TEMPORALITY } from "../../model/metric-metadata.ts";

import { shorten } from "../../model/shorten.ts";
import { mapKey } from "../../model/text/map-key.ts";
import { quoteInput } from "../syntax/quote.ts";

export const NO_LABELS: LabelSet = [];

/** The label with a metric's type, if any. */
export const METRIC_TYPE = "__type__";
const METRIC_UNIT = "__unit__";

/** Labels about the metric itself. Calculated values lose them; `without` and `ignoring` leave them out. */
export const METADATA_LABELS: readonly string[] = [METRIC_NAME, METRIC_TYPE, METRIC_UNIT, TEMPORALITY];

export function isMetadata(name: string): boolean {
  return name === METRIC_NAME || name === METRIC_TYPE || name === METRIC_UNIT || name === TEMPORALITY;
}

export function withoutMetadata(labels: LabelSet): LabelSet {
  return labels.some(([name]) => isMetadata(name)) ? labels.filter(([name]) => !isMetadata(name)) : labels;
}

export function keepLabels(labels: LabelSet, names: ReadonlySet<string>): LabelSet {
  return labels.filter(([name]) => names.has(name));
}

export function dropLabels(labels: LabelSet, names: ReadonlySet<string>): LabelSet {
  return labels.filter(([name]) => !names.has(name));
}

/** Sets a label; an empty value removes it. */
export function setLabel(labels: LabelSet, name: string, value: string): LabelSet {
  const others = labels.filter(([other]) => other !== name);
  if (value === "") return others;
  const at = others.findIndex(([other]) => compareBytewise(other, name) > 0);
  const label: Label = [name, value];
  return at < 0 ? [...others, label] : [...others.slice(0, at), label, ...others.slice(at)];
}

/** Any non-empty text of valid UTF-8. */
export function isLabelName(name: string): boolean {
  return name !== "" && name.isWellFormed();
}

/**
 * A key that different label sets never share: no name or value of valid UTF-8 has a lone
 * surrogate.
 */
export function labelKey(labels: LabelSet): string {
  let key = "";
  for (const [name, value] of labels) key += `${name}\ud800${value}\ud801`;
  return mapKey(key);
}

/** The maximum of a series' labels in a message. */
const MAX_PRINTED_LABELS = 32;

/**
 * As Prometheus prints them in messages: `{__name__="up", job="a"}`. Long names and values are
 * shortened.
 */
export function printLabelSet(labels: LabelSet): string {
  const printed = labels
    .slice(0, MAX_PRINTED_LABELS)
    .map(([name, value]) => `${printName(name)}=${quoteInput(value)}`);
  if (labels.length > MAX_PRINTED_LABELS) printed.push("…");
  return `{${printed.join(", ")}}`;
}

function printName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? shorten(name) : quoteInput(name);
}
