/**
 * Which waiting requests begin, and in which thread: the express thread runs cheap requests alone. Short threads
 * have a lower priority, for expensive requests and for cheap ones that find the express thread busy. Long threads have the
 * lowest.
 */

export const LANES = ["express", "short", "long"] as const;
export type Lane = (typeof LANES)[number];

/** A request that took more of its thread's CPU, in ms, belongs to the long lane. */
export const SHORT_MS = 150;
/** A request that took less is cheap. */
const CHEAP_MS = 25;
/** A short request that is asked again and again is due this many times its CPU time after it last began. */
const PATIENCE = 20;
/** A short request that last began this many times its CPU time ago is cheap: it takes a hundredth of a thread. */
const RARE = 100;
/**
 * A request that never ran may turn out to be expensive: it takes the express thread once it has been due for this long. For
 * longer if others wait that are expensive: a load of them brings more that never ran, and two hold all threads of small ones.
 */
const UNPROVEN_MS = { alone: 100, crowded: 1000 } as const;

export interface Expectation {
  /** The CPU time that the same request last took; 0 if unknown, Infinity if it looks long. */
  readonly cpuMs: number;
  /** Requests begin in the order of this time. A short one overtakes a long one that came shortly before it. */
  readonly dueMs: number;
  readonly isCheap: boolean;
}

/** What is known of a request that ran before. */
export interface Known {
  readonly cpuMs: number;
  readonly beganMs: number;
}

/** Whether the same request was cheap before. */
export function isProven({ isCheap, cpuMs }: Expectation): boolean {
  return isCheap && cpuMs > 0;
}

export interface History {
  /** When the same request last began; default: never. */
  readonly lastBeganMs?: number | undefined;
  /** It looks long, or may read everything: what it last took says little, so it is never cheap. Default: false. */
  readonly isBulk?: boolean | undefined;
}

/** The times are of one clock. */
export function expect(cpuMs: number, nowMs: number, { lastBeganMs, isBulk }: History = {}): Expectation {
  if (cpuMs > SHORT_MS) return { cpuMs, dueMs: nowMs + PATIENCE * SHORT_MS, isCheap: false };
  const beganMs = lastBeganMs ?? Number.NEGATIVE_INFINITY;
  const isSmall = cpuMs <= CHEAP_MS || nowMs - beganMs >= RARE * cpuMs;
  return { cpuMs, dueMs: Math.max(nowMs, beganMs + PATIENCE * cpuMs), isCheap: isSmall && isBulk !== true };
}

/**
 * What is known of a request once it has run in a lane. Where caches and code are cold, it takes many times its usual CPU
 * time: one from the short lane becomes a long one only when it takes that twice in a row.
 */
export function learn(cpuMs: number, beganMs: number, lane: Lane, last: Known | undefined): Known {
  const mostMs = lane === "long" ? Number.POSITIVE_INFINITY : Math.max(2 * (last?.cpuMs ?? 0), SHORT_MS);
  return { cpuMs: Math.min(cpuMs, mostMs), beganMs };
}

/** How many threads of each lane. */
export type Sizes = Readonly<Record<Lane, number>>;

/** Half of the threads are for long requests, and one of the others is the express thread if there are two. */
export function sizesOf(threads: number): Sizes {
  const long = Math.floor(threads / 2);
  const express = threads - long > 1 ? 1 : 0;
  return { express, short: threads - long - express, long };
}

/** Without long threads, all requests are short ones. */
export function isLong({ cpuMs }: Expectation, sizes: Sizes): boolean {
  return cpuMs > SHORT_MS && sizes.long > 0;
}

export interface Plan<Waiting> {
  readonly begin: readonly (readonly [Waiting, Lane])[];
  /** Lanes that could use another thread. */
  readonly wanted: ReadonlySet<Lane>;
}

/**
 * `waiting` is in the order of `dueMs`; `idle` counts threads that would begin at once, `unstarted` short threads that start
 * when they are wanted: until then the express thread takes their place.
 */
export function planLanes<Waiting extends Expectation>(
  waiting: readonly Waiting[],
  { sizes, idle, unstarted }: { readonly sizes: Sizes; readonly idle: Sizes; readonly unstarted: number },
  nowMs: number,
): Plan<Waiting> {
  const left = { ...idle };
  const expensive = waiting.filter(({ isCheap }) => !isCheap);
  const isCrowded = expensive.length > 1 || expensive.some((one) => isLong(one, sizes));
  const unprovenMs = UNPROVEN_MS[isCrowded ? "crowded" : "alone"];
  const begin: [Waiting, Lane][] = [];
  const wanted = new Set<Lane>();
  for (const one of waiting) {
    const lanes = lanesOf(one);
    const lane = lanes.find((name) => left[name] > 0);
    if (lane === undefined) {
      wanted.add(isLong(one, sizes) ? "long" : "short");
      if (one.isCheap) wanted.add("express");
    } else {
      left[lane]--;
      begin.push([one, lane]);
    }
  }
  return { begin, wanted };

  /** Where it may begin now, the best first. */
  function lanesOf(one: Waiting): Lane[] {
    if (isLong(one, sizes)) return ["long"];
    const lateMs = nowMs - one.dueMs;
    const isDue = lateMs >= 0 || sizes.express === 0;
    // A long thread has a cold cache and may hardly run: another will be idle sooner.
    if (isProven(one) && isDue) return ["express", "short"];
    const mayTakeExpress = unstarted > 0 || (one.isCheap && lateMs >= unprovenMs);
    const short: Lane[] = mayTakeExpress ? ["short", "express"] : ["short"];
    if (one.isCheap) return short;
    // While others wait, expensive ones have a twentieth of a thread each.
    if (!isDue && isCrowded && sizes.long > 0) return ["long"];
    // One that is asked again and again does as well in a long thread.
    return isDue ? [...short, "long"] : ["long", ...short];
  }
}
