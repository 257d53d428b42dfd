/** What is wrong with the store, in sentences; and how far compaction is. */
import type { StoreDay, StoreStatus } from "../../api/hearth.ts";

export interface Finding {
  readonly tone: "bad" | "warn";
  readonly text: string;
}

/** An hour is by design for a sender of little; an alarm is raised at two. */
const LATE_MS = 7_200_000;

/** For how long samples may be in the log only, in ms; undefined if nothing has been compacted of late. */
export function lagMs({ days, nowMs }: StoreStatus): number | undefined {
  const newest = days.reduce((most, { compactedToMs }) => Math.max(most, compactedToMs), 0);
  return newest === 0 ? undefined : Math.max(0, nowMs - newest);
}

export function findings(status: StoreStatus): readonly Finding[] {
  const found: Finding[] = [];
  const missing = Object.entries(status.canary?.missing ?? {});
  if (missing.length > 0) {
    const places = missing.map(([place, { samples }]) => `${samples} in ${place}`).join(", ");
    found.push({
      tone: "bad",
      text: `The canary misses acknowledged samples: ${places}. Run hearthdb verify.`,
    });
  }
  for (const day of status.days) found.push(...findingsOfDay(day));
  const lag = lagMs(status);
  if (lag !== undefined && lag > LATE_MS)
    found.push({
      tone: "warn",
      text: `Nothing has been compacted for ${Math.round(lag / 3_600_000)} hours. That is normal if nothing was sent.`,
    });
  return found;
}

function findingsOfDay({ day, quarantined, heldBuckets, failedAttempts }: StoreDay): Finding[] {
  const found: Finding[] = [];
  if (quarantined > 0)
    found.push({
      tone: "bad",
      text: `${day}: ${quarantined} items could not be read and are in quarantine.`,
    });
  if (heldBuckets > 0)
    found.push({
      tone: "bad",
      text: `${day}: inputs of ${heldBuckets} buckets are damaged and stay as they are.`,
    });
  if (failedAttempts > 1)
    found.push({ tone: "warn", text: `${day}: ${failedAttempts} compactions in a row published nothing.` });
  return found;
}
