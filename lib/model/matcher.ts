/**
 * Label matchers: `=`, `!=`, `=~`, `!~`.
 * https://prometheus.io/docs/prometheus/latest/querying/basics/#time-series-selectors
 */
import { HearthError } from "./errors.ts";
import { type LabelSet, labelValue } from "./labels.ts";
import { Patterns, type Predicate } from "./regexp/patterns.ts";
import { MAX_QUOTED_CHARACTERS, shorten } from "./shorten.ts";

export type MatcherType = "=" | "!=" | "=~" | "!~";

export interface Matcher {
  readonly type: MatcherType;
  readonly name: string;
  readonly value: string;
  /** Whether a label's value matches. The value of an absent label is "". */
  readonly matches: Predicate;
}

/**
 * Makes a matcher. Regular expressions count against `patterns`, the limits of one request. Throws
 * "invalid" for a pattern that is not RE2, "too large" for one past a limit.
 */
export function newMatcher(
  type: MatcherType,
  name: string,
  value: string,
  patterns: Patterns = new Patterns(),
): Matcher {
  patterns.addMatcher();
  return { type, name, value, matches: predicate(type, name, value, patterns) };
}

function predicate(type: MatcherType, name: string, value: string, patterns: Patterns): Predicate {
  switch (type) {
    case "=":
      return (v) => v === value;
    case "!=":
      return (v) => v !== value;
    case "=~":
      return patternPredicate(name, value, patterns);
    case "!~": {
      const matches = patternPredicate(name, value, patterns);
      return (v) => !matches(v);
    }
  }
}

function patternPredicate(name: string, pattern: string, patterns: Patterns): Predicate {
  try {
    return patterns.predicate(pattern);
  } catch (error) {
    if (!(error instanceof HearthError)) throw error;
    const { cause } = error;
    throw new HearthError(error.kind, `matcher on label ${shorten(name)}: ${error.message}`, { cause });
  }
}

/** Whether a series passes every matcher. */
export function matchesAll(matchers: readonly Matcher[], labels: LabelSet): boolean {
  return matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.name)));
}

/** Prints the beginning of `{__name__="up",job=~"a.*"}`, for errors. */
export function printMatchers(matchers: readonly Matcher[]): string {
  const printed = matchers.map(({ name, type, value }) => `${name}${type}${JSON.stringify(shorten(value))}`);
  return shorten(`{${printed.join(",")}}`, 3 * MAX_QUOTED_CHARACTERS);
}
