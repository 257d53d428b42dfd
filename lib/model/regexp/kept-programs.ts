/**
 * Compiled patterns from one request to the next: dashboards send the same ones again and again, and
 * compiling a short one takes 50 microseconds. A compiled pattern holds no state of a request, but a state
 * cache that grows while it matches. So none is kept once the caches are large.
 */
import type { RE2JS } from "re2js";

/** Patterns that are kept; the one that came first makes room. */
const MAX_PROGRAMS = 64;
/** Longer ones compile in a small part of the time that their request takes. */
const MAX_CHARACTERS = 200;
/** Bytes that the state caches of all kept patterns may hold. */
export const MAX_KEPT_CACHE_BYTES = 4 * 1024 * 1024;

const kept = new Map<string, RE2JS>();

/** A pattern's program, compiled by `compile` unless it is kept. Throws as `compile` does. */
export function keptProgram(pattern: string, compile: (pattern: string) => RE2JS): RE2JS {
  if (pattern.length > MAX_CHARACTERS) return compile(pattern);
  forgetLargePrograms();
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  const compiled = compile(pattern);
  if (kept.size >= MAX_PROGRAMS) kept.delete(kept.keys().next().value!);
  kept.set(pattern, compiled);
  return compiled;
}

/** Lets go of all kept patterns once their state caches are too large together. Requests go on with those they have. */
export function forgetLargePrograms(): void {
  if (cacheBytes(kept.values()) > MAX_KEPT_CACHE_BYTES) kept.clear();
}

/** Bytes of state caches, as RE2JS counts them. It types `lazyDFA` without documenting it; patterns.test.ts fails if a version changes it. */
export function cacheBytes(programs: Iterable<RE2JS>): number {
  let sum = 0;
  for (const compiled of programs) {
    const cache = compiled.re2().lazyDFA;
    if (cache !== null) sum += cache.stateBudget - cache.memBudget;
  }
  return sum;
}
