/**
 * Which waiting requests begin, and in which thread. Threads of the short lane have the main thread's priority, those of
 * the long lane the lowest. One short thread is kept free for cheap requests, so that none of them waits behind an
 * expensive one.
 */

export type Lane = "short" | "long";

/** A request that took more of its thread's CPU, in ms, belongs to the long lane. */
export const SHORT_MS = 150;
/** A request that took less may take the last idle thread of the short lane. */
const CHEAP_MS = 25;
/** A request begins before others that came this many times its CPU time later. */
const PATIENCE = 10;
/** An expensive request that has been due for this long may take the last idle thread of the short lane. */
const LAST_MS = 1000;

export interface Expectation {
  /** The CPU time that the same request last took; 0 if unknown, Infinity if it looks long. */
  readonly cpuMs: number;
  /** Requests begin in the order of this time. A cheap one overtakes an expensive one that came shortly before it. */
  readonly dueMs: number;
}

/** The times are of one clock. */
export function expect(cpuMs: number, nowMs: number): Expectation {
  return { cpuMs, dueMs: nowMs + PATIENCE * Math.min(cpuMs, SHORT_MS) };
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
  const isCrowded = waiting.some((one) => isLong(one, sizes));
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
      const isCheap = one.cpuMs <= CHEAP_MS;
      const mayTakeLast = isCheap || nowMs - one.dueMs >= LAST_MS;
      // While long requests wait, expensive ones have a tenth of a thread each.
      const mayBegin = isCheap || !isCrowded || kept === 0 || one.dueMs <= nowMs;
      if (mayBegin && left.short > (mayTakeLast ? 0 : kept)) return "short";
      // A long thread has a cold cache and may hardly run: a short one will be idle sooner.
      if (isCheap) return undefined;
    }
    return left.long > 0 ? "long" : undefined;
  }
}
