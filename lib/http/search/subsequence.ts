/**
 * How well the characters of a term, in order but not side by side, match a text: as the search API of Prometheus 3.16
 * scores it. https://prometheus.io/docs/prometheus/latest/querying/api/#search
 */

import { type Deadline, NO_DEADLINE } from "../../model/deadline.ts";

/** Below an exact match, whatever rounding does. */
const NOT_EXACT = 0.999;
/** Gaps before, within and after a match take less than this off its score. */
const MOST_GAPS = 1;

export class Subsequence {
  readonly #term: string;
  readonly #characters: readonly string[];
  readonly #deadline: Deadline;

  /** A match may take the product of both lengths: each character that is looked at counts as a step of `deadline`. */
  constructor(term: string, deadline: Deadline = NO_DEADLINE) {
    this.#term = term;
    this.#deadline = deadline;
    this.#characters = [...term];
  }

  /** 1 for the term itself, 0 for a text that does not have its characters in this order. */
  score(text: string): number {
    if (this.#term === text || this.#term === "") return 1;
    const { length } = this.#characters;
    // A character has two UTF-16 units at most.
    if (length > text.length) return 0;
    const characters = [...text];
    if (length > characters.length) return 0;
    let best = -1;
    for (let start = 0; start <= characters.length - length; start++) {
      if (characters[start] !== this.#characters[0]) continue;
      const score = this.#scoreFrom(characters, start);
      // A later start has less of the text.
      if (score === undefined) break;
      best = Math.max(best, score);
      // An unbroken match: those that begin later have larger gaps before them.
      if (score > length ** 2 - MOST_GAPS) break;
    }
    return best < 0 ? 0 : (best / length ** 2) * NOT_EXACT;
  }

  /** Squares of the lengths of unbroken runs, less gaps by the text's length; a gap at the end counts half. */
  #scoreFrom(text: readonly string[], start: number): number | undefined {
    const term = this.#characters;
    const share = 1 / text.length;
    let [at, score, gapFrom] = [start, 0, 0];
    for (let next = 0; next < term.length; ) {
      while (at < text.length && text[at] !== term[next]) at++;
      if (at === text.length) {
        this.#deadline.spend(at - start);
        return undefined;
      }
      const from = at;
      while (next < term.length && at < text.length && text[at] === term[next]) {
        at++;
        next++;
      }
      score -= (from - gapFrom) * share;
      score += (at - from) ** 2;
      gapFrom = at;
    }
    this.#deadline.spend(at - start);
    return score - (text.length - gapFrom) * share * 0.5;
  }
}
