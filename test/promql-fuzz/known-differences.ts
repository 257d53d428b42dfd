/** Where Hearth answers otherwise than Prometheus, and why that stays so. */
import { type Answer, type CompareOptions, differenceOf, valuesInOrder } from "./answer.ts";
import type { Question } from "./peers.ts";

export interface KnownDifference {
  readonly reason: string;
  readonly matches: (question: Question, difference: string, ours: Answer, theirs: Answer) => boolean;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    reason:
      "3.16 tells the sides of `group_right` with `fill` apart as they are written, 3.14 as it matches them",
    matches: ({ query }) => /group_right[^)]*\) fill/.test(query),
  },
  {
    reason:
      "how many samples of buckets were made monotonic: Prometheus merges the annotations of the steps into themselves, " +
      "and its count doubles with each",
    matches: (_question, _difference, ours, theirs) => isSame(ours, theirs, withoutCounts),
  },
  {
    reason:
      "that sorting a range has no effect: Prometheus says so of one step too, when the range is longer",
    matches: ({ startMs, endMs, stepMs }, difference) =>
      stepMs !== undefined && endMs - startMs < stepMs && difference.includes("sort is ineffective"),
  },
  {
    reason:
      "the order of equals among more than twelve series: Go's sort does not keep the one they had, Hearth's does",
    matches: ({ query, stepMs }, _difference, ours, theirs) =>
      stepMs === undefined &&
      /^(sort|topk|bottomk)/.test(query) &&
      isSame(ours, theirs, (answer) => answer) &&
      valuesInOrder(ours).join() === valuesInOrder(theirs).join(),
  },
  {
    reason: "empty buckets that became NaN: which empty ones a histogram has depends on how it is stored",
    matches: (_question, _difference, ours, theirs) => isSame(ours, theirs, withoutNaN),
  },
  {
    reason:
      "empty buckets that are looked at: a change is one of them too, and whether there are negative ones decides how the " +
      "zero bucket is divided; which ones there are depends on how a histogram is stored",
    matches: ({ query }) => selectsSparse(query) && /\b(changes|resets|histogram_\w+)\(/.test(query),
  },
  {
    reason:
      "the labels of what is absent when one is matched twice: Prometheus' storage puts the matchers in its own order",
    matches: ({ query }) => /\babsent(_over_time)?\(.*?\b(\w+)[=!]~?"[^"]*",\s*\2[=!]/.test(query),
  },
  {
    reason: "exponentials of nearly the largest number: Go's are infinite a little early",
    matches: ({ query }, difference) =>
      /\bexp\(/.test(query) && /"1\.7\d+e\+308" @.* not "\+Inf"/.test(difference),
  },
  {
    reason:
      "periodic functions and remainders of huge powers: whose last digit, which two libraries may round apart, decides",
    matches: ({ query }) => /\b(sin|cos|tan)\(| % /.test(query) && /\^|\b(exp|sinh|cosh)\(/.test(query),
  },
  {
    reason: "logarithms of numbers below 2^-1022: Go's are wrong by up to three decimal orders",
    matches: ({ query }, difference) => {
      const logarithm = LOGARITHMS.get(/\b(ln|log2|log10)\(/.exec(query)?.[1] ?? "");
      const [, ours] = /: "(-[\d.]+)" @/.exec(difference) ?? [];
      return logarithm !== undefined && ours !== undefined && Number(ours) <= logarithm(MIN_NORMAL);
    },
  },
];

/** The known one that this is, if it is any. */
export function knownDifference(
  question: Question,
  difference: string,
  ours: Answer,
  theirs: Answer,
): KnownDifference | undefined {
  return KNOWN_DIFFERENCES.find(({ matches }) => matches(question, difference, ours, theirs));
}

function selectsSparse(query: string): boolean {
  return /native_sparse|native\.\*|[{(,]\s*job=/.test(query);
}

const EXACT: CompareOptions = { isOrdered: false, tolerance: 1e-9 };

function isSame(ours: Answer, theirs: Answer, without: (answer: Answer) => Answer): boolean {
  return differenceOf(without(ours), without(theirs), EXACT) === undefined;
}

function withoutCounts(answer: Answer): Answer {
  if (answer.infos === undefined) return answer;
  const infos = answer.infos.map((info) => info.replace(/over \d+ samples from/, "over some samples from"));
  return { ...answer, infos };
}

/** Without the buckets of NaN observations. */
function withoutNaN(answer: Answer): Answer {
  return JSON.parse(JSON.stringify(answer), (key, value) =>
    key === "buckets" ? value.filter((bucket: readonly unknown[]) => bucket[3] !== "NaN") : value,
  );
}

/** Smaller numbers have fewer digits. */
const MIN_NORMAL = 2 ** -1022;

const LOGARITHMS: ReadonlyMap<string, (value: number) => number> = new Map([
  ["ln", Math.log],
  ["log2", Math.log2],
  ["log10", Math.log10],
]);
