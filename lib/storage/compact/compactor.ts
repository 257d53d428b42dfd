/**
 * Compaction of a whole table: the days that writers said they write to, tenant by tenant. A writer marks each hour in which
 * it writes to a day; the compactor goes through the marks from its cursor on, and moves the cursor over those that are done.
 * Once a day it sweeps: it goes through all marks, and through all days of tenants whose retention has grown.
 */

import { errorKind } from "../../model/errors.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { type Clock, HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import { READS_BRIEF } from "../layout/brief-keys.ts";
import { hourOf } from "../layout/keys.ts";
import { isDayPast, type RetentionMs } from "../layout/retention.ts";
import type { BitsOf } from "../layout/shard.ts";
import { SETTLE_MS } from "../log/settling.ts";
import type { DamagedItem } from "../quarantine/quarantine.ts";
import { loadAllRollupMonths } from "../rollups/rollup-months.ts";
import { forEachBounded } from "../table/bounded.ts";
import { type Meter, newMeter, type Table } from "../table/table.ts";
import { compactDay } from "./compact-day.ts";
import { newDayContext } from "./day-context.ts";
import type { DayOutcome } from "./day-outcome.ts";
import type { CompactDayOptions, DayMarks } from "./day-run.ts";
import { type Cursor, isSweepDue, listMarks, loadCursor, type MarkedDay, storeCursor } from "./marks.ts";
import { type PaceOptions, Pacer } from "./pacing/pacer.ts";
import { compactMonth, type MonthOutcome } from "./rollups/compact-month.ts";
import {
  hasGrown,
  listCompactedDays,
  listUnfinishedDays,
  loadSweptRetentions,
  storeSweptRetention,
} from "./sweep.ts";

/** For how long a compactor works alone before it asks for help with the days that still wait. */
export const FAN_OUT_AFTER_MS = MINUTE_MS;

/** Days compacted at once: each waits for the table most of its time. */
const DAY_CONCURRENCY = 2;

export interface CompactOptions extends CompactDayOptions {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** By the name in the keys; undefined: that life of the tenant was deleted, and nothing is done with what is left. */
  readonly retentionOf: (storedAs: string) => RetentionMs | undefined | Promise<RetentionMs | undefined>;
  /** Of hourly rows; default: that of samples. */
  readonly rollupRetentionOf?:
    | ((storedAs: string) => RetentionMs | undefined | Promise<RetentionMs | undefined>)
    | undefined;
  /** See `DayContext`. */
  readonly partitionBits?: BitsOf | undefined;
  /**
   * Starts another compactor, which takes the days that nobody has a lease on; must not throw. Called once at most, when days
   * still wait after `FAN_OUT_AFTER_MS`.
   */
  readonly fanOut?: (() => Promise<void>) | undefined;
  /** The table's capacity, where it may be provisioned: then the run paces itself. Absent: never. */
  readonly pacing?: Pick<PaceOptions, "capacity" | "share" | "sleep"> | undefined;
  /** Gets a report of each day as it is finished, or fails: the others go on. */
  readonly onDay?: (report: DayReport) => void;
  /** Gets a report of each month of hourly rows to which something was done. */
  readonly onMonth?: ((report: MonthReport) => void) | undefined;
  /** Gets each damaged item that was put in quarantine. */
  readonly onDamagedItem?: ((damaged: DamagedItem) => void) | undefined;
}

export interface DayReport {
  readonly tenant: string;
  readonly day: number;
  /** Undefined if the day could not even be looked at. */
  readonly outcome: DayOutcome | undefined;
  /** What is wrong with the day, if anything is. */
  readonly error: unknown;
  readonly meter: Meter;
}

export interface MonthReport {
  readonly tenant: string;
  /** Months since January 1970. */
  readonly month: number;
  /** Undefined if it failed: see `error`. */
  readonly outcome: MonthOutcome | undefined;
  readonly error: unknown;
  readonly meter: Meter;
}

export interface CompactResult {
  readonly days: number;
  /** Days with an error: they failed, wait after failing, or have damaged parts. */
  readonly failures: number;
  /** Damaged items put in quarantine. */
  readonly quarantined: number;
  /** For how long, at most, a reader finds samples in the log only, in ms. */
  readonly lagMs: number;
  /** How long ago the oldest deletion was made that is not carried out in all that this run has seen, in ms. */
  readonly deletionAgeMs: number;
}

/** Compacts what is due. Throws "unavailable" when the marks cannot be read; a day that fails is reported and counted. */
export async function compact(table: Table, options: CompactOptions): Promise<CompactResult> {
  const { pacing, clock, deadlineMs, signal } = options;
  const pacer = pacing && (await Pacer.open(table, { ...pacing, clock, deadlineMs, signal }));
  if (pacer === undefined) return new Compactor(table, options).run();
  try {
    // A second compactor would find no tokens.
    return await new Compactor(pacer.table, { ...options, pace: pacer, fanOut: undefined }).run();
  } finally {
    // Tokens that do not come back are missing for some minutes; the run is done.
    await pacer.close().catch(ignoreUnavailable);
  }
}

class Compactor {
  readonly #table: Table;
  readonly #options: CompactOptions;
  readonly #startMs: number;
  readonly #suspects: MarkedDay[] = [];
  #isAlone: boolean;
  #isSweep = false;
  /** The earliest hour with a mark that is not done. */
  #pinnedMs = Number.POSITIVE_INFINITY;
  /** The same of days that are not damaged. */
  #dueMs = Number.POSITIVE_INFINITY;
  #days = 0;
  #failures = 0;
  #quarantined = 0;
  #lagMs = 0;
  #deletionAgeMs = 0;

  constructor(table: Table, options: CompactOptions) {
    this.#table = table;
    this.#options = options;
    this.#startMs = options.clock();
    this.#isAlone = options.fanOut !== undefined;
  }

  async run(): Promise<CompactResult> {
    const cursor = await loadCursor(this.#table);
    this.#isSweep = this.#options.isFinishing === true || isSweepDue(cursor, this.#startMs);
    const marks = await listMarks(this.#table, this.#isSweep ? 0 : cursor.hourMs);
    // Compactors at work together begin at different days.
    await forEachBounded(rotate(marks, this.#startMs), DAY_CONCURRENCY, async (mark) => {
      if (this.#isAlone && this.#options.clock() - this.#startMs >= FAN_OUT_AFTER_MS) {
        this.#isAlone = false;
        await this.#options.fanOut?.();
      }
      await this.#compactMark(mark, false);
    });
    // A day that may end the process comes last and alone.
    for (const mark of this.#suspects) await this.#compactMark(mark, true);
    const isSwept = this.#isSweep && (await this.#sweepRetentions(marks));
    await this.#moveCursor(cursor, marks, isSwept);
    return {
      days: this.#days,
      failures: this.#failures,
      quarantined: this.#quarantined,
      lagMs: this.#lagMs,
      deletionAgeMs: this.#deletionAgeMs,
    };
  }

  async #compactMark(mark: MarkedDay, mayRetry: boolean): Promise<void> {
    const { lastHourMs, firstHourMs, digest, tenant, day } = mark;
    const marks = { lastHourMs, digest: this.#isSweep ? digest : undefined, mayRetry };
    const report = await this.#compactDay(tenant, day, marks);
    if (report === undefined) return;
    const { outcome } = report;
    if (outcome?.state === "suspect") {
      this.#suspects.push(mark);
      return;
    }
    this.#report(report);
    if ((outcome?.settledToMs ?? 0) < lastHourMs + HOUR_MS) {
      this.#pinnedMs = Math.min(this.#pinnedMs, firstHourMs);
      if (!isDamaged(report)) this.#dueMs = Math.min(this.#dueMs, firstHourMs);
    }
    // Where nothing is known, it came in the hour of the first mark, or later.
    const oldestMs = outcome === undefined ? firstHourMs : outcome.oldestMs;
    if (oldestMs !== undefined)
      this.#lagMs = Math.max(this.#lagMs, this.#startMs - Math.max(oldestMs, firstHourMs));
  }

  #noteDeletion(oldestMs: number | undefined): void {
    if (oldestMs !== undefined) this.#deletionAgeMs = Math.max(this.#deletionAgeMs, this.#startMs - oldestMs);
  }

  #report(report: DayReport): void {
    this.#days++;
    this.#noteDeletion(report.outcome?.oldestDeletionMs);
    if (report.error !== undefined) this.#failures++;
    this.#options.onDay?.(report);
  }

  /**
   * Compacts one day; never throws. Undefined for a day past retention, of which TTL may have taken
   * something, and of a tenant that was deleted.
   */
  async #compactDay(tenant: string, day: number, marks: DayMarks): Promise<DayReport | undefined> {
    const { retentionOf, clock, randomBytes, partitionBits, onDamagedItem } = this.#options;
    const meter = newMeter();
    try {
      const retentionMs = await retentionOf(tenant);
      if (retentionMs === undefined || isDayPast(day, clock(), retentionMs)) return undefined;
      const rollupRetentionMs = await this.#options.rollupRetentionOf?.(tenant);
      const place = { table: this.#table.metered(meter), tenant, day, retentionMs, rollupRetentionMs };
      const context = newDayContext({ ...place, clock, randomBytes, partitionBits }, (damaged) => {
        this.#quarantined++;
        onDamagedItem?.(damaged);
      });
      const outcome = await compactDay(context, this.#options, marks);
      // What a deletion of the tenant takes meanwhile is no damage.
      if (outcome.error !== undefined && (await retentionOf(tenant)) === undefined) return undefined;
      return { tenant, day, outcome, error: outcome.error, meter };
    } catch (error) {
      return { tenant, day, outcome: undefined, error, meter };
    }
  }

  /**
   * Looks at all days of tenants whose retention has grown since the last sweep. Returns whether there was time for all; a
   * tenant of whom a day failed has its turn again at the next sweep.
   */
  async #sweepRetentions(marks: readonly MarkedDay[]): Promise<boolean> {
    const { retentionOf, clock, deadlineMs, signal } = this.#options;
    const swept = await loadSweptRetentions(this.#table);
    const marked = Map.groupBy(marks, ({ tenant }) => tenant);
    for (const tenant of new Set([...swept.keys(), ...marked.keys()])) {
      const retentionMs = await retentionOf(tenant);
      if (retentionMs === undefined) continue;
      const ofTenant = new Set(marked.get(tenant)?.map(({ day }) => day));
      if (!(await this.#compactUnmarked(tenant, retentionMs, ofTenant))) return false;
      if (swept.get(tenant) === retentionMs) continue;
      const isGrown = hasGrown(swept.get(tenant), retentionMs);
      const days = isGrown ? await listCompactedDays(this.#table, tenant, retentionMs, clock()) : [];
      let isDone = true;
      for (const day of days) {
        if (signal?.aborted === true || clock() >= deadlineMs) return false;
        const report = await this.#compactDay(tenant, day, RENEWED_DAY);
        if (report === undefined || report.outcome?.state === "done") continue;
        isDone = false;
        if (report.error !== undefined) this.#report(report);
      }
      if (isDone) await storeSweptRetention(this.#table, tenant, retentionMs);
    }
    return true;
  }

  /** Days that have no mark any more and were never settled. Returns whether there was time for all. */
  async #compactUnmarked(
    tenant: string,
    retentionMs: RetentionMs,
    marked: ReadonlySet<number>,
  ): Promise<boolean> {
    const { clock, deadlineMs, signal } = this.#options;
    const rollupRetentionMs = (await this.#options.rollupRetentionOf?.(tenant)) ?? retentionMs;
    const { unsettled, unrolled, undeleted } = await listUnfinishedDays(
      this.#table,
      tenant,
      retentionMs,
      rollupRetentionMs,
      clock(),
    );
    const days = [
      ...unsettled.filter((day) => !marked.has(day)).map((day) => [day, UNMARKED_DAY] as const),
      ...unrolled.map((day) => [day, UNROLLED_DAY] as const),
      ...undeleted.filter((day) => !marked.has(day)).map((day) => [day, UNMARKED_DAY] as const),
    ];
    for (const [day, marks] of days) {
      if (signal?.aborted === true || clock() >= deadlineMs) return false;
      const report = await this.#compactDay(tenant, day, marks);
      if (report !== undefined) this.#report(report);
    }
    return this.#compactMonths(tenant, rollupRetentionMs);
  }

  /** Goes through a tenant's months of hourly rows. Returns whether there was time for all. */
  async #compactMonths(tenant: string, rollupRetentionMs: RetentionMs): Promise<boolean> {
    const { clock, deadlineMs, signal, randomBytes, onMonth } = this.#options;
    const isTimeUp = () =>
      signal?.aborted === true || clock() >= deadlineMs || this.#options.pace?.isSpent() === true;
    for (const month of (await loadAllRollupMonths(this.#table, tenant, () => {})).keys()) {
      if (isTimeUp()) return false;
      const meter = newMeter();
      const place = { tenant, month, rollupRetentionMs, clock, randomBytes };
      try {
        const outcome = await compactMonth({ table: this.#table.metered(meter), ...place }, isTimeUp);
        this.#noteDeletion(outcome.oldestDeletionMs);
        if (outcome.rows + outcome.released > 0)
          onMonth?.({ tenant, month, outcome, error: undefined, meter });
      } catch (error) {
        this.#failures++;
        onMonth?.({ tenant, month, outcome: undefined, error, meter });
      }
    }
    return true;
  }

  async #moveCursor(cursor: Cursor, marks: readonly MarkedDay[], isSwept: boolean): Promise<void> {
    const newestMs = marks.reduce((newest, { lastHourMs }) => Math.max(newest, lastHourMs), 0);
    // Not past the newest mark, whatever the clock says; a mark of the hour before may still come, within a settle time.
    const latestMs = Math.min(newestMs, hourOf(this.#startMs - SETTLE_MS));
    const hourMs = Math.min(this.#pinnedMs, latestMs);
    const dueMs = Math.min(this.#dueMs, latestMs);
    const isMoved = this.#isSweep ? hourMs !== cursor.hourMs : hourMs > cursor.hourMs;
    const sweptMs = isSwept ? this.#startMs : cursor.sweptMs;
    if (isMoved || isSwept || dueMs > cursor.dueMs || cursor.reads < READS_BRIEF)
      await storeCursor(this.#table, { hourMs: isMoved ? hourMs : cursor.hourMs, sweptMs, dueMs });
  }
}

function ignoreUnavailable(error: unknown): void {
  if (errorKind(error) !== "unavailable") throw error;
}

/** Whether a day waits for a repair, and not for time or for the table. */
function isDamaged({ error, outcome }: DayReport): boolean {
  if (error === undefined || errorKind(error) === "unavailable") return false;
  return outcome?.state !== "out of time" && outcome?.state !== "busy";
}

/** A day whose marks have gone: its log is looked at. */
const UNMARKED_DAY: DayMarks = { lastHourMs: Number.POSITIVE_INFINITY, mayRetry: true };

/** A settled day whose hourly rows are to be made. */
const UNROLLED_DAY: DayMarks = {
  lastHourMs: Number.NEGATIVE_INFINITY,
  mayRetry: true,
  isRollingOnly: true,
};

/** A day of which only the expiry is in question: its log is as it was. */
const RENEWED_DAY: DayMarks = { lastHourMs: Number.NEGATIVE_INFINITY, isRenewalOnly: true };

/** The same in the same order, begun anywhere. */
function rotate<T>(all: readonly T[], by: number): readonly T[] {
  const start = all.length === 0 ? 0 : by % all.length;
  return [...all.slice(start), ...all.slice(0, start)];
}
