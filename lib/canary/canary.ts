/**
 * A canary: a series that Hearth writes as any sender does and reads back as any user does, from every form that samples
 * take and from every day. A sample that was acknowledged and is not found again is the alarm that nobody else can raise.
 */
import { errorKind, errorMessage, HearthError } from "../model/errors.ts";
import type { Limits } from "../model/limits.ts";
import type { Log } from "../model/log.ts";
import { type Metrics, withoutZeros } from "../model/metrics.ts";
import { type Clock, DAY_MS, HOUR_MS } from "../model/time.ts";
import type { Queryable } from "../storage/interface.ts";
import { dayOf } from "../storage/layout/keys.ts";
import { oldestKept, type RetentionMs } from "../storage/layout/retention.ts";
import { Reader } from "../storage/read/reader.ts";
import { newMeter, type Table } from "../storage/table/table.ts";
import type { Writers } from "../storage/write/writers.ts";
import { CANARY_TENANT, canaryBatch, selectCanary } from "./canary-series.ts";
import {
  type CanaryState,
  loadState,
  loadValuesOfDay,
  type Missing,
  replaceState,
  storeFirstOfDay,
} from "./canary-state.ts";
import { findHoles } from "./holes.ts";
import { CANARY_INTERVAL_MS, type Place, placesOf } from "./places.ts";

export interface CanaryOptions {
  readonly table: Table;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly writers: Pick<Writers, "appender">;
  readonly retentionMs: RetentionMs;
  readonly signal?: AbortSignal | undefined;
}

export interface CanaryReport {
  /** How many samples were acknowledged so far. */
  readonly sequence: number;
  /** Names of the places that were looked at. */
  readonly checked: readonly string[];
  /** All that is missing, in these places and, as far as is known, in the others. */
  readonly missing: Readonly<Record<string, Missing>>;
  readonly samples: number;
  readonly gapMs: number;
}

/** Samples on both sides of a place, so that its edges are checked too: looked for within so much, then more. */
const MARGINS_MS: readonly number[] = [3 * CANARY_INTERVAL_MS, DAY_MS, 16 * DAY_MS];
/** A day's last hours before retention may be gone already. */
const LEAVING_MS = HOUR_MS;
const NOTHING_MISSING: Missing = { samples: 0, gapMs: 0 };

/** Writes one sample and reads some back. Throws "unavailable", and "data" for a damaged state. */
export async function runCanary(options: CanaryOptions): Promise<CanaryReport> {
  const { table, clock, limits, writers, retentionMs, signal } = options;
  const stored = await loadState(table);
  const nowMs = clock();
  const sequence = (stored.state?.sequence ?? 0) + 1;
  const startedMs = stored.state?.startedMs ?? nowMs;
  const day = dayOf(nowMs);
  if (stored.state?.day !== day) await storeFirstOfDay(table, day, sequence, retentionMs);
  const { rejections } = await writers
    .appender({ tenant: CANARY_TENANT, retentionMs }, table)
    .append(canaryBatch(nowMs, sequence));
  if (rejections.count > 0)
    throw new HearthError("internal", `canary: its sample was refused: ${rejections.reasons[0]}`);

  const source = new Reader(table, { tenant: CANARY_TENANT, clock, limits, retentionMs });
  const oldestMs = Math.max(startedMs, oldestKept(nowMs, retentionMs) + LEAVING_MS);
  const missing = stillKept(stored.state, oldestMs);
  const places = placesOf(nowMs, oldestMs);
  for (const place of places) {
    const found = await checkOrDamage(table, source, place, { nowMs, startedMs, oldestMs, sequence, signal });
    if (found.samples > 0) missing[place.name] = found;
    else delete missing[place.name];
  }
  // A canary that ran at the same time has written this value too; whichever state is kept, none is skipped.
  await replaceState(table, stored, { sequence, startedMs, day, missing });
  const all = Object.values(missing);
  return {
    sequence,
    checked: places.map(({ name }) => name),
    missing,
    samples: all.reduce((sum, { samples }) => sum + samples, 0),
    gapMs: Math.max(0, ...all.map(({ gapMs }) => gapMs)),
  };
}

/** Runs the canary; logs and counts what came of it. Never throws. Undefined when it could not run. */
export async function runCanaryAndLog(
  options: CanaryOptions,
  log: Log,
  metrics?: Metrics,
): Promise<CanaryReport | undefined> {
  const startMs = options.clock();
  const meter = newMeter();
  try {
    const report = await runCanary({ ...options, table: options.table.metered(meter) });
    const durationMs = options.clock() - startMs;
    log(report.samples > 0 ? "error" : "debug", "canary", { ...report, durationMs, ...meter });
    // Zeros too: that none comes tells of a canary that does not run.
    const { samples: CanaryMissing, gapMs: CanaryGapMs } = report;
    metrics?.({ CanaryMissing, CanaryGapMs }, { labels: {}, durationMs });
    return report;
  } catch (error) {
    log("error", "canary", { error: errorMessage(error), ...meter });
    metrics?.(withoutZeros({ CanaryFailures: 1 }), { labels: {}, durationMs: options.clock() - startMs });
    return undefined;
  }
}

/** What is known to be missing, but for days that have left. */
function stillKept(state: CanaryState | undefined, oldestMs: number): Record<string, Missing> {
  const kept = Object.entries(state?.missing ?? {}).filter(([name]) => {
    const dayMs = Date.parse(name);
    return Number.isNaN(dayMs) || dayMs + DAY_MS > oldestMs;
  });
  return Object.fromEntries(kept);
}

interface Bounds {
  readonly nowMs: number;
  readonly startedMs: number;
  readonly oldestMs: number;
  readonly sequence: number;
  readonly signal: AbortSignal | undefined;
}

/** A place whose items are damaged or gone is one whose samples are missing, at least one. */
async function checkOrDamage(
  table: Table,
  source: Pick<Queryable, "select">,
  place: Place,
  bounds: Bounds,
): Promise<Missing> {
  try {
    return await check(table, source, place, bounds);
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return { samples: 1, gapMs: 0 };
  }
}

async function check(
  table: Table,
  source: Pick<Queryable, "select">,
  place: Place,
  bounds: Bounds,
): Promise<Missing> {
  const { oldestMs, startedMs, signal } = bounds;
  const { day, fromMs, toMs } = place;
  // Of a day of which a part has left, or in which the canary began, the first value is another.
  if (day === undefined || (fromMs === oldestMs && oldestMs !== startedMs))
    return checkWidened(source, place, bounds);
  const expected = await loadValuesOfDay(table, day);
  if (expected === undefined) return NOTHING_MISSING;
  return findHoles(await selectCanary(source, fromMs, toMs, signal), expected);
}

/** Widens a place until it has a sample on either side of it, so that a hole at its edge is seen. */
async function checkWidened(
  source: Pick<Queryable, "select">,
  { fromMs, toMs }: Place,
  { nowMs, startedMs, oldestMs, sequence, signal }: Bounds,
): Promise<Missing> {
  let missing = NOTHING_MISSING;
  for (const marginMs of MARGINS_MS) {
    const [from, to] = [Math.max(fromMs - marginMs, oldestMs), Math.min(toMs + marginMs, nowMs)];
    const samples = await selectCanary(source, from, to, signal);
    const isFirst = from === startedMs;
    // The newest sample was acknowledged just now.
    missing = findHoles(samples, {
      first: isFirst ? 1 : undefined,
      last: to >= nowMs ? sequence : undefined,
    });
    const first = samples.timestamps[0];
    const last = samples.timestamps[samples.timestamps.length - 1];
    if ((first < fromMs || from === oldestMs) && (last > toMs || to === nowMs)) break;
  }
  return missing;
}
