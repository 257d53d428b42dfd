/** Exemplars that are kept and not deleted. */
import type { Deadline } from "../../model/deadline.ts";
import type { SeriesExemplars } from "../../model/exemplars.ts";
import type { Limits } from "../../model/limits.ts";
import type { Matcher } from "../../model/matcher.ts";
import type { Clock, TimeRange } from "../../model/time.ts";
import { isMeant } from "../deletion/deletion.ts";
import { deletionsOf } from "../deletion/deletion-store.ts";
import { isHidden } from "../deletion/masks.ts";
import { dayOf } from "../layout/keys.ts";
import { loadDayStates } from "../layout/manifest-store.ts";
import type { RetentionMs } from "../layout/retention.ts";
import type { Table } from "../table/table.ts";
import { oldestExemplar } from "./exemplar-writer.ts";
import { type IsDeleted, readExemplars } from "./read-exemplars.ts";

export interface ExemplarOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly retentionMs: RetentionMs;
  readonly deadline?: Deadline | undefined;
}

/** `reporting` is `table` as well; it leaves damaged exemplars out, if the caller can do without them. */
export async function readKeptExemplars(
  table: Table,
  reporting: Table,
  { tenant, clock, limits, retentionMs, deadline }: ExemplarOptions,
  selections: readonly (readonly Matcher[])[],
  range: TimeRange,
  signal?: AbortSignal,
): Promise<SeriesExemplars[]> {
  const nowMs = clock();
  const kept = {
    minTime: Math.max(range.minTime, oldestExemplar(nowMs, retentionMs)),
    maxTime: Math.min(range.maxTime, nowMs + limits.maxFutureMs),
  };
  const isDeleted = await deletedExemplars(table, tenant, kept, signal);
  return readExemplars(reporting, tenant, selections, kept, deadline, signal, isDeleted);
}

/** Nothing says when an exemplar was received; its own time stands for that. */
async function deletedExemplars(
  table: Table,
  tenant: string,
  { minTime, maxTime }: TimeRange,
  signal: AbortSignal | undefined,
): Promise<IsDeleted> {
  if (minTime > maxTime) return () => false;
  const states = await loadDayStates(table, tenant, dayOf(minTime), dayOf(maxTime), signal);
  const days = new Map(Array.from(states.deletions, ([day, item]) => [day, deletionsOf(item).all]));
  return (labels, timestampMs) => {
    const past = days.get(dayOf(timestampMs))?.filter(({ deletedMs }) => timestampMs <= deletedMs) ?? [];
    return past.some((one) => isHidden([one], timestampMs) && isMeant(one, labels));
  };
}
