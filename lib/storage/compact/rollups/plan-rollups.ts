/** Whether a day's hourly rows are to be made. */
import { DAY_MS } from "../../../model/time.ts";
import type { Manifest } from "../../layout/manifest.ts";
import { sourceOf } from "../../rollups/rollup-manifest.ts";
import { BUCKET_GRACE_MS, HELD_ROWS, isHeld, isSettled, type PlanOptions } from "../plan-compaction.ts";

/** Makes the rows of all samples that are in parts. */
export interface Rolling {
  readonly kind: "roll";
  readonly source: string;
}

/** The making of rows that is due: the day is over, in lasting parts, and these are not those its rows are of. */
export function planRolling(
  manifest: Manifest,
  day: number,
  nowMs: number,
  options: PlanOptions = {},
): Rolling | undefined {
  if (nowMs < (day + 1) * DAY_MS + BUCKET_GRACE_MS || !isSettled(manifest, day, nowMs)) return undefined;
  if (manifest.facts.held.some(({ bucket }) => bucket !== HELD_ROWS)) return undefined;
  if (isHeld(manifest, HELD_ROWS, nowMs, options)) return undefined;
  const { rolledSource } = manifest.facts;
  if (rolledSource === undefined && manifest.parts.length === 0) return undefined;
  const source = sourceOf(manifest);
  return rolledSource === source ? undefined : { kind: "roll", source };
}
