/**
 * Which requests leave the express thread and the short ones, because they take longer than they were expected to and others wait. They run again in
 * a long thread; what they computed is lost.
 */
import { type Expectation, SHORT_MS } from "./query-lanes.ts";

/**
 * CPU time in ms after which a request leaves: at most while another short thread serves those that wait, and sooner while a
 * cheap one waits in vain. One that was cheap before has more time: with cold caches it may take half a second.
 */
const MOST_MS = { serving: 1000, proven: 500, unproven: SHORT_MS } as const;
/** A request that only waits for the table leaves after this time. */
const LONGEST_MS = 2000;
/** A cheap request that has been due for this long waits in vain: a short thread is idle sooner, as a rule. */
const IN_VAIN_MS = 50;

/** A request in one of these threads that can be made twice and has no response yet. */
export interface Overtime {
  readonly startedMs: number;
  readonly cpuMs: number;
  /** Whether the same request was cheap before. */
  readonly isProven: boolean;
}

/** `waiting`: requests for these threads. `threads`: how many of them there are. Returns no more than wait, the youngest first. */
export function planLeaving<Running extends Overtime>(
  running: readonly Running[],
  waiting: readonly Expectation[],
  threads: number,
  nowMs: number,
): Running[] {
  const isBlocked = running.filter(({ cpuMs }) => cpuMs > SHORT_MS).length >= threads;
  const isInVain = waiting.some(({ isCheap, dueMs }) => isCheap && nowMs - dueMs >= IN_VAIN_MS);
  const leaves = ({ cpuMs, startedMs, isProven }: Running) => {
    if (cpuMs > MOST_MS.serving || nowMs - startedMs > LONGEST_MS) return true;
    return cpuMs > SHORT_MS && (isBlocked || (isInVain && cpuMs > MOST_MS[isProven ? "proven" : "unproven"]));
  };
  const youngestFirst = running.filter(leaves).sort((a, b) => b.startedMs - a.startedMs);
  return youngestFirst.slice(0, waiting.length);
}
