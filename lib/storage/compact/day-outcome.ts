/** The outcome of a compactor's run over a day. */
import { oldestHiding } from "../deletion/masks.ts";
import type { DayProgress, DayRun } from "./day-run.ts";
import { isSettled } from "./plan-compaction.ts";
import { heldError, setAsideError } from "./set-aside.ts";

export interface DayOutcome extends Readonly<DayProgress> {
  /**
   * - "done": nothing is due.
   * - "out of time": something is due.
   * - "busy": another compactor works on the day, or came in between. What this one had not published
   *   does not count.
   * - "failed": see `error`.
   * - "set aside": the day failed before, and waits for its next try.
   * - "suspect": the day failed before, and its next try is due.
   */
  readonly state: "done" | "out of time" | "busy" | "failed" | "set aside" | "suspect";
  /** What was received until then is out of the log, in ms. */
  readonly flushedToMs: number;
  /** Marks of hours before it are wholly compacted, in ms; 0 while anything waits for its time. */
  readonly settledToMs: number;
  /**
   * Since when a reader finds samples in the log alone, in ms, as far as this run has read the log;
   * undefined: there are none.
   */
  readonly oldestMs: number | undefined;
  /** The moment of the oldest deletion that is not carried out in all that the day holds, in ms. */
  readonly oldestDeletionMs?: number | undefined;
  /** What is wrong: why the day failed, or what was left out of it. */
  readonly error?: unknown;
}

export function outcomeOf(run: DayRun, state: DayOutcome["state"]): DayOutcome {
  const { flushedToMs, facts } = run.manifest;
  const { day, clock } = run.context;
  const isEmpty = !run.published.isStored && isSettled(run.manifest, day, clock());
  const isAllDone = state === "done" && (facts.settledMarks !== undefined || isEmpty);
  return {
    state,
    flushedToMs,
    settledToMs: isAllDone ? Math.max(facts.drainedToMs, isEmpty ? run.drainedToMs : 0) : 0,
    oldestMs: run.oldestMs,
    oldestDeletionMs: oldestHiding(run.deletions, run.manifest),
    ...run.progress,
    ...errorOf(run, state),
  };
}

function errorOf(run: DayRun, state: DayOutcome["state"]): { readonly error?: unknown } {
  const { tenant, day } = run.context;
  const { held, attempts } = run.manifest.facts;
  if (run.error !== undefined) return { error: run.error };
  if (held.length > 0)
    return {
      error: heldError(
        { tenant, day },
        held.map(({ bucket }) => bucket),
      ),
    };
  return state === "set aside" ? { error: setAsideError({ tenant, day }, attempts) } : {};
}
