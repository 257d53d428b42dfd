/** What one schedule is made of, and by chance: from the clocks' grain to how bad the weather is. */
import type { RandomBytes } from "../../lib/model/random-bytes.ts";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../../lib/model/time.ts";
import { SPARSE_SAMPLES } from "../../lib/storage/compact/plan-compaction.ts";
import type { BitsOf } from "../../lib/storage/layout/shard.ts";
import { VerifiedTable } from "../../lib/storage/layout/verified-table.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import type { SimulatedBlock } from "./actors/imports.ts";
import {
  BUSY_WORKLOAD,
  CROWDED_WORKLOAD,
  JOLTED_WORKLOAD,
  randomWorkload,
  SPARSE_WORKLOAD,
  type Workload,
} from "./actors/workload.ts";
import { Model } from "./model/model.ts";
import { type RetentionHistory, randomRetention } from "./model/retention-history.ts";
import type { SentSamples } from "./model/sample.ts";
import { CALL_MS, WriteCosts } from "./model/write-costs.ts";
import { Meetings, pickRace, prioritiesOf, type Race } from "./races.ts";
import type { Random } from "./random.ts";
import type { RowsAlone } from "./rows-alone.ts";
import { type Role, Scheduler } from "./scheduler.ts";
import { ExpiringTable } from "./tables/expiring-table.ts";
import type { Weather, World } from "./tables/scheduled-table.ts";
import type { Tally } from "./tally.ts";
import { type Hardships, pickWorld, WORLDS, type WorldChoice, type WorldName } from "./worlds.ts";

/** Moments, nearly what a writer may hold a record and around it, around what a flush waits for, and of a frozen process hours. */
const ANY_DELAYS = [
  [0, SECOND_MS],
  [25 * SECOND_MS, 30 * SECOND_MS],
  [0, 35 * SECOND_MS],
  [0, 35 * SECOND_MS],
  [0, 100 * SECOND_MS],
  [0, 2 * HOUR_MS],
] as const;
const HOLDING_DELAYS = [
  [27 * SECOND_MS, 30 * SECOND_MS],
  [0, 70 * SECOND_MS],
] as const;
const CALM: Weather = { fault: 0, death: 0, delay: 0, delays: ANY_DELAYS, pageItems: 1000 };
/** Every call takes as long, which is what a request takes when it makes them one after another. */
const UNHURRIED: Weather = {
  fault: 0,
  death: 0,
  delay: 1,
  delays: [[CALL_MS / 2, CALL_MS / 2]],
  pageItems: 1000,
};
const WEATHERS: readonly Weather[] = [
  { fault: 0, death: 0, delay: 0.02, delays: ANY_DELAYS, pageItems: 1000 },
  { fault: 0.03, death: 0.002, delay: 0.02, delays: ANY_DELAYS, pageItems: 10 },
  { fault: 0.03, death: 0.02, delay: 0.05, delays: HOLDING_DELAYS, pageItems: 4 },
  { fault: 0.1, death: 0.005, delay: 0.01, delays: ANY_DELAYS, pageItems: 3 },
  { fault: 0.01, death: 0, delay: 0.1, delays: ANY_DELAYS, pageItems: 1000 },
  { fault: 0, death: 0, delay: 0.2, delays: HOLDING_DELAYS, pageItems: 1000 },
];
const FEW_SERIES = [100, 0, 100, 1];
/** What the design allows clocks to be apart, their grain included (docs/storage-format.md). Not the engine's: it may be wrong. */
export const MAX_CLOCK_ERROR_MS = 30 * SECOND_MS;

export interface Simulated extends World {
  readonly worldName: WorldName;
  readonly hardships: Hardships;
  readonly table: ExpiringTable;
  /** The same where nothing fails or waits, as a program has it: with checksums. */
  readonly calmTable: Table;
  /** Of the schedule's seed: even ids are the same every time. */
  readonly randomBytes: RandomBytes;
  /** By tenant. */
  readonly models: ReadonlyMap<string, Model>;
  readonly workload: Workload;
  readonly retention: RetentionHistory;
  readonly grainMs: number;
  /** Of shards, as bits, that a writer picks from. */
  readonly levels: readonly number[];
  readonly shardBits: BitsOf;
  /** See `WritersOptions`. */
  readonly fewSeries: number;
  readonly partitionBits: BitsOf;
  /** See `PlanOptions`: requests bring so little that by default nothing would become chunks. */
  readonly sparseSamples: number;
  /** How often a compactor flushes whatever has settled. */
  readonly eagerness: number;
  /** In a schedule whose actors meet on purpose. */
  readonly race: Race | undefined;
  readonly meetings: Meetings | undefined;
  /** All happens within minutes. */
  readonly isHurried: boolean;
  /** 1 or -1: the writers' clocks are that far ahead of all others, or behind, as may be; 0: clocks are as they are. */
  readonly writerSkew: number;
  /** Of the processes started last. */
  readonly skews: Map<Role, number>;
  /** When those who have nothing to do for long all wake up, and when at the latest. */
  wakeMs: number;
  lastWakeMs: number;
  /** Requests that senders will repeat, by tenant. */
  readonly unsent: Map<string, (readonly SentSamples[])[]>;
  /** Blocks that users have, by tenant. */
  readonly blocks: Map<string, SimulatedBlock[]>;
  /** Once samples have expired and hourly rows are all there is. */
  rowsAlone: RowsAlone | undefined;
  /** Kinds of items, as first bytes of their keys, of which one was damaged. */
  readonly damagedKinds: Set<number>;
  damages: number;
  /** See model/left-days.ts. */
  readonly leftDays: Set<number>;
  /** What crowded writers cost. */
  readonly costs: WriteCosts;
}

function weatherOf(random: Random, { isCrowded, isSparse }: Hardships): Weather {
  if (isSparse) return UNHURRIED;
  return isCrowded ? CALM : random.pick(WEATHERS);
}

function hardshipsOf(world: Hardships, race: Race | undefined): Hardships {
  const isPlain = world.intervals.length === 0 && world.retention === "fixed";
  return isPlain ? { ...world, ...race?.hardships } : world;
}

function workloadOf(random: Random, { isCrowded, isSparse, isBusy, isJolted }: Hardships): Workload {
  if (isBusy) return BUSY_WORKLOAD;
  if (isJolted) return JOLTED_WORKLOAD;
  if (isSparse) return SPARSE_WORKLOAD;
  return isCrowded ? CROWDED_WORKLOAD : randomWorkload(random);
}

export function newSimulated(random: Random, tally: Tally, choice: WorldChoice): Simulated {
  const worldName = pickWorld(random, choice);
  const startMs = MIDNIGHT_MS + random.between(0, DAY_MS);
  // Not of `random`, so that schedules without a race are those of before.
  const race = pickRace(startMs, WORLDS[worldName]);
  const hardships = hardshipsOf(WORLDS[worldName], race);
  const grainMs = random.pick(hardships.isJolted ? [1000, 10_000] : (race?.grainsMs ?? [1, 1, 1000, 10_000]));
  const scheduler = new Scheduler(random, startMs, grainMs, hardships.isSparse ? 0 : undefined);
  if (race !== undefined) {
    scheduler.order = prioritiesOf(random) ?? random;
    tally.add("actors raced on purpose");
  }
  const table = new ExpiringTable(new MemoryTable(), () => scheduler.countStep());
  const levels = hardships.isBusy ? [1] : random.pick([[0], [0, 1], [0, 2], [1], [2, 3]]);
  const retention = randomRetention(random, hardships.retention, startMs, hardships.actMs);
  const tenants = random.chance(0.7) ? ["a"] : ["a", "b"];
  return {
    scheduler,
    table,
    calmTable: new VerifiedTable(table),
    tally,
    randomBytes: (length) => random.bytes(length),
    weather: race?.weather ?? weatherOf(random, hardships),
    bornMs: new Map(),
    overwritten: new Map(),
    landsAgain: true,
    peek: (key) => table.peek(key),
    list: () => table.items(),
    models: new Map(tenants.map((tenant) => [tenant, new Model()])),
    workload: { ...workloadOf(random, hardships), ...race?.workload },
    race,
    meetings: race && new Meetings(random, grainMs),
    worldName,
    hardships,
    retention,
    grainMs,
    levels,
    // Not of `random`, so that schedules without brief references are those of before.
    fewSeries: FEW_SERIES[startMs % FEW_SERIES.length],
    shardBits: () => random.pick(levels),
    partitionBits: () => random.between(0, 3),
    sparseSamples: hardships.isSparse ? SPARSE_SAMPLES : random.pick([0, 0, 2, SPARSE_SAMPLES]),
    eagerness: random.pick(race === undefined ? [0, 0.3, 1] : [0.3, 1, 1]),
    isHurried: random.chance(0.4),
    writerSkew: random.pick([0, 0, -1, 1]),
    skews: new Map(),
    wakeMs: 0,
    lastWakeMs: startMs + hardships.actMs,
    unsent: new Map(),
    blocks: new Map(),
    rowsAlone: undefined,
    damagedKinds: new Set(),
    damages: 0,
    leftDays: new Set(),
    costs: new WriteCosts(),
  };
}
