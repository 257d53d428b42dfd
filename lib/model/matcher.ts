/**
 * Label matchers: `=`, `!=`, `=~`, `!~`. Regular expressions are RE2, fully anchored, `.` matches a newline, and run in
 * linear time. https://prometheus.io/docs/prometheus/latest/querying/basics/#time-series-selectors
 */
import { RE2JS } from "re2js";
import { HearthError } from "./errors.ts";
import { type LabelSet, labelValue } from "./labels.ts";

export type MatcherType = "=" | "!=" | "=~" | "!~";

export interface Matcher {
  readonly type: MatcherType;
  readonly name: string;
  readonly value: string;
  /** Whether a label's value passes; an absent label has the value "". */
  readonly matches: (value: string) => boolean;
}

/** Makes a matcher; throws "invalid" for a regular expression that RE2 does not take. */
export function newMatcher(type: MatcherType, name: string, value: string): Matcher {
  return { type, name, value, matches: predicate(type, name, value) };
}

function predicate(type: MatcherType, name: string, value: string): (value: string) => boolean {
  switch (type) {
    case "=":
      return (v) => v === value;
    case "!=":
      return (v) => v !== value;
    case "=~": {
      const pattern = compile(name, value);
      return (v) => pattern.matches(v);
    }
    case "!~": {
      const pattern = compile(name, value);
      return (v) => !pattern.matches(v);
    }
  }
}

function compile(name: string, pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HearthError("invalid", `matcher on label ${name}: not a RE2 regular expression: ${reason}`, {
      cause,
    });
  }
}

/** Whether a series passes every matcher. */
export function matchesAll(matchers: readonly Matcher[], labels: LabelSet): boolean {
  return matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.name)));
}
