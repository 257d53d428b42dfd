/** Settling: the log of a day that is over is compared with what was flushed of it. */
import { DAY_MS } from "../../model/time.ts";
import { givesReferences } from "../layout/brief-keys.ts";
import { earliestUncounted, tallyBefore } from "../layout/flush-tally.ts";
import { KIND } from "../layout/keys.ts";
import { TRANSIENT_MS } from "../layout/retention.ts";
import { markStale } from "../rollups/mark-stale.ts";
import type { Item } from "../table/table.ts";
import type { PublishResult } from "./day-manifest.ts";
import type { DayRun } from "./day-run.ts";
import { UNKNOWN_MS } from "./erasing/plan-unindexing.ts";
import { tallyLog, tallyOf } from "./flush.ts";
import { release } from "./renewal.ts";

/** Records received longer ago may have left by TTL, so they are not compared. */
const COMPARED_MS = TRANSIENT_MS - 2 * DAY_MS;

/** Of a day that has forgotten deletions the log of before them is not read again: it has what they hid. */
function comparedMs({ deletions: { last, all } }: DayRun): number {
  return all.length < last ? UNKNOWN_MS : COMPARED_MS;
}

/** Of series records that a compaction has kept for later log records, and that nobody needs now. */
function isLastingGiver({ pk, sk, expiresAtSeconds }: Item): boolean {
  return pk[0] === KIND.series && expiresAtSeconds === undefined && givesReferences(sk);
}

/** Digest of a day that was settled without all of its marks. */
const UNKNOWN_MARKS = "00".repeat(8);

/**
 * Compares the log with what was flushed. A record that came in behind the watermark moves the
 * watermark back, to before that record. The first comparison is never the last: a clock that was
 * ahead may have taken the day for over.
 */
export async function settle(run: DayRun): Promise<PublishResult> {
  const { published } = run;
  // All of its log was listed a moment ago: the next sweep compares it.
  if (run.isListedNow)
    return published.publish({ facts: { settledMarks: UNKNOWN_MARKS, drainedToMs: run.drainedToMs } });
  run.hasCompared = true;
  const { flushedToMs, facts } = run.manifest;
  const counted = tallyOf(run.manifest);
  const lasting: Item[] = [];
  const listed = await tallyLog(run.context, counted, flushedToMs, (items) => {
    lasting.push(...items.filter(isLastingGiver));
  });
  const hiddenMs = earliestUncounted(counted, listed, run.context.clock() - comparedMs(run));
  if (hiddenMs === undefined) {
    const result = await published.publish({
      facts: {
        settledMarks: facts.settledMarks === undefined ? UNKNOWN_MARKS : (run.marks.digest ?? UNKNOWN_MARKS),
        drainedToMs: run.drainedToMs,
      },
    });
    if (result === "published") await release(run.context, lasting);
    return result;
  }
  run.emptyToMs = 0;
  const { table, tenant, day } = run.context;
  if (facts.rolledSource !== undefined) await markStale(table, tenant, day);
  // Readers take the log from there on again, over the parts, in order of reception.
  // So does the next flush.
  return published.publish({
    flushedToMs: hiddenMs - 1,
    facts: {
      flushed: tallyBefore(counted, hiddenMs),
      settledMarks: undefined,
      drainedToMs: 0,
      takenToMs: 0,
    },
  });
}
