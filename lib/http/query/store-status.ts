/** `/api/v1/status/store`, Hearth's own: how far the tenant's last days are compacted, what is damaged, what the canary found. */
import { loadState } from "../../canary/canary-state.ts";
import { HEARTH_VERSION } from "../../model/version.ts";
import { printDay } from "../../storage/layout/key-place.ts";
import { dayOf } from "../../storage/layout/keys.ts";
import { isOpenRun, type Manifest } from "../../storage/layout/manifest.ts";
import { loadManifests } from "../../storage/layout/manifest-store.ts";
import { answerValue } from "./answer.ts";
import type { QueryRequest } from "./request.ts";

/** Today and a week before it. */
const DAYS = 8;

/** Costs one query of the days' manifests and one read of the canary's state. Throws "forbidden" for a narrowed key. */
export async function answerStoreStatus(request: QueryRequest): Promise<Response> {
  const { c, clock, setPhase } = request;
  const { table } = request.wholeTenant();
  setPhase("evaluation");
  const nowMs = clock();
  const today = dayOf(nowMs);
  const { tenant } = await request.tenantState();
  const [manifests, { state }] = await Promise.all([
    loadManifests(table, tenant.storedAs, today - DAYS + 1, today),
    loadState(table),
  ]);
  const days = Array.from({ length: DAYS }, (_, i) => today - i).flatMap((day) => {
    const manifest = manifests.get(day);
    return manifest === undefined ? [] : [printStoreDay(day, manifest)];
  });
  return answerValue(c, {
    version: HEARTH_VERSION,
    nowMs,
    retentionMs: tenant.retentionMs,
    rollupRetentionMs: tenant.rollupRetentionMs,
    days,
    ...(state === undefined
      ? {}
      : { canary: { sequence: state.sequence, startedMs: state.startedMs, missing: state.missing } }),
  });
}

function printStoreDay(day: number, { flushedToMs, parts, index, facts }: Manifest): object {
  const runs = parts.filter(isOpenRun).length;
  return {
    day: printDay(day),
    compactedToMs: flushedToMs,
    samples: parts.reduce((sum, { samples }) => sum + samples, 0),
    // Of several index parts each may have a series: the largest has most of them.
    series: index.reduce((most, { series }) => Math.max(most, series), 0),
    runs,
    chunkParts: parts.length - runs,
    quarantined: facts.quarantined,
    heldBuckets: facts.held.length,
    failedAttempts: facts.attempts.count,
    isSettled: facts.settledMarks !== undefined,
  };
}
