/** `/api/v1/status/store` of a store that was written to, compacted, watched by the canary, and damaged. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { replaceState } from "../../../lib/canary/canary-state.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/model/time.ts";
import { HEARTH_VERSION } from "../../../lib/model/version.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { loadManifest, replaceManifest } from "../../../lib/storage/layout/manifest-store.ts";
import { changeTenantSettings } from "../../../lib/storage/tenants/tenant-settings.ts";
import { QueryGateway } from "../../helpers/query-gateway.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { bitsOf } from "../../helpers/write-requests.ts";

interface Status {
  readonly days: readonly Readonly<Record<string, unknown>>[];
  readonly canary?: Readonly<Record<string, unknown>>;
}

test("days as the compactor left them, the canary and what is kept", async () => {
  const api = await QueryGateway.open();
  const { gateway } = api;
  const ask = async () => {
    const response = await api.fetch("/api/v1/status/store");
    assert.equal(response.status, 200);
    return ((await response.json()) as { data: Status & Record<string, unknown> }).data;
  };
  const empty = await ask();
  assert.deepEqual([empty.days, empty.canary, empty.version], [[], undefined, HEARTH_VERSION]);

  gateway.nowMs = MIDNIGHT_MS + 2 * HOUR_MS;
  const sample = (name: string, timestamp: number) => ({
    labels: [["__name__", name]] as const,
    samples: [[timestamp, bitsOf(1)]] as const,
  });
  const sent = [sample("a", MIDNIGHT_MS + HOUR_MS), sample("b", MIDNIGHT_MS + HOUR_MS)];
  const response = await gateway.write([...sent, sample("a", MIDNIGHT_MS - HOUR_MS)]);
  assert.equal(response.status, 200);
  const writtenMs = gateway.nowMs;
  gateway.nowMs += 2 * HOUR_MS;
  await gateway.compact();
  const [today, yesterday, ...others] = (await ask()).days;
  assert.deepEqual(others, []);
  const { compactedToMs, ...rest } = today;
  assert.ok(Number(compactedToMs) >= writtenMs - 1000, `${compactedToMs} ${writtenMs}`);
  const expected = { samples: 2, series: 2, quarantined: 0, heldBuckets: 0, failedAttempts: 0 };
  for (const [name, value] of Object.entries(expected)) assert.equal(rest[name], value, name);
  assert.equal(today.isSettled, false);
  assert.equal(Number(today.runs) + Number(today.chunkParts), 1);
  assert.deepEqual([yesterday.samples, yesterday.series], [1, 1]);
  assert.equal(Date.parse(String(today.day)) - Date.parse(String(yesterday.day)), DAY_MS);

  const { table } = gateway.services;
  const missing = { log: { samples: 3, gapMs: 900_000 } };
  const state = { sequence: 40, startedMs: MIDNIGHT_MS, day: dayOf(MIDNIGHT_MS), missing };
  await replaceState(table, { state: undefined, bytes: undefined }, state);
  const place = { tenant: "t", day: dayOf(MIDNIGHT_MS), retentionMs: 0 };
  const stored = await loadManifest(table, place.tenant, place.day);
  const facts = {
    ...stored.manifest.facts,
    quarantined: 2,
    held: [{ bucket: 1, triedMs: 5 }],
    attempts: { count: 4, atMs: 6 },
  };
  assert.ok(await replaceManifest(table, place, stored, { ...stored.manifest, facts }));
  await changeTenantSettings(table, "t", { retentionDays: 30 });
  gateway.nowMs += HOUR_MS;
  const damaged = await ask();
  const { quarantined, heldBuckets, failedAttempts } = damaged.days[0];
  assert.deepEqual([quarantined, heldBuckets, failedAttempts], [2, 1, 4]);
  assert.deepEqual(damaged.canary, { sequence: 40, startedMs: MIDNIGHT_MS, missing });
  assert.equal(damaged.retentionMs, 30 * DAY_MS);
});
