/**
 * Compaction of a whole table: the days that writers said they write to, tenant by tenant. A writer marks each hour in which
 * it writes to a day; the compactor goes through the marks from its cursor on, and moves the cursor over those that are done.
 */
import type { RandomBytes } from "../../model/random-bytes.ts";
import { type Clock, HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { cursorKey, hourOf, marksRange, parseMarkSortKey } from "../layout/keys.ts";
import { isDayPast, type RetentionMs } from "../layout/retention.ts";
import type { BitsOf } from "../layout/shard.ts";
import { SETTLE_MS } from "../log/settling.ts";
import { forEachBounded } from "../table/bounded.ts";
import { type Meter, newMeter, type Table } from "../table/table.ts";
import { type CompactDayOptions, compactDay, type DayOutcome } from "./compact-day.ts";

/** For how long a compactor works alone before it asks for help with the days that still wait. */
export const FAN_OUT_AFTER_MS = MINUTE_MS;

/** Days compacted at once: each waits for the table most of its time. */
const DAY_CONCURRENCY = 2;

export interface CompactOptions extends CompactDayOptions {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly retentionOf: (tenant: string) => RetentionMs | Promise<RetentionMs>;
  /** See `DayContext`. */
  readonly partitionBits?: BitsOf | undefined;
  /**
   * Starts another compactor, which takes the days that nobody has a lease on; must not throw. Called once at most, when days
   * still wait after `FAN_OUT_AFTER_MS`.
   */
  readonly fanOut?: (() => Promise<void>) | undefined;
  /** Told of each day as it is finished, or fails: the others go on. */
  readonly onDay?: (report: DayReport) => void;
}

export interface DayReport {
  readonly tenant: string;
  readonly day: number;
  readonly outcome: DayOutcome | undefined;
  readonly error: unknown;
  readonly meter: Meter;
}

export interface CompactResult {
  readonly days: number;
  readonly failures: number;
  /** For how long, at most, a reader finds samples in the log only, in ms. */
  readonly lagMs: number;
}

/** A tenant's day, and the first and last hour in which it was written to, as ms of their starts. */
interface DayMark {
  readonly tenant: string;
  readonly day: number;
  readonly firstHourMs: number;
  readonly lastHourMs: number;
}

/** Compacts what is due. Throws "unavailable" when the marks cannot be read; a day that fails is reported and counted. */
export async function compact(table: Table, options: CompactOptions): Promise<CompactResult> {
  const startMs = options.clock();
  const cursorMs = await loadCursor(table);
  // Compactors at work together begin at different days.
  const marks = rotate(await listMarks(table, cursorMs), startMs);
  let isAlone = options.fanOut !== undefined;
  let days = 0;
  let failures = 0;
  let lagMs = 0;
  // A mark of the hour before may still come: it lands before the first record of its hour, so within a settle time.
  let nextMs = hourOf(startMs - SETTLE_MS);
  await forEachBounded(marks, DAY_CONCURRENCY, async (mark) => {
    if (isAlone && options.clock() - startMs >= FAN_OUT_AFTER_MS) {
      isAlone = false;
      await options.fanOut?.();
    }
    const report = await compactMark(table, mark, options);
    if (report === undefined) return;
    days++;
    const { settledToMs = 0, flushedToMs = 0 } = report.outcome ?? {};
    if (report.error !== undefined) failures++;
    if (settledToMs < mark.lastHourMs + HOUR_MS) nextMs = Math.min(nextMs, mark.firstHourMs);
    // What was never flushed came in the hour of its first mark, or later.
    const lagFromMs = Math.max(flushedToMs, mark.firstHourMs);
    if (flushedToMs < mark.lastHourMs + HOUR_MS) lagMs = Math.max(lagMs, startMs - lagFromMs);
    options.onDay?.(report);
  });
  if (nextMs > cursorMs)
    await table.put({ ...cursorKey(), value: new ByteWriter().writeVarint(nextMs).finish() });
  return { days, failures, lagMs };
}

/** The same in the same order, begun anywhere. */
function rotate<T>(all: readonly T[], by: number): readonly T[] {
  const start = all.length === 0 ? 0 : by % all.length;
  return [...all.slice(start), ...all.slice(0, start)];
}

/** Compacts one day; never throws. Undefined for a day past retention, of which TTL may have taken something. */
async function compactMark(
  table: Table,
  mark: DayMark,
  options: CompactOptions,
): Promise<DayReport | undefined> {
  const { tenant, day } = mark;
  const { retentionOf, clock, randomBytes, partitionBits } = options;
  const meter = newMeter();
  try {
    const retentionMs = await retentionOf(tenant);
    if (isDayPast(day, clock(), retentionMs)) return undefined;
    const place = { table: table.metered(meter), tenant, day, retentionMs };
    const context = { ...place, clock, randomBytes, partitionBits };
    return { tenant, day, outcome: await compactDay(context, options), error: undefined, meter };
  } catch (error) {
    return { tenant, day, outcome: undefined, error, meter };
  }
}

async function loadCursor(table: Table): Promise<number> {
  const item = await table.get(cursorKey(), { consistent: true });
  return item === undefined ? 0 : new ByteReader(item.value, "compaction cursor").readVarint();
}

async function listMarks(table: Table, fromMs: number): Promise<DayMark[]> {
  const marks = new Map<string, DayMark>();
  for await (const page of table.query(marksRange(fromMs), { consistent: true })) {
    for (const item of page) {
      const { hourMs, day, tenant } = parseMarkSortKey(item.sk);
      const key = `${day}/${tenant}`;
      marks.set(key, { tenant, day, firstHourMs: marks.get(key)?.firstHourMs ?? hourMs, lastHourMs: hourMs });
    }
  }
  return [...marks.values()];
}
