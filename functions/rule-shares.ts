/** Many rules are shared out: each share of a tenant's groups is an invocation of its own. */
import type { Share } from "../lib/rules/run/rule-runner.ts";

/** Rules that one invocation evaluates in well under a minute: 100 take about a second. */
const RULES_PER_INVOCATION = 1000;
/** Shares at most: a tenant's reads are made once for each. */
const MAX_SHARES = 50;

/**
 * Starts the other shares of so many rules, and returns the first; undefined where one invocation is enough. `start` never
 * throws: a share that could not be started is late by a minute.
 */
export async function shareOut(
  rules: number,
  start: (share: Share) => Promise<unknown>,
): Promise<Share | undefined> {
  const of = Math.min(MAX_SHARES, Math.ceil(rules / RULES_PER_INVOCATION));
  if (of <= 1) return undefined;
  await Promise.all(Array.from({ length: of - 1 }, (_, index) => start({ number: index + 1, of })));
  return { number: 0, of };
}
