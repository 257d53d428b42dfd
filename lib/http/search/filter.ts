/** Which names a search finds, and how well each matches. */
import { type Deadline, NO_DEADLINE } from "../../model/deadline.ts";
import { jaroWinkler } from "./jaro-winkler.ts";
import { Subsequence } from "./subsequence.ts";

export const ALGORITHMS = ["subsequence", "jarowinkler"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export interface FilterOptions {
  readonly terms: readonly string[];
  readonly algorithm: Algorithm;
  /** The least score of a fuzzy match, 0 to 1. */
  readonly threshold: number;
  readonly isCaseSensitive: boolean;
}

/** A score above 0, or undefined for a name that no term matches. */
export type Filter = (name: string) => number | undefined;

/** A character of a fuzzy match takes 20 to 100 ns: it becomes a text of its own and is looked up. */
const STEPS_PER_CHARACTER = 4;

/** A name is found if any term matches. Without a term that is not empty every name is, with score 1. */
export function newFilter(
  { terms, algorithm, threshold, isCaseSensitive }: FilterOptions,
  deadline: Deadline = NO_DEADLINE,
): Filter | undefined {
  const folded = (text: string) => (isCaseSensitive ? text : text.toLowerCase());
  const matchers = terms
    .filter((term) => term !== "")
    .map((term) => termFilter(folded(term), algorithm, threshold, deadline));
  if (matchers.length === 0) return undefined;
  return (name) => {
    const text = folded(name);
    let best: number | undefined;
    for (const match of matchers) {
      const score = match(text);
      if (score !== undefined && (best === undefined || score > best)) best = score;
      if (best === 1) break;
    }
    return best;
  };
}

function termFilter(term: string, algorithm: Algorithm, threshold: number, deadline: Deadline): Filter {
  if (algorithm === "subsequence") {
    const subsequence = new Subsequence(term, deadline);
    return (text) => {
      deadline.spend(text.length + 1);
      if (text.startsWith(term)) return 1;
      const score = subsequence.score(text);
      return score > 0 && score >= threshold ? score : undefined;
    };
  }
  return (text) => {
    deadline.spend(STEPS_PER_CHARACTER * (text.length + term.length + 1));
    return substringScore(text, term) ?? fuzzyScore(text, term, threshold);
  };
}

/** 1 at the start, down to 0.1 at the end. Positions are those of characters. */
function substringScore(text: string, term: string): number | undefined {
  const at = text.indexOf(term);
  if (at <= 0) return at === 0 ? 1 : undefined;
  const lengthOf = (part: string) => [...part].length;
  return 1 - (0.9 * lengthOf(text.slice(0, at))) / (lengthOf(text) - lengthOf(term));
}

function fuzzyScore(text: string, term: string, threshold: number): number | undefined {
  if (threshold === 0) return undefined;
  const score = jaroWinkler(term, text);
  return score >= threshold ? score : undefined;
}
