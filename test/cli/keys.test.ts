/** `hearthdb keys`: the day of a key's last use, and that every change of keys is on record before it is made. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createCommand,
  deleteCommand,
  disableCommand,
  enableCommand,
  listCommand,
  rotateCommand,
} from "../../cli/keys/keys.ts";
import { listAudit } from "../../lib/auth/audit.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { dayUsageKey, encodeDayUsage } from "../../lib/storage/usage/usage-items.ts";
import { type UsageRow, UsageTable } from "../../lib/storage/usage/usage-rows.ts";
import { ensureFirstKey } from "../../local/first-key.ts";
import { parseSettings } from "../../local/settings.ts";

const NOW_MS = Date.UTC(2026, 10, 30, 15);
const clock = () => NOW_MS;
const quiet = () => {};

async function created(table: MemoryTable, fields: Record<string, string> = {}): Promise<string> {
  let id = "";
  await createCommand(table, { json: true, ...fields }, clock, (text) => {
    id = JSON.parse(text).id;
  });
  return id;
}

async function putUsage(table: MemoryTable, day: number, counts: Readonly<Record<string, number>>) {
  const rows = Object.entries(counts).map(([key, requests]) => {
    const usage = new UsageTable();
    usage.add({ tenant: "default", key, route: "/api/v1/write" }, { requests });
    return usage.rows[0] as UsageRow;
  });
  const value = encodeDayUsage({ rows, queries: [], metrics: [], merged: {}, mergedToMs: 0 });
  await table.put({ ...dayUsageKey(day), value });
}

test("list shows the last day on which a key was used, of the last thirty", async () => {
  const table = new MemoryTable();
  const [often, once, never, longAgo] = [
    await created(table),
    await created(table, { iam: "arn:aws:iam::123456789012:role/prom" }),
    await created(table),
    await created(table),
  ];
  const today = dayOf(NOW_MS);
  await putUsage(table, today, { [often]: 3 });
  await putUsage(table, today - 1, { [often]: 1, [once]: 1, [never]: 0 });
  await putUsage(table, today - 29, { [once]: 9 });
  await putUsage(table, today - 30, { [longAgo]: 9 });
  let listed: { id: string; lastUsed: string | null }[] = [];
  await listCommand(table, { json: true }, clock, (text) => {
    listed = JSON.parse(text);
  });
  const lastUsed = Object.fromEntries(listed.map((key) => [key.id, key.lastUsed]));
  assert.deepEqual(lastUsed, {
    [often]: "2026-11-30",
    [once]: "2026-11-29",
    [never]: null,
    [longAgo]: null,
  });
  let text = "";
  await listCommand(table, {}, clock, (all) => {
    text = all;
  });
  assert.match(text, /EXPIRES +LAST USED +NOTE/);
  assert.match(text, new RegExp(`${never} .* not yet`));
  const later = () => NOW_MS + 31 * DAY_MS;
  await listCommand(table, {}, later, (all) => {
    text = all;
  });
  assert.match(text, new RegExp(`${never} .* not in 30 days`));
});

test("a key that is enabled again says how long processes may still refuse it", async () => {
  const table = new MemoryTable();
  const id = await created(table);
  let text = "";
  await enableCommand(table, id, clock, (all) => {
    text = all;
  });
  assert.equal(text, `access key ${id} is enabled; warm functions may refuse it for up to 30 seconds`);
});

test("every change of keys is on record, with the tenant, and with who made it", async () => {
  const table = new MemoryTable();
  const id = await created(table, { tenant: "shop" });
  await disableCommand(table, id, clock, quiet);
  await enableCommand(table, id, clock, quiet);
  await rotateCommand(table, id, { json: true }, clock, quiet);
  await deleteCommand(table, id, clock, quiet);
  const found: unknown[] = [];
  for await (const { action, tenant, subject, who } of listAudit(table, NOW_MS - DAY_MS)) {
    assert.match(who, /@/);
    assert.equal(subject, id);
    found.push([action, tenant]);
  }
  const expected = ["create", "disable", "enable", "rotate", "delete"].map((what) => [
    `keys ${what}`,
    "shop",
  ]);
  assert.deepEqual(found.sort(), expected.sort());
});

test("the key that npm start makes for itself is on record", async () => {
  const table = new MemoryTable();
  const key = await ensureFirstKey(table, parseSettings({}), clock);
  const found: unknown[] = [];
  for await (const { action, subject, who } of listAudit(table, 0)) found.push([action, subject, who]);
  assert.deepEqual(found, [["keys create", key?.id, "npm start"]]);
});
