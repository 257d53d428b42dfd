/** Whether a request looks long before it has ever run. A guess decides what begins first, never what is refused. */
import { optionalTimeParameter, parseSecondsOrDuration } from "../../lib/http/query/parameters.ts";
import { parseDuration } from "../../lib/promql/syntax/duration-text.ts";

/** Steps of a panel as wide as a large screen, and of its subqueries, are fewer. */
const MANY_STEPS = 3000;
/** Expressions that people write are shorter. */
const MANY_CHARACTERS = 4096;
/** Steps of a subquery whose durations are expressions or defaults. */
const UNKNOWN_STEPS = 60;
/** `[1h:30s]`, `[1h:]`. Bounded, so that a text of brackets is scanned in linear time. */
const SUBQUERY = /\[([^[\]:]{1,30}):([^[\]:]{0,30})\]/g;

/**
 * Routes that export, count or search what selectors match. The same request takes 7 ms of CPU or 500, as caches are warm or
 * cold and as much is stored.
 */
const BULK = /\/(?:read|prom_read|federate|series|explain|status\/tsdb|(?:search|cardinality)\/[a-z_]+)$/;

export function isBulk(path: string): boolean {
  return BULK.test(path);
}

/** Never throws: a parameter that is none is refused soon enough. */
export function looksLong(parameters: URLSearchParams): boolean {
  const texts = [...parameters.getAll("query"), ...parameters.getAll("match[]")];
  if (texts.reduce((sum, { length }) => sum + length, 0) > MANY_CHARACTERS) return true;
  return stepsOf(parameters) * texts.reduce((steps, text) => steps * subquerySteps(text), 1) > MANY_STEPS;
}

/** Of a range query; 1 of any other. */
function stepsOf(parameters: URLSearchParams): number {
  try {
    const step = parseSecondsOrDuration(parameters.get("step") ?? "");
    const startMs = optionalTimeParameter(parameters, "start", 0);
    const endMs = optionalTimeParameter(parameters, "end", 0);
    return step.ok && step.ms > 0 && endMs > startMs ? 1 + (endMs - startMs) / step.ms : 1;
  } catch {
    return 1;
  }
}

/** Nested subqueries multiply. Those beside each other do too: one of a few steps does not make a query long. */
function subquerySteps(text: string): number {
  let steps = 1;
  for (const [, range, step] of text.matchAll(SUBQUERY)) {
    const [rangeMs, stepMs] = [parseDuration(range.trim()), parseDuration(step.trim())];
    steps *= rangeMs.ok && stepMs.ok && stepMs.ms > 0 ? 1 + rangeMs.ms / stepMs.ms : UNKNOWN_STEPS;
  }
  return steps;
}
