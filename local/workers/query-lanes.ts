/**
 * Which waiting requests begin, and in which thread. Threads of the short lane have the main thread's priority, those of
 * the long lane a lower one. One short thread never runs an expensive request, so no cheap one waits for it.
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
/** An expensive request that has been due for this long may take the last idle short thread, if no other runs in this lane. */
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

export interface History {
  /** When the same request last began; default: never. */
  readonly lastBeganMs?: number | undefined;
  /** Of a route that may read everything: what it last took says little, so it is never cheap. Default: false. */
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

export interface Threads {
  /** How many there may be. */
  readonly sizes: Sizes;
  /** How many would begin at once. */
  readonly idle: Sizes;
  /** Short threads that start when they are wanted: while there are some, none that is idle is kept. */
  readonly unstarted: number;
  /** Requests that are not cheap and run in short threads. */
  readonly expensive: number;
}

/** `waiting` is in the order of `dueMs`. */
export function planLanes<Waiting extends Expectation>(
  waiting: readonly Waiting[],
  { sizes, idle, unstarted, expensive: running }: Threads,
  nowMs: number,
): Plan<Waiting> {
  const left = { ...idle };
  const kept = sizes.short > 1 ? 1 : 0;
  /** Short threads that expensive requests may still take. */
  let places = sizes.short - kept - running;
  const expensive = waiting.filter(({ isCheap }) => !isCheap);
  const isCrowded = expensive.length > 1 || expensive.some((one) => isLong(one, sizes));
  const begin: [Waiting, Lane][] = [];
  const wanted = new Set<Lane>();
  for (const one of waiting) {
    const lane = laneOf(one);
    if (lane === undefined) wanted.add(isLong(one, sizes) ? "long" : "short");
    else {
      left[lane]--;
      if (lane === "short" && !one.isCheap) places--;
      begin.push([one, lane]);
    }
  }
  return { begin, wanted };

  function laneOf(one: Waiting): Lane | undefined {
    if (!isLong(one, sizes)) {
      const { isCheap } = one;
      const lateMs = nowMs - one.dueMs;
      const isDue = lateMs >= 0 || kept === 0;
      // One that is asked again and again does as well in a long thread.
      if (!isCheap && !isDue && left.long > 0) return "long";
      // While others wait, expensive ones have a twentieth of a thread each.
      const mayBegin = isCheap || isDue || !isCrowded;
      const mayTakeLast = unstarted > 0 || (isCheap ? isDue : lateMs >= LAST_MS);
      if (mayBegin && (isCheap || places > 0) && left.short > (mayTakeLast ? 0 : kept)) return "short";
      // A long thread has a cold cache and may hardly run: a short one will be idle sooner.
      if (isCheap) return undefined;
    }
    return left.long > 0 ? "long" : undefined;
  }
}
