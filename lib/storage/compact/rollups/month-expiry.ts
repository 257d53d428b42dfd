/** When the rows of a month leave. */
import { expiry } from "../../layout/retention.ts";
import { firstDayOf, monthOf } from "../../layout/rollup-keys.ts";
import type { DayContext } from "../day-context.ts";

/** The expiry of rows: that of their month's last day, so that a month leaves as a whole. */
export function monthExpiry({ day, retentionMs, rollupRetentionMs = retentionMs }: DayContext) {
  return expiry(firstDayOf(monthOf(day) + 1) - 1, rollupRetentionMs);
}
