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

/**
 * What a pattern may grow to: its characters times all of its repetition counts. A counted repetition is compiled as that
 * many copies: `a{1000}` a thousand times over is 7,000 characters, takes 2.7 s and 430 MB.
 */
const MAX_EXPANDED_CHARACTERS = 100_000;

function compile(name: string, pattern: string): RE2JS {
  checkExpansion(name, pattern);
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HearthError("invalid", `matcher on label ${name}: not a RE2 regular expression: ${reason}`, {
      cause,
    });
  }
}

function checkExpansion(name: string, pattern: string): void {
  let repetitions = 0;
  for (const [, min, max] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) repetitions += Number(max || min);
  if (repetitions * pattern.length <= MAX_EXPANDED_CHARACTERS) return;
  throw new HearthError(
    "invalid",
    `matcher on label ${name}: a pattern of ${pattern.length} characters with ${repetitions} counted repetitions, their product may be ${MAX_EXPANDED_CHARACTERS}`,
  );
}

/** Whether a series passes every matcher. */
export function matchesAll(matchers: readonly Matcher[], labels: LabelSet): boolean {
  return matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.name)));
}

/** The groups that a pattern has captured. */
export interface Captures {
  /** 0 is the whole value; undefined for a group that is not there, or took no part. */
  byIndex(index: number): string | undefined;
  byName(name: string): string | undefined;
}

/** A pattern as matchers have it, and what it captures of a value that passes. Throws "invalid" as they do. */
export function newCapturePattern(pattern: string): (value: string) => Captures | undefined {
  const compiled = compile("", pattern);
  const names = compiled.namedGroups();
  return (value) => {
    const matcher = compiled.matcher(value);
    if (!matcher.matches()) return undefined;
    const byIndex = (index: number) =>
      index <= compiled.groupCount() ? (matcher.group(index) ?? undefined) : undefined;
    return { byIndex, byName: (name) => (Object.hasOwn(names, name) ? byIndex(names[name]) : undefined) };
  };
}
