/** What label sets take in memory. */
import type { LabelSet } from "../../model/labels.ts";

/** A label set and a label of its own, beside the text, about. */
const LABEL_SET_BYTES = 250;
export const LABEL_BYTES = 60;

export function labelMemoryBytes(labels: LabelSet): number {
  let sizeBytes = LABEL_SET_BYTES + labels.length * LABEL_BYTES;
  for (const [name, value] of labels) sizeBytes += name.length + value.length;
  return sizeBytes;
}
