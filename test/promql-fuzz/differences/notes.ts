/** Warnings and infos, without what may differ in them. */
import type { Answer } from "../answer.ts";
import { DEFAULT_LOOKBACK_MS, type Question } from "../queries/question.ts";

export const COUNTS_DOUBLE =
  "how many samples of buckets were made monotonic: Prometheus merges the annotations of the steps into themselves, and its " +
  "count doubles with each, until it overflows";

export function withoutCounts(answer: Answer): Answer {
  return withNotes(answer, (note) => note.replace(/over -?\d+ samples from/, "over some samples from"));
}

export const RESET_CONFLICTS =
  "warnings of conflicting counter resets: which histograms are known to be no resets is worked out when they are compacted";

export const RESETS_PASSED_OVER =
  "warnings of conflicting counter resets where buckets do not matter, at steps as long as the lookback: Prometheus passes over " +
  "samples between, and does not know then whether there was a reset";

/** Functions for which neither reads the buckets of histograms. */
const WITHOUT_BUCKETS = /\b(histogram_(count|sum|avg)|(start_)?timestamp|absent)\(/;

/** Whether Prometheus lacks them for that reason, if they are all that differs. */
export function passesOverResets({ query, stepMs = 0, lookbackMs = DEFAULT_LOOKBACK_MS }: Question): boolean {
  return stepMs >= lookbackMs && WITHOUT_BUCKETS.test(query);
}

export function withoutResetConflicts(answer: Answer): Answer {
  const { warnings } = answer;
  const isConflict = (note: string) =>
    note.includes("conflicting counter resets during histogram aggregation");
  return { ...answer, ...(warnings && { warnings: warnings.filter((note) => !isConflict(note)) }) };
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
