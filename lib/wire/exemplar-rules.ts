/** What an exemplar's labels may be. https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md#exemplars */
import type { Label } from "../model/labels.ts";
import { quoteInput } from "../model/shorten.ts";

/** Characters of all names and values; Prometheus takes no more, and OpenMetrics tells senders so. */
export const MAX_EXEMPLAR_CHARACTERS = 128;

/** UTF-8 bytes of so many characters, at most: longer labels are refused before they are decoded. */
export const MAX_EXEMPLAR_BYTES = 4 * MAX_EXEMPLAR_CHARACTERS;

export const EXEMPLAR_TOO_LONG = `an exemplar's labels have more than ${MAX_EXEMPLAR_CHARACTERS} characters`;

/** What is wrong with an exemplar's labels, or undefined. */
export function checkExemplarLabels(labels: readonly Label[]): string | undefined {
  let characters = 0;
  const names = new Set<string>();
  for (const [name, value] of labels) {
    // Each step is below the limit or the last, however long the texts are.
    characters += countCharacters(name) + countCharacters(value);
    if (characters > MAX_EXEMPLAR_CHARACTERS) return EXEMPLAR_TOO_LONG;
    if (names.has(name)) return `an exemplar has label ${quoteInput(name)} twice`;
    names.add(name);
  }
  return undefined;
}

/** Code points; of a text that is past the limit by its length alone, that length. */
export function countCharacters(text: string): number {
  if (text.length > 2 * MAX_EXEMPLAR_CHARACTERS) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}
