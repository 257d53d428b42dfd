/**
 * Whether a day's log may have, or get, samples that its parts lack. A writer marks each hour in which it
 * writes to a day, then marks the rows of a day that is over stale, then writes. So rows count only once all
 * marked hours are over and their log is empty; whoever makes them looks before, and again once they count.
 */
import { hourOf } from "../../layout/keys.ts";
import type { DayRun } from "../day-run.ts";
import { listMarks, loadCursor } from "../marks.ts";

export async function isUndrained(run: DayRun): Promise<boolean> {
  // Nobody writes meanwhile, and all of the log has been flushed.
  if (run.options.isFinishing === true) return false;
  const { table, tenant, day } = run.context;
  const { hourMs } = await loadCursor(table);
  const marks = await listMarks(table, hourOf(Math.max(run.drainedToMs, hourMs)));
  return marks.some((mark) => mark.tenant === tenant && mark.day === day);
}
