/** Rules for the labels of an exemplar. https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md#exemplars */
import type { Label } from "../model/labels.ts";
import { quoteInput } from "../model/shorten.ts";

/** Characters of all names and values: Prometheus' and OpenMetrics' limit. */
export const MAX_EXEMPLAR_CHARACTERS = 128;

/** The most UTF-8 bytes of that many characters. Longer labels are refused before decoding. */
export const MAX_EXEMPLAR_BYTES = 4 * MAX_EXEMPLAR_CHARACTERS;

export const EXEMPLAR_TOO_LONG = `an exemplar's labels have more than ${MAX_EXEMPLAR_CHARACTERS} characters`;

/** Returns what is wrong with an exemplar's labels, or undefined. */
export function checkExemplarLabels(labels: readonly Label[]): string | undefined {
  let characters = 0;
  const names = new Set<string>();
  for (const [name, value] of labels) {
    // The loop ends at the limit, however long the strings are.
    characters += countCharacters(name) + countCharacters(value);
    if (characters > MAX_EXEMPLAR_CHARACTERS) return EXEMPLAR_TOO_LONG;
    if (names.has(name)) return `an exemplar has label ${quoteInput(name)} twice`;
    names.add(name);
  }
  return undefined;
}

/** Counts code points. Returns the length of a string whose length alone exceeds the limit. */
export function countCharacters(text: string): number {
  if (text.length > 2 * MAX_EXEMPLAR_CHARACTERS) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}
