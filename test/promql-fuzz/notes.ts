/** Warnings and infos, without what may differ in them. */
import type { Answer } from "./answer.ts";

export const COUNTS_DOUBLE =
  "how many samples of buckets were made monotonic: Prometheus merges the annotations of the steps into themselves, and its " +
  "count doubles with each, until it overflows";

export function withoutCounts(answer: Answer): Answer {
  return withNotes(answer, (note) => note.replace(/over -?\d+ samples from/, "over some samples from"));
}

/** Without where in the query they come from. */
export function withoutPlaces(answer: Answer): Answer {
  return withNotes(answer, (note) => note.replace(/ \(\d+:\d+\)$/, ""));
}

function withNotes(answer: Answer, change: (note: string) => string): Answer {
  const { warnings, infos } = answer;
  return {
    ...answer,
    ...(warnings && { warnings: warnings.map(change) }),
    ...(infos && { infos: infos.map(change) }),
  };
}
