/**
 * Days that TTL may take though retention keeps them: it grew, and no compactor stored them again before they left. What is
 * left of such a day may have samples without rows, or rows without samples.
 */
import { HOUR_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { placeOfKey } from "../../../lib/storage/layout/key-place.ts";
import { isDeletionsSortKey, manifestKey, parseReceiveTime } from "../../../lib/storage/layout/keys.ts";
import { decodeManifest, EMPTY_MANIFEST, type Manifest } from "../../../lib/storage/layout/manifest.ts";
import type { Item } from "../../../lib/storage/table/table.ts";
import type { Simulated } from "../simulated.ts";

/** Whoever is at a day now may take so long. */
const LEAD_MS = HOUR_MS;
/** Of series records that later log records may need. */
const GIVER_MS = 2 * HOUR_MS;

/** To be called before TTL takes anything. */
export function noteLeftDays({ table, scheduler, hardships, leftDays }: Simulated): void {
  if (hardships.retention !== "longer") return;
  const isLeaving = (seconds = 0) => seconds > 0 && seconds * SECOND_MS < scheduler.nowMs + LEAD_MS;
  for (const item of table.items()) {
    const { kind, tenant, day } = placeOfKey(item);
    if (tenant === undefined || day === undefined || leftDays.has(day)) continue;
    if (kind === "manifest" && !isDeletionsSortKey(item.sk)) {
      if (isLeaving(decodeManifest(item.value).facts.expiresAtSeconds)) leftDays.add(day);
    } else if (isLeaving(item.expiresAtSeconds)) {
      const stored = table.peek(manifestKey(tenant, day));
      if (isNeeded(item, kind, stored ? decodeManifest(stored.value) : EMPTY_MANIFEST)) leftDays.add(day);
    }
  }
}

function isNeeded({ pk, sk }: Item, kind: string, { flushedToMs, parts, index }: Manifest): boolean {
  const isNamed = ({ id }: { readonly id: string }) => Buffer.concat([pk, sk]).includes(id, 0, "hex");
  switch (kind) {
    case "day":
    case "dictionary":
      return true;
    case "log":
      return parseReceiveTime(sk) > flushedToMs;
    case "series":
      return parseReceiveTime(sk) > flushedToMs - GIVER_MS;
    case "run":
    case "chunk":
      return parts.some(isNamed);
    case "index":
      return index.some(isNamed);
    default:
      return false;
  }
}
