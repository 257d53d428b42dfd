/**
 * The matchers of a narrowed key, for routes that read. Apart from the key itself: functions that only
 * write need no regular expressions.
 */
import { type Matcher, newMatcher } from "../model/matcher.ts";
import { Patterns } from "../model/regexp/patterns.ts";
import type { LabelMatch } from "./read-match.ts";

/** Their regular expressions count against `patterns`. Throws as `newMatcher` does. */
export function matchersOf(match: readonly LabelMatch[], patterns = new Patterns()): readonly Matcher[] {
  return match.map(({ type, name, value }) => newMatcher(type, name, value, patterns));
}
