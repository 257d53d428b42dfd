/**
 * Limits of the labels that functions and operators make: those of labels that are written. Without
 * them a few levels of `label_join` make texts of gigabytes.
 */
import { type LabelSet, METRIC_NAME } from "../../model/labels.ts";
import { DEFAULT_LIMITS } from "../../model/limits.ts";
import { quoteInput } from "../syntax/quote.ts";
import { executionError } from "./context.ts";
import { setLabel } from "./series-labels.ts";

const { maxLabelNameBytes, maxMetricNameBytes, maxLabelValueBytes, maxLabelSetBytes } = DEFAULT_LIMITS;
/** UTF-8 bytes of a UTF-16 unit, at most. */
const MAX_UNIT_BYTES = 3;

/** Sets a label that `what` makes, such as `label_join()`. Throws "invalid" past a limit. */
export function setLimitedLabel(labels: LabelSet, name: string, value: string, what: string): LabelSet {
  if (isLonger(name, maxLabelNameBytes)) throw tooLong(what, "label name", name, "maxLabelNameBytes");
  checkValueLength(value.length, name, what);
  const isName = name === METRIC_NAME;
  if (isLonger(value, isName ? maxMetricNameBytes : maxLabelValueBytes)) {
    throw valueTooLong(what, name, isName ? "maxMetricNameBytes" : "maxLabelValueBytes");
  }
  return checkLabelSet(setLabel(labels, name, value), what);
}

/** Throws "invalid" for a value of so many UTF-16 units: before it is put together. */
export function checkValueLength(length: number, name: string, what: string): void {
  if (length > maxLabelValueBytes) throw valueTooLong(what, name, "maxLabelValueBytes");
}

/** The same label set. Throws "invalid" if all its names and values together are too long. */
export function checkLabelSet(labels: LabelSet, what: string): LabelSet {
  let length = 0;
  for (const [name, value] of labels) length += name.length + value.length;
  if (length * MAX_UNIT_BYTES <= maxLabelSetBytes) return labels;
  let bytes = 0;
  for (const [name, value] of labels) bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  if (bytes <= maxLabelSetBytes) return labels;
  throw executionError(
    `${what}: the labels of a series would have ${bytes} bytes, at most ${maxLabelSetBytes} are allowed limit=maxLabelSetBytes`,
  );
}

function isLonger(text: string, maxBytes: number): boolean {
  if (text.length * MAX_UNIT_BYTES <= maxBytes) return false;
  return text.length > maxBytes || Buffer.byteLength(text) > maxBytes;
}

type TextLimit = "maxLabelNameBytes" | "maxMetricNameBytes" | "maxLabelValueBytes";

function valueTooLong(what: string, name: string, limit: TextLimit) {
  return tooLong(what, "value of label", name, limit);
}

function tooLong(what: string, part: string, name: string, limit: TextLimit) {
  return executionError(
    `${what}: the ${part} ${quoteInput(name)} would have more than the ${DEFAULT_LIMITS[limit]} bytes that are allowed limit=${limit}`,
  );
}
