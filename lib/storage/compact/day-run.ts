/** One compactor's run over a day: what it was asked for, and what it has found and done so far. */
import { HOUR_MS } from "../../model/time.ts";
import type { DayDeletions } from "../deletion/deletion.ts";
import type { Manifest } from "../layout/manifest.ts";
import type { StoredManifest } from "../layout/manifest-store.ts";
import { SETTLE_MS } from "../log/settling.ts";
import type { MetricCount } from "../parts/metric-counts.ts";
import type { DayContext } from "./day-context.ts";
import { DayManifest } from "./day-manifest.ts";
import type { Pace } from "./pacing/pace.ts";

export interface CompactDayOptions {
  /**
   * No step begins after this time, in ms, nor after `signal` is aborted. A step that began finishes.
   */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Flushes all that has settled, however little. Default false. */
  readonly isEager?: boolean | undefined;
  /** Flushes, merges and chunks everything of any age, while nobody writes. Default false. */
  readonly isFinishing?: boolean | undefined;
  /** Absent: the table takes whatever is written. */
  readonly pace?: Pace | undefined;
  /** Items of a bucket that are stored at a time. */
  readonly storeSlice?: number | undefined;
  /** Gets what a step stored of each metric. */
  readonly onMetric?: ((tenant: string, count: MetricCount) => void) | undefined;
  /** See `PlanOptions`. */
  readonly sparseSamples?: number | undefined;
}

/** What the marks say of a day. */
export interface DayMarks {
  /** The start of the last hour in which it was written to, in ms. */
  readonly lastHourMs: number;
  /** Digest of all marks of the day, 8 bytes in hex; undefined where some were not read. */
  readonly digest?: string | undefined;
  /** Whether a day that failed before is tried, which may end the process. */
  readonly mayRetry?: boolean | undefined;
  /** Nothing but its expiry is in question. */
  readonly isRenewalOnly?: boolean | undefined;
  /** Nothing but its hourly rows is in question. */
  readonly isRollingOnly?: boolean | undefined;
}

/** Marks of a day about which nothing is known: its log is read. */
export const NO_MARKS: DayMarks = { lastHourMs: Number.POSITIVE_INFINITY, mayRetry: true };

export interface DayProgress {
  flushes: number;
  /** Of the index. */
  merges: number;
  chunkings: number;
  /** Records flushed. */
  records: number;
  /** Samples made chunks. */
  samples: number;
  /** Hourly rows made. */
  rows: number;
  /** Items out of which deleted samples were taken. */
  erasedItems: number;
  /** Series that left the index, and items of it that were deleted. */
  unindexedSeries: number;
  deletedItems: number;
}

/** What a run begins with. */
export interface StoredDay extends StoredManifest {
  readonly deletions: DayDeletions;
}

export class DayRun {
  readonly context: DayContext;
  readonly options: CompactDayOptions;
  readonly marks: DayMarks;
  readonly published: DayManifest;
  readonly progress: DayProgress = {
    flushes: 0,
    merges: 0,
    chunkings: 0,
    records: 0,
    samples: 0,
    rows: 0,
    erasedItems: 0,
    unindexedSeries: 0,
    deletedItems: 0,
  };
  /** The day's deletions when the run began, without those that it has forgotten. */
  deletions: DayDeletions;
  /** Buckets whose inputs this run found damaged. */
  readonly held = new Set<number>();
  /** The log was found empty until then, in ms. No manifest is needed to say so. */
  emptyToMs = 0;
  /** When the first record that waits in the log was received, in ms. */
  oldestMs: number | undefined;
  /** Records received until then were stored again, in ms. */
  keptToMs = 0;
  /** This run has flushed the log from its beginning. */
  isListedNow = false;
  /** This run has looked whether the day's hourly rows are stale. */
  hasCheckedRows = false;
  /** Deleted series stay in the index for now: a damaged record may have named them. */
  isIndexKept = false;
  /** This run has compared the log. */
  hasCompared = false;
  error: unknown;

  constructor(
    context: DayContext,
    { deletions, ...stored }: StoredDay,
    options: CompactDayOptions,
    marks: DayMarks,
  ) {
    this.context = context;
    this.deletions = deletions;
    this.options = options;
    this.marks = marks;
    this.published = new DayManifest(context, stored);
    const { flushedToMs, facts } = stored.manifest;
    // Until the log is read: what came since the last flush, at most.
    this.oldestMs = facts.drainedToMs < this.markedToMs ? flushedToMs : undefined;
  }

  get manifest(): Manifest {
    return this.published.current;
  }

  /** The end of the last marked hour, in ms. */
  get markedToMs(): number {
    return this.marks.lastHourMs + HOUR_MS;
  }

  get isForced(): boolean {
    const { isEager = false, isFinishing = false } = this.options;
    return isEager || isFinishing;
  }

  /**
   * The end of the last marked hour, in ms, once that hour is over and its log is empty: a later
   * record comes with a later mark.
   */
  get drainedToMs(): number {
    const { facts } = this.manifest;
    const { markedToMs } = this;
    const isDrained = this.emptyToMs >= markedToMs && this.context.clock() - SETTLE_MS >= markedToMs;
    return isDrained ? Math.max(facts.drainedToMs, markedToMs) : facts.drainedToMs;
  }

  /** Whether a step that may wait for capacity must stop. */
  isTimeUpOrSpent(): boolean {
    return this.isTimeUp() || this.options.pace?.isSpent() === true;
  }

  /** Whether a step that waits for no capacity must stop all the same. */
  isInDebt(): boolean {
    return this.options.pace?.mayBegin(false) === false;
  }

  isTimeUp(): boolean {
    const { deadlineMs, signal } = this.options;
    return signal?.aborted === true || this.context.clock() >= deadlineMs;
  }
}
