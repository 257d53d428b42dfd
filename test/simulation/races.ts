/**
 * Races: schedules whose actors meet on purpose. They go on at one moment, where it matters. The scheduler lets one of them
 * do its work while others wait in the middle of theirs (priorities.ts). Only calls of a few kinds of items fail, but often.
 * Each race is shaped for rules that are broken only when several of these come together.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../lib/model/time.ts";
import { KIND } from "../../lib/storage/layout/keys.ts";
import { SETTLE_MS } from "../../lib/storage/log/settling.ts";
import type { Workload } from "./actors/workload.ts";
import { Priorities } from "./priorities.ts";
import type { Random } from "./random.ts";
import type { Role } from "./scheduler.ts";
import type { Weather } from "./tables/scheduled-table.ts";
import type { Hardships } from "./worlds.ts";

/** What the writers hold, and around it. */
const HOLDING_DELAYS = [
  [20 * SECOND_MS, 30 * SECOND_MS],
  [0, 60 * SECOND_MS],
] as const;
/** Until other compactors have done something, or their lease is over. */
const LEASE_DELAYS = [
  [0, SECOND_MS],
  [0, MINUTE_MS],
  [5 * MINUTE_MS, 10 * MINUTE_MS],
] as const;

export interface Race {
  readonly weather: Weather;
  /** How many processes of each role there are. */
  readonly counts: Readonly<Record<Role, readonly [min: number, max: number]>>;
  readonly workload: Partial<Workload>;
  /** Where the world has neither intervals nor another retention. */
  readonly hardships?: Partial<Hardships>;
  /** How coarse clocks are, in ms: by chance one of these. */
  readonly grainsMs: readonly number[];
}

const RACE: Omit<Race, "weather"> = {
  counts: { writer: [1, 3], reader: [1, 2], compactor: [1, 3] },
  workload: {},
  grainsMs: [1, 1000, 10_000],
};
const WEATHER: Weather = { fault: 0, death: 0, delay: 0, delays: HOLDING_DELAYS, pageItems: 1000 };
const ofKinds = (...names: readonly (keyof typeof KIND)[]) =>
  names.map((name) => String.fromCharCode(KIND[name]));

export const RACES: readonly Race[] = [
  // Records are under way while others of their time are flushed.
  { ...RACE, weather: { ...WEATHER, puts: ofKinds("log", "series"), delay: 0.3, fault: 0.02 } },
  // Records of one clock tick are flushed in part. Nothing goes wrong but the order.
  {
    ...RACE,
    weather: { ...WEATHER, pageItems: 4 },
    counts: { writer: [2, 3], reader: [1, 1], compactor: [1, 3] },
    grainsMs: [1000, 10_000],
  },
  // Marks fail, some of days that were settled.
  {
    ...RACE,
    weather: { ...WEATHER, puts: ofKinds("mark"), delay: 0.1, fault: 0.5, death: 0.05 },
    counts: { writer: [1, 2], reader: [1, 1], compactor: [1, 2] },
    workload: { lateDays: 20, againShare: 0.6 },
    hardships: { retention: "endless", intervals: [{ isCompacted: true, minMs: DAY_MS, maxMs: 3 * DAY_MS }] },
  },
  // Compactors come after one another, and together.
  {
    ...RACE,
    weather: {
      ...WEATHER,
      puts: ofKinds("manifest", "cursor", "progress"),
      delay: 0.1,
      delays: LEASE_DELAYS,
      fault: 0.05,
    },
    counts: { writer: [1, 2], reader: [1, 1], compactor: [2, 3] },
  },
  // What a manifest or a record names is late.
  {
    ...RACE,
    weather: {
      ...WEATHER,
      puts: ofKinds("run", "chunk", "index", "dictionary"),
      delay: 0.1,
      fault: 0.1,
      death: 0.02,
    },
  },
];

/** For half of the times at which schedules start, one of them. */
export function pickRace(startMs: number, { isCrowded, isSparse }: Hardships): Race | undefined {
  if (isCrowded || isSparse) return undefined;
  return RACES[Math.floor(startMs / 4) % (2 * RACES.length)];
}

/** What races on one table know of each other. */
export class Meetings {
  /** When records were dated lately, in ms. */
  readonly #datedMs: number[] = [];
  readonly #random: Random;
  readonly #tickMs: number;
  #nextMs = 0;

  constructor(random: Random, grainMs: number) {
    this.#random = random;
    // Of a fine clock some steps.
    this.#tickMs = Math.max(grainMs, 100);
  }

  noteRecord(ms: number): void {
    this.#datedMs.push(ms);
    if (this.#datedMs.length > 4) this.#datedMs.shift();
  }

  /**
   * When one goes on who has nothing to do: at once, with all others, or as soon as a record has settled by a clock that is
   * ahead by `skewMs`.
   */
  next(role: Role, nowMs: number, skewMs: number, retentionMs: number): number {
    const random = this.#random;
    if (random.chance(0.15)) return nowMs + random.between(0, 100);
    const settledMs = this.#datedMs.map((ms) => ms + SETTLE_MS - skewMs).filter((ms) => ms >= nowMs);
    if (role !== "writer" && settledMs.length > 0 && random.chance(0.4))
      return random.pick(settledMs) + random.between(0, this.#tickMs);
    if (this.#nextMs <= nowMs) this.#nextMs = this.#meeting(nowMs, retentionMs);
    // Some of those that come after the writers find records under way.
    const behindMs = random.pick(role === "writer" ? [0, 0, 100] : [0, 100, SECOND_MS, 30 * SECOND_MS]);
    return this.#nextMs + random.between(0, behindMs);
  }

  #meeting(nowMs: number, retentionMs: number): number {
    const random = this.#random;
    const soonMs = random.between(0, random.pick([30 * SECOND_MS, 2 * MINUTE_MS]));
    const end = random.next();
    if (end < 0.4) return nowMs + soonMs;
    // Long enough for a flush.
    if (end < 0.6) return nowMs + random.between(10 * MINUTE_MS, 2 * HOUR_MS);
    // The end of an hour.
    if (end < 0.7) return Math.ceil(nowMs / HOUR_MS) * HOUR_MS + random.between(-10, 20) * SECOND_MS;
    // When a day's items begin to leave.
    if (end < 0.85 && retentionMs > 0 && retentionMs <= 2 * DAY_MS)
      return Math.ceil(nowMs / DAY_MS) * DAY_MS + retentionMs + HOUR_MS + soonMs;
    // Long enough for chunks, and for a sweep.
    return nowMs + random.between(4 * HOUR_MS, 30 * HOUR_MS);
  }
}

export function prioritiesOf(random: Random): Priorities | undefined {
  return random.chance(0.7) ? new Priorities(random) : undefined;
}
