/**
 * Worlds: what may happen in a schedule beside the faults of calls and the deaths of processes. Each world is one hardship, so
 * that what it finds has one cause; every one of them has the faults of the usual world too.
 */
import { DAY_MS } from "../../lib/model/time.ts";
import type { Random } from "./random.ts";

/** An item is gone, has another bit, or is of a version that nobody knows; or a dictionary is gone. */
export type DamageKind = "vanish" | "flip" | "version" | "orphan";

/** Retention is one for the whole schedule or for ever, or is changed: made longer, or anything. */
export type RetentionKind = "fixed" | "endless" | "longer" | "any";

/** What happens between two acts of a schedule, while nobody but TTL works. */
export interface Interval {
  /** Whether everything is compacted first. */
  readonly isCompacted: boolean;
  readonly minMs: number;
  readonly maxMs: number;
}

export interface Hardships {
  /** The first act is followed by another behind each of these. */
  readonly intervals: readonly Interval[];
  /** How long an act takes at most, about, in ms. */
  readonly actMs: number;
  readonly retention: RetentionKind;
  /** Clocks of writers and of compactors are wrong by seconds to a day, and step. */
  readonly hasWrongClocks: boolean;
  readonly damage: readonly DamageKind[];
  /** Scrapes of many series, and writers that may remember hardly more than these; nothing fails, and costs are bounded. */
  readonly isCrowded: boolean;
  /** A request has a sample of each of many days; a call takes its time, and requests and compaction are bounded. */
  readonly isSparse: boolean;
  /** Some series are deleted now and then, and written again. */
  readonly hasDeletions: boolean;
  /** In the end enough time passes for the labels of deleted series to leave a table that keeps for ever. */
  readonly losesLabels: boolean;
  /** Tenants are deleted now and then, and their names used again at once. */
  readonly hasLives: boolean;
  /** Blocks are imported now and then. */
  readonly hasImports: boolean;
  /** Tenants have limits of series that they just keep: nothing may be refused. */
  readonly hasLimits: boolean;
  /** A process has many requests under way, of series whose places are in the dictionaries of several. */
  readonly isBusy: boolean;
  /** Coarse clocks are wrong again and again, by minutes, while the same few samples are written. */
  readonly isJolted: boolean;
  /** A write is cut off after 29 s, and its sender repeats it, at once or after the interval. */
  readonly isCutOff: boolean;
}

const USUAL: Hardships = {
  intervals: [],
  // When those who have nothing to do wake last, there are some log records left.
  actMs: 10 * DAY_MS,
  retention: "fixed",
  hasWrongClocks: false,
  damage: [],
  isCrowded: false,
  isSparse: false,
  hasDeletions: false,
  losesLabels: false,
  hasLives: false,
  hasImports: false,
  hasLimits: false,
  isBusy: false,
  isJolted: false,
  isCutOff: false,
};

/** Nobody works: the schedule stands still, or the stack is removed and comes back; first with a log that waits. */
const SILENCES: readonly Interval[] = [
  { isCompacted: false, minMs: 15 * DAY_MS, maxMs: 25 * DAY_MS },
  { isCompacted: true, minMs: 15 * DAY_MS, maxMs: 40 * DAY_MS },
];
/** The sender is away. */
const ABSENCE: Interval = { isCompacted: true, minMs: 15 * DAY_MS, maxMs: 20 * DAY_MS };

/** Behind these, series of which deletions have left nothing may leave the index, and what that superseded. */
const RIPENINGS: readonly Interval[] = [
  { isCompacted: true, minMs: 6 * DAY_MS, maxMs: 12 * DAY_MS },
  { isCompacted: false, minMs: DAY_MS, maxMs: 12 * DAY_MS },
];

const LABELS: Hardships = {
  ...USUAL,
  retention: "endless",
  hasDeletions: true,
  losesLabels: true,
  intervals: RIPENINGS,
  actMs: 3 * DAY_MS,
};

const LONGER: Hardships = {
  ...USUAL,
  retention: "longer",
  intervals: [{ isCompacted: true, minMs: DAY_MS, maxMs: 8 * DAY_MS }],
};

export const WORLDS = {
  usual: USUAL,
  silence: { ...USUAL, intervals: SILENCES, actMs: 2 * DAY_MS },
  longer: LONGER,
  "clocks-longer": { ...LONGER, hasWrongClocks: true },
  retention: {
    ...USUAL,
    retention: "any",
    intervals: [{ isCompacted: true, minMs: DAY_MS, maxMs: 8 * DAY_MS }],
  },
  clocks: { ...USUAL, hasWrongClocks: true },
  vanish: { ...USUAL, damage: ["vanish"] },
  flip: { ...USUAL, damage: ["flip"] },
  unreadable: { ...USUAL, damage: ["version", "orphan"] },
  crowd: { ...USUAL, isCrowded: true },
  sparse: { ...USUAL, retention: "endless", isSparse: true },
  deletions: { ...USUAL, hasDeletions: true },
  labels: LABELS,
  "clocks-labels": { ...LABELS, hasWrongClocks: true },
  lives: { ...USUAL, hasLives: true },
  imports: { ...USUAL, hasImports: true },
  "deleted-imports": { ...USUAL, hasImports: true, hasDeletions: true },
  limited: { ...USUAL, hasLimits: true },
  busy: { ...USUAL, isBusy: true },
  jolts: { ...USUAL, hasWrongClocks: true, isJolted: true },
  "cut-off": { ...USUAL, isCutOff: true, intervals: [ABSENCE] },
} as const satisfies Record<string, Hardships>;

export type WorldName = keyof typeof WORLDS;
/** By name, or one of several by chance. */
export type WorldChoice = WorldName | "all";

export const WORLD_NAMES = Object.keys(WORLDS) as readonly WorldName[];

/**
 * How many of a hundred schedules are of each world: the more, the more its schedules have found for the CPU that they
 * take. Those of `crowd`, `sparse` and `labels` take several times as long as others.
 */
const SHARES: Readonly<Record<WorldName, number>> = {
  usual: 45,
  clocks: 6,
  "clocks-labels": 2,
  "clocks-longer": 3,
  longer: 4,
  retention: 4,
  silence: 3,
  vanish: 4,
  flip: 4,
  unreadable: 4,
  crowd: 0.5,
  sparse: 0.3,
  deletions: 4,
  labels: 1,
  lives: 4,
  imports: 3,
  "deleted-imports": 3,
  limited: 3,
  busy: 2,
  jolts: 3,
  "cut-off": 4,
};

export function isWorldChoice(text: string): text is WorldChoice {
  return text === "all" || (WORLD_NAMES as readonly string[]).includes(text);
}

/** Of all worlds one by its share. */
export function pickWorld(random: Random, choice: WorldChoice): WorldName {
  if (choice !== "all") return choice;
  let left = random.next() * WORLD_NAMES.reduce((sum, name) => sum + SHARES[name], 0);
  for (const name of WORLD_NAMES) {
    left -= SHARES[name];
    if (left < 0) return name;
  }
  return "usual";
}
