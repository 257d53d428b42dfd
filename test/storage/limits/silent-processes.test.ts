/** What processes leave that are gone: it counts as long as it should, and is not read for ever. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { isEmptied, limitKey, limitRange } from "../../../lib/storage/limits/limit-keys.ts";
import { Quotas } from "../../../lib/storage/limits/quotas.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import type { Tenant } from "../../../lib/storage/tenants/tenant-settings.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";

const TENANT: Tenant = {
  name: "t",
  storedAs: "t",
  retentionMs: 0,
  rollupRetentionMs: 0,
  haLabels: undefined,
  limits: { samplesPerSecond: 100, readUnitsPerDay: 1000, seriesPerDay: 1000, activeSeries: 1000 },
  keyLimits: new Map(),
};

function open() {
  const table = new MemoryTable();
  const at = { nowMs: MIDNIGHT_MS + 3 * HOUR_MS };
  const process = () => new Quotas(() => at.nowMs, randomBytes);
  const count = async (part: "ledger" | "sketch") => {
    let items = 0;
    for await (const page of table.query(limitRange("t", part)))
      for (const item of page) if (!isEmptied(item)) items++;
    return items;
  };
  return { table, at, process, count };
}

test("ledgers of a hundred processes that are gone are emptied by a keeper, once, and by no other", async () => {
  const { table, at, process, count } = open();
  for (let i = 0; i < 100; i++) {
    const one = process();
    one.admitSamples(TENANT, undefined, 10);
    await one.exchange(table, TENANT);
    at.nowMs += SECOND_MS / 10;
  }
  const reader = process();
  reader.noteReadUnits(TENANT, undefined, 300);
  await reader.exchange(table, TENANT);
  assert.equal(await count("ledger"), 101);
  at.nowMs += 20 * MINUTE_MS;
  await process().exchange(table, TENANT);
  assert.equal(await count("ledger"), 101, "each instance would do it");
  await process().exchange(table, TENANT, true);
  assert.equal(await count("ledger"), 1, "read units of the day count until it is over");
  const meter = newMeter();
  await process().exchange(table.metered(meter), TENANT, true);
  assert.equal(meter.writeUnits, 0, "they are emptied already");
  assert.ok(meter.readUnits < 2, `${meter.readUnits}`);
  const other = process();
  await other.exchange(table, TENANT);
  assert.equal(other.used(TENANT).readUnitsPerDay, 300);
  at.nowMs += 22 * HOUR_MS;
  await process().exchange(table, TENANT, true);
  assert.equal(await count("ledger"), 0);
});

test("a process that slept tells again what it had, and has its burst like any other", async () => {
  const { table, at, process } = open();
  const sleeper = process();
  sleeper.admitSamples(TENANT, undefined, 3000);
  sleeper.noteReadUnits(TENANT, undefined, 5);
  await sleeper.exchange(table, TENANT);
  at.nowMs += 3 * HOUR_MS;
  await process().exchange(table, TENANT, true);
  sleeper.admitSamples(TENANT, undefined, 3000);
  assert.throws(() => sleeper.expectRoom(TENANT, undefined), { kind: "rate limited" });
  await sleeper.exchange(table, TENANT);
  const other = process();
  await other.exchange(table, TENANT);
  assert.equal(other.used(TENANT).readUnitsPerDay, 5);
});

test("series of processes that are gone count on, in the sketch of the keeper", async () => {
  const { table, at, process, count } = open();
  const day = dayOf(at.nowMs);
  for (let i = 0; i < 40; i++) {
    const gate = process().seriesGate(TENANT)!;
    for (let series = 0; series < 20; series++) {
      gate.note(day, hashOf(20 * i + series), 0);
      gate.noteActive(hashOf(20 * i + series), 0);
    }
    await gate.exchange(table);
  }
  assert.equal(await count("sketch"), 40);
  at.nowMs += 70 * MINUTE_MS;
  await process().exchange(table, TENANT, true);
  assert.equal(await count("sketch"), 1);
  const other = process();
  await other.exchange(table, TENANT);
  assert.ok(Math.abs(other.seriesGate(TENANT)!.dayCount(day) - 800) < 60);
  assert.equal(other.seriesGate(TENANT)!.activeCount(), 0, "none has had a sample for an hour");
});

/** Words of a hash, the same for the same number. */
function hashOf(i: number): Int32Array {
  const digest = createHash("sha256").update(String(i)).digest();
  return Int32Array.from({ length: 5 }, (_, word) => digest.readInt32LE(4 * word));
}

test("accounts that another version wrote differently count as none", async () => {
  const { table, at, process } = open();
  const spent = { number: 0, units: 0 };
  for (const account of [
    null,
    7,
    {},
    { slots: [] },
    { slots: 1, hour: spent, day: spent },
    { slots: [], hour: 1, day: 2 },
  ])
    for (const keyId of ["", "HKA"])
      await table.put({
        ...limitKey("t", "ledger", randomBytes(8)),
        value: new TextEncoder().encode(JSON.stringify({ [keyId]: account })),
        expiresAtSeconds: at.nowMs,
      });
  for (const isKeeper of [false, true]) {
    const reader = process();
    reader.admitSamples(TENANT, "HKA", 10);
    await reader.exchange(table, TENANT, isKeeper);
  }
});
