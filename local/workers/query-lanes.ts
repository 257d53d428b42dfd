/**
 * Which waiting requests begin, and in which thread. Threads of the short lane have the main thread's priority, those of
 * the long lane a lower one. One short thread is kept free for cheap requests, so that none of them waits behind an
 * expensive one.
 */

export type Lane = "short" | "long";

/** A request that took more of its thread's CPU, in ms, belongs to the long lane. */
export const SHORT_MS = 150;
/** A request that took less may take the last idle thread of the short lane. */
const CHEAP_MS = 25;
/** A short request that is asked again and again is due this many times its CPU time after it last began. */
const PATIENCE = 20;
/** A short request that last began this many times its CPU time ago is cheap: it takes a hundredth of a thread. */
const RARE = 100;
/** An expensive request that has been due for this long may take the last idle thread of the short lane. */
const LAST_MS = 1000;

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

/** `lastBeganMs`: when the same request last began, if it is known. The times are of one clock. */
export function expect(cpuMs: number, nowMs: number, lastBeganMs = Number.NEGATIVE_INFINITY): Expectation {
  if (cpuMs > SHORT_MS) return { cpuMs, dueMs: nowMs + PATIENCE * SHORT_MS, isCheap: false };
  const dueMs = Math.max(nowMs, lastBeganMs + PATIENCE * cpuMs);
  return { cpuMs, dueMs, isCheap: cpuMs <= CHEAP_MS || nowMs - lastBeganMs >= RARE * cpuMs };
}

/**
 * What is known of a request once it has run in a lane. Where caches and code are cold, it takes many times its usual CPU
 * time: one from the short lane becomes a long one only when it takes that twice in a row.
 */
export function learn(cpuMs: number, beganMs: number, lane: Lane, last: Known | undefined): Known {
  const mostMs = lane === "long" ? Number.POSITIVE_INFINITY : Math.max(2 * (last?.cpuMs ?? 0), SHORT_MS);
  return { cpuMs: Math.min(cpuMs, mostMs), beganMs };
}

/** Without long threads, all requests are short ones. */
export type Sizes = Readonly<Record<Lane, number>>;

export function isLong({ cpuMs }: Expectation, sizes: Sizes): boolean {
  return cpuMs > SHORT_MS && sizes.long > 0;
}

export interface Plan<Waiting> {
  readonly begin: readonly (readonly [Waiting, Lane])[];
  /** Lanes that could use another thread. */
  readonly wanted: ReadonlySet<Lane>;
}

/** `waiting` is in the order of `dueMs`; `idle` counts threads that would begin at once. */
export function planLanes<Waiting extends Expectation>(
  waiting: readonly Waiting[],
  idle: Sizes,
  sizes: Sizes,
  nowMs: number,
): Plan<Waiting> {
  const left = { ...idle };
  const kept = sizes.short > 1 ? 1 : 0;
  const expensive = waiting.filter(({ isCheap }) => !isCheap);
  const isCrowded = expensive.length > 1 || expensive.some((one) => isLong(one, sizes));
  const begin: [Waiting, Lane][] = [];
  const wanted = new Set<Lane>();
  for (const one of waiting) {
    const lane = laneOf(one);
    if (lane === undefined) wanted.add(isLong(one, sizes) ? "long" : "short");
    else {
      left[lane]--;
      begin.push([one, lane]);
    }
  }
  return { begin, wanted };

  function laneOf(one: Waiting): Lane | undefined {
    if (!isLong(one, sizes)) {
      const { isCheap } = one;
      const mayTakeLast = isCheap || nowMs - one.dueMs >= LAST_MS;
      const isDue = isCheap || kept === 0 || one.dueMs <= nowMs;
      // One that is asked again and again does as well in a long thread.
      if (!isDue && left.long > 0) return "long";
      // While others wait, expensive ones have a twentieth of a thread each.
      const mayBegin = isDue || !isCrowded;
      if (mayBegin && left.short > (mayTakeLast ? 0 : kept)) return "short";
      // A long thread has a cold cache and may hardly run: a short one will be idle sooner.
      if (isCheap) return undefined;
    }
    return left.long > 0 ? "long" : undefined;
  }
}
