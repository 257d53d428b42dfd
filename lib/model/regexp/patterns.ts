/**
 * The regular expressions of one request: RE2, fully anchored, `.` matches a newline, in linear time. Linear time is not
 * little time: a match may take program size times text length. So a request's patterns share limits, each is compiled once,
 * and matching counts against the request's deadline.
 */
import type { RE2JS } from "re2js";
import { type Deadline, NO_DEADLINE } from "../deadline.ts";
import { errorMessage, HearthError } from "../errors.ts";
import { quoteInput } from "../shorten.ts";
import { cacheBytes, forgetLargePrograms, keptProgram } from "./kept-programs.ts";
import { literalsOf } from "./literals.ts";
import { patternSize } from "./pattern-size.ts";
import { loadRe2 } from "./re2.ts";

/** Matchers of a request. Prometheus' remote read sends the selector's and its external labels. */
export const MAX_MATCHERS = 1024;
/** UTF-16 units of a request's patterns that are compiled: 32 Ki of the most expensive ones compile in 0.2 s. */
export const MAX_PATTERN_CHARACTERS = 32 * 1024;
/** Instructions that a request's patterns compile to, estimated: 20 MB of memory. */
export const MAX_PATTERN_INSTRUCTIONS = 100_000;
/** Instructions times characters of one match: 0.1 to 1.2 s. */
export const MAX_MATCH_STEPS = 2 ** 24;

/** Bytes that the state caches of all patterns may hold; each may hold 8 MB, and refills when it is emptied. */
export const MAX_CACHE_BYTES = 64 * 1024 * 1024;
/** Steps between two looks at the caches; each step adds about 100 bytes at most. */
const STEPS_PER_CACHE_CHECK = 500_000;

export type Predicate = (value: string) => boolean;

/** The groups that a pattern captured. */
export interface Captures {
  /** 0 is the whole value; undefined for a group that does not exist or did not take part. */
  byIndex(index: number): string | undefined;
  byName(name: string): string | undefined;
}

export class Patterns {
  /** Of the request whose patterns they are. */
  readonly deadline: Deadline;
  readonly #predicates = new Map<string, Predicate>();
  readonly #compiled = new Map<string, RE2JS>();
  #matchersLeft = MAX_MATCHERS;
  #charactersLeft = MAX_PATTERN_CHARACTERS;
  #instructionsLeft = MAX_PATTERN_INSTRUCTIONS;
  #stepsUntilCacheCheck = STEPS_PER_CACHE_CHECK;

  constructor(deadline: Deadline = NO_DEADLINE) {
    this.deadline = deadline;
  }

  /** Instructions that were compiled, as they are counted. */
  get instructions(): number {
    return MAX_PATTERN_INSTRUCTIONS - this.#instructionsLeft;
  }

  /** Counts a matcher, of whatever type. Throws "too large" past the limit. */
  addMatcher(): void {
    if (this.#matchersLeft-- > 0) return;
    throw new HearthError(
      "too large",
      `more than ${MAX_MATCHERS} matchers; use fewer, or one with a regular expression limit=matchers`,
    );
  }

  /** Whether a whole value matches. Throws "invalid" for a pattern that is not RE2, "too large" past a limit. */
  predicate(pattern: string): Predicate {
    let predicate = this.#predicates.get(pattern);
    if (predicate === undefined) {
      predicate = this.#newPredicate(pattern);
      this.#predicates.set(pattern, predicate);
    }
    return predicate;
  }

  /** What a pattern captures of a value; undefined for a value that does not match. Throws as `predicate` does. */
  captures(pattern: string): (value: string) => Captures | undefined {
    const compiled = this.#compile(pattern);
    const names = compiled.namedGroups();
    // Each thread of the matcher copies its captures.
    const instructions = compiled.programSize() * (1 + compiled.groupCount());
    return (value) => {
      this.#spend(pattern, instructions, value);
      const matcher = compiled.matcher(value);
      if (!matcher.matches()) return undefined;
      const byIndex = (index: number) =>
        index <= compiled.groupCount() ? (matcher.group(index) ?? undefined) : undefined;
      return { byIndex, byName: (name) => (Object.hasOwn(names, name) ? byIndex(names[name]) : undefined) };
    };
  }

  #newPredicate(pattern: string): Predicate {
    if (pattern === ".*") return () => true;
    if (pattern === ".+") return (value) => value !== "";
    const literals = literalsOf(pattern);
    if (literals !== undefined) return (value) => literals.has(value);
    const compiled = this.#compile(pattern);
    const instructions = compiled.programSize();
    return (value) => {
      this.#spend(pattern, instructions, value);
      return compiled.matches(value);
    };
  }

  #compile(pattern: string): RE2JS {
    const known = this.#compiled.get(pattern);
    if (known !== undefined) return known;
    this.#charactersLeft -= pattern.length;
    if (this.#charactersLeft < 0) throw tooLarge(pattern, `${MAX_PATTERN_CHARACTERS} characters`);
    this.#instructionsLeft -= patternSize(pattern);
    if (this.#instructionsLeft < 0) throw tooLarge(pattern, `${MAX_PATTERN_INSTRUCTIONS} instructions`);
    this.deadline.check();
    const compiled = keptProgram(pattern, compileRe2);
    this.#compiled.set(pattern, compiled);
    return compiled;
  }

  #spend(pattern: string, instructions: number, value: string): void {
    const steps = instructions * (value.length + 1);
    if (steps > MAX_MATCH_STEPS) {
      throw new HearthError(
        "too large",
        `regular expression ${quoteInput(pattern)}: ${instructions} instructions over a value of ${value.length} characters, their product may be ${MAX_MATCH_STEPS}; use a shorter pattern`,
      );
    }
    this.deadline.spend(steps);
    this.#stepsUntilCacheCheck -= steps;
    if (this.#stepsUntilCacheCheck < 0) this.#emptyLargeCaches();
  }

  /** What the state caches hold, as RE2JS counts it. */
  get cacheBytes(): number {
    return cacheBytes(this.#compiled.values());
  }

  #emptyLargeCaches(): void {
    this.#stepsUntilCacheCheck = STEPS_PER_CACHE_CHECK;
    forgetLargePrograms();
    if (this.cacheBytes <= MAX_CACHE_BYTES) return;
    for (const compiled of this.#compiled.values()) compiled.re2().lazyDFA?.clearCache();
  }
}

function compileRe2(pattern: string): RE2JS {
  const re2 = loadRe2();
  try {
    return re2.compile(pattern, re2.DOTALL);
  } catch (cause) {
    throw new HearthError("invalid", `not a RE2 regular expression: ${errorMessage(cause)}`, { cause });
  }
}

function tooLarge(pattern: string, limit: string): HearthError {
  return new HearthError(
    "too large",
    `regular expression ${quoteInput(pattern)}: the patterns of a request may have ${limit} together; use fewer or shorter patterns`,
  );
}
