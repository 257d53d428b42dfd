import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { DAY_MS, HOUR_MS } from "../../../lib/model/time.ts";
import { compact } from "../../../lib/storage/compact/compactor.ts";
import { dayOf, manifestKey } from "../../../lib/storage/layout/keys.ts";
import { dayExpirySeconds } from "../../../lib/storage/layout/retention.ts";
import { tenantKey } from "../../../lib/storage/layout/tenant-keys.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import {
  changeTenantSettings,
  listTenantSettings,
  loadTenantSettings,
  TENANT_CACHE_MS,
  Tenants,
} from "../../../lib/storage/tenants/tenant-settings.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { basic, query, TestGateway } from "../../helpers/test-gateway.ts";
import { series } from "../../helpers/write-requests.ts";

test("what is set for a tenant is found again, and nothing for the others", async () => {
  const table = new MemoryTable();
  await changeTenantSettings(table, "b", { retentionDays: 0 });
  await changeTenantSettings(table, "a", { retentionDays: 90 });
  assert.deepEqual(await loadTenantSettings(table, "a"), { retentionDays: 90 });
  assert.deepEqual(await loadTenantSettings(table, "c"), {});
  assert.deepEqual(
    [...(await listTenantSettings(table))],
    [
      ["a", { retentionDays: 90 }],
      ["b", { retentionDays: 0 }],
    ],
  );
  await changeTenantSettings(table, "a", { retentionDays: undefined });
  assert.deepEqual((await loadTenantSettings(table, "a")).retentionDays, undefined);
});

test("a retention that cannot be is refused, one that somebody wrote into the table is no retention", async () => {
  const table = new MemoryTable();
  for (const retentionDays of [-1, 1.5, Number.NaN, 36_501]) {
    await assert.rejects(changeTenantSettings(table, "a", { retentionDays }), { kind: "invalid" });
  }
  for (const text of ["", "{", "null", "7", '{"retentionDays":"30"}']) {
    await table.put({ ...tenantKey("a"), value: new TextEncoder().encode(text) });
    await assert.rejects(loadTenantSettings(table, "a"), { kind: "data" }, text);
  }
});

test("a warm process asks once a minute", async () => {
  const table = new MemoryTable();
  let nowMs = 0;
  const tenants = new Tenants(30 * DAY_MS, () => nowMs);
  assert.equal((await tenants.find(table, "a")).retentionMs, 30 * DAY_MS);
  await changeTenantSettings(table, "a", { retentionDays: 0 });
  nowMs = TENANT_CACHE_MS - 1;
  assert.equal((await tenants.find(table, "a")).retentionMs, 30 * DAY_MS);
  nowMs = TENANT_CACHE_MS;
  assert.equal((await tenants.find(table, "a")).retentionMs, 0);
});

test("each tenant's samples are kept as long as was set for it: written, read and expired", async () => {
  const gateway = await TestGateway.open();
  const { services } = gateway;
  await gateway.addKey({ id: "HKB", tenant: "b" });
  await changeTenantSettings(gateway.table, "b", { retentionDays: 2 });
  const asB = { Authorization: basic("HKB") };
  const old = [series("up", {}, [MIDNIGHT_MS - 3 * DAY_MS, 1], [MIDNIGHT_MS - 1000, 2])];
  assert.equal((await gateway.write(old)).status, 200);
  const refused = await gateway.write(old, asB);
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /older than retention/);

  const retentionOf = async (tenant: string) =>
    (await services.tenants.find(services.table, tenant)).retentionMs;
  const options = {
    clock: services.clock,
    randomBytes,
    retentionOf,
    deadlineMs: Number.POSITIVE_INFINITY,
    isEager: true,
  };
  gateway.nowMs += HOUR_MS;
  await compact(services.table, options);
  const day = dayOf(MIDNIGHT_MS - 1);
  const expiryOf = async (tenant: string) =>
    (await gateway.table.get(manifestKey(tenant, day), { consistent: true }))?.expiresAtSeconds;
  assert.equal(await expiryOf("t"), undefined);
  assert.equal(await expiryOf("b"), dayExpirySeconds(day, 2 * DAY_MS));

  // The log line of each read has the samples that it returned.
  const countSamples = async (headers?: Record<string, string>) => {
    await (await gateway.read({ queries: [query("up")] }, headers)).arrayBuffer();
    return gateway.lastLine.fields.samples;
  };
  assert.deepEqual([await countSamples(), await countSamples(asB)], [2, 1]);
  gateway.nowMs += 2 * DAY_MS;
  assert.deepEqual([await countSamples(), await countSamples(asB)], [2, 0]);
});
