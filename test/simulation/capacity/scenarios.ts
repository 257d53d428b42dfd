/** What a table of provisioned capacity must hold, as scenarios: each runs and says what is wrong. */
import { HOUR_MS } from "../../../lib/model/time.ts";
import { DEFAULT_COMPACTOR_SHARE } from "../../../lib/storage/compact/pacing/write-capacity.ts";
import { type CapacityResult, simulate } from "./world.ts";

const SHARE = DEFAULT_COMPACTOR_SHARE / 100;
/** In which a run that is not refused flushes what waits, with an interval of an hour for small tenants. */
const MOST_LAG_MS = 2 * HOUR_MS;
const MANY = 1e9;

export interface Size {
  readonly series: number;
  /** From 18:00 of a day on, so that a midnight and the end of a bucket are in ten hours. */
  readonly hours: number;
  readonly storeSlice: number;
  /** Within so many hours after its end a bucket must be chunks. */
  readonly chunkHours: number;
  /** Write units a second that it takes; undefined: measured first. */
  readonly unitsPerSecond?: number;
  /** Without the scenario of too little capacity. */
  readonly isPacedOnly?: boolean;
}

export interface Outcome {
  readonly name: string;
  readonly result: CapacityResult;
  /** What is not as it must be; empty if all is. */
  readonly failures: readonly string[];
}

const START_MS = Date.UTC(2026, 9, 1, 18);

/** Runs all scenarios on a table whose capacity makes 70 % use of what the samples cost. */
export async function runScenarios(size: Size, onOutcome: (outcome: Outcome) => void): Promise<void> {
  const base = { ...size, startMs: START_MS, replacedAtHours: [3] };
  const tell = (name: string, result: CapacityResult, failures: readonly (string | false)[]) =>
    onOutcome({ name, result, failures: failures.filter((one) => one !== false) });
  const measure = async () => {
    const free = await simulate({
      ...base,
      share: undefined,
      capacity: [{ fromHour: 0, unitsPerSecond: MANY }],
    });
    tell("as much capacity as it takes, not paced", free, [
      free.wrong > 0 && `${free.wrong} samples are wrong`,
    ]);
    return free.units / (size.hours * 3600);
  };
  const perSecond = size.unitsPerSecond ?? (await measure());
  const at = (use: number) => perSecond / use;

  const paced = await simulate({
    ...base,
    share: SHARE,
    capacity: [{ fromHour: 0, unitsPerSecond: at(0.7) }],
  });
  tell("70 % of the capacity in use, paced", paced, [
    paced.refusedRequests > 0 && `${paced.refusedRequests} requests were answered 503`,
    paced.throttledCompactions > 0 && `the compactor was refused ${paced.throttledCompactions} times`,
    paced.leastSaved <= 0 && "the saved units were spent",
    (paced.use < 0.5 || paced.use > 0.8) && `${paced.use} of the capacity was used: the scenario is another`,
    paced.longestChunkingMs > size.chunkHours * HOUR_MS &&
      `a bucket was chunks after ${paced.longestChunkingMs / HOUR_MS} h`,
    paced.longestLagMs > MOST_LAG_MS && `samples were in the log for ${paced.longestLagMs / HOUR_MS} h`,
    paced.wrong > 0 && `${paced.wrong} samples are wrong`,
  ]);

  if (size.isPacedOnly === true) return;
  const starved = await simulate({
    ...base,
    share: SHARE,
    capacity: [
      { fromHour: 0, unitsPerSecond: at(0.7) },
      { fromHour: 2, unitsPerSecond: at(2.5) },
      { fromHour: 4, unitsPerSecond: at(0.3) },
    ],
  });
  tell("less capacity than writers need for two hours, then more", starved, [
    starved.refusedRequests === 0 && "no request was answered 503: the scenario is too easy",
    starved.wrong > 0 && `${starved.wrong} samples are wrong`,
  ]);
}

/** The same capacity of 70 % use without pacing: what the share is for. */
export async function runUnpaced(size: Size, perSecond: number): Promise<CapacityResult> {
  return await simulate({
    ...size,
    startMs: START_MS,
    share: undefined,
    capacity: [{ fromHour: 0, unitsPerSecond: perSecond / 0.7 }],
  });
}

export function printResult({ hourlyUnits, ...others }: CapacityResult): string {
  const numbers = Object.entries(others).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  return `${numbers.join(", ")}; units by hour ${hourlyUnits.map((one) => Math.round(one)).join(" ")}`;
}
