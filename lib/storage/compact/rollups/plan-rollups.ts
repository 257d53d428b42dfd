/** Whether a day's hourly rows are to be made. */
import { DAY_MS } from "../../../model/time.ts";
import type { Manifest } from "../../layout/manifest.ts";
import { isDayPast } from "../../layout/retention.ts";
import { sourceOf } from "../../rollups/rollup-manifest.ts";
import type { DayContext } from "../day-context.ts";
import { BUCKET_GRACE_MS, HELD_ROWS, isHeld, isSettled, type PlanOptions } from "../plan-compaction.ts";

/** Makes the rows of all samples that are in parts. */
export interface Rolling {
  readonly kind: "roll";
  readonly source: string;
}

/** A day, and how long its rows are kept. */
export type RolledPlace = Pick<DayContext, "day" | "retentionMs" | "rollupRetentionMs">;

/** The making of rows that is due: the day is over, in lasting parts, and these are not those its rows are of. */
export function planRolling(
  manifest: Manifest,
  place: RolledPlace,
  nowMs: number,
  options: PlanOptions = {},
): Rolling | undefined {
  if (!canRoll(manifest, place, nowMs, options)) return undefined;
  const source = sourceOf(manifest);
  return manifest.facts.rolledSource === source ? undefined : { kind: "roll", source };
}

/** Whether rows can be made of a day, whether it has them or not. */
export function canRoll(
  manifest: Manifest,
  { day, retentionMs, rollupRetentionMs = retentionMs }: RolledPlace,
  nowMs: number,
  options: PlanOptions = {},
): boolean {
  if (nowMs < (day + 1) * DAY_MS + BUCKET_GRACE_MS || !isSettled(manifest, day, nowMs)) return false;
  if (isDayPast(day, nowMs, rollupRetentionMs)) return false;
  if (manifest.facts.held.some(({ bucket }) => bucket !== HELD_ROWS)) return false;
  if (isHeld(manifest, HELD_ROWS, nowMs, options)) return false;
  return manifest.facts.rolledSource !== undefined || manifest.parts.length > 0;
}
