/** The commands that look after a table, on one in memory. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { compactCommand } from "../../cli/compact.ts";
import { type Console, confirmCost, selectDays } from "../../cli/days.ts";
import { gcCommand } from "../../cli/gc.ts";
import { inspectCommand } from "../../cli/inspect.ts";
import { repairCommand } from "../../cli/repair.ts";
import type { Target } from "../../cli/target.ts";
import { verifyCommand } from "../../cli/verify.ts";
import { listAudit } from "../../lib/auth/audit.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { printDay } from "../../lib/storage/layout/key-place.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { loadManifest, replaceManifest } from "../../lib/storage/layout/manifest-store.ts";
import type { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { changeTenantSettings } from "../../lib/storage/tenants/tenant-settings.ts";
import { listDataDays } from "../../lib/storage/verify/list-days.ts";
import { flipped, itemsOf } from "../helpers/storage/damage.ts";
import type { Engine } from "../helpers/storage/engine.ts";
import { newThreeForms } from "../helpers/storage/three-forms.ts";
import { batchOf, series } from "../helpers/write-requests.ts";

const RETENTION = { retentionMs: 30 * DAY_MS };

let engine: Engine;
let table: MemoryTable;
let target: Target;
let printed: string[];
let told: string[];
let console: Console;

beforeEach(async () => {
  ({ engine, table } = await newThreeForms(RETENTION));
  const { table: verified, clock } = engine;
  target = { table: verified, stored: table, retentionDays: "30", clock, isBilled: true };
  printed = [];
  told = [];
  console = { print: (text) => printed.push(text), tell: (text) => told.push(text) };
});

/** One, and a noun of several: "1 items", "1 read units". */
const ONE_OF_SEVERAL =
  /(?<![\d.,])1 (?:\w+ )?(?:items|days|findings|records|flushes|samples|buckets|parts|units|rows)\b/;

afterEach(() => {
  for (const line of [...printed, ...told]) assert.doesNotMatch(line, ONE_OF_SEVERAL);
});

it("one of a thing is not printed as several", async () => {
  const oneDay = { from: "2026-11-23" };
  await verifyCommand(target, oneDay, engine.clock, console);
  assert.match(printed.at(-1)!, /^nothing is wrong: 1 day, /);
  await compactCommand(engine.table, { all: true, "retention-days": "30" }, engine.clock, console.print);
  assert.match(printed.join("\n"), / 1 (?:record|flush|bucket|sample)\b/);
  assert.match("gc: 1 items", ONE_OF_SEVERAL);
  assert.match("1 read units", ONE_OF_SEVERAL);
  assert.doesNotMatch("1,001 items, 0.1 units, 21 days", ONE_OF_SEVERAL);
});

describe("verify", () => {
  it("says that nothing is wrong, what it costs before it begins, and how far it is", async () => {
    assert.equal(await verifyCommand(target, {}, engine.clock, console), false);
    assert.match(told[0], /^2 days: about \d+ read units, \$0\.0000 on demand in us-east-1$/);
    assert.match(told[2], /^2 of 2: t 2026-11-23, 0 findings, \d+ read units$/);
    assert.match(printed[0], /^nothing is wrong: 2 days, \d+ samples in parts, \d+ series of days$/);
  });

  it("says what is damaged and what is lost, as a line and as JSON", async () => {
    const [chunk] = await itemsOf(table, "C");
    await table.put(flipped(chunk, 4));
    assert.equal(await verifyCommand(target, {}, engine.clock, console), true);
    assert.match(
      printed[0],
      /^t 2026-11-22: damaged item: chunk part .*; lost or not found: samples of the series/,
    );
    printed = [];
    await verifyCommand(
      target,
      { json: true, tenant: "t", from: "2026-11-22", to: "2026-11-22" },
      engine.clock,
      console,
    );
    const { days, findings } = JSON.parse(printed.join());
    assert.equal(days, 1);
    assert.deepEqual([findings[0].problem, findings[0].day], ["damaged item", "2026-11-22"]);
    await inspectCommand(target, { key: findings[0].key }, (text) => printed.push(text));
    const item = JSON.parse(printed.at(-1)!);
    assert.deepEqual([item.kind, item.checksum], ["chunk", "wrong: the item is damaged"]);
  });

  it("asks before it costs more than a cent, and does not begin where nobody answers", async () => {
    const many = Array.from({ length: 3000 }, () => ({ tenant: "t", day: 1, retentionMs: 0 }));
    const begin = (options: object, ask?: Console["ask"]) =>
      confirmCost(engine.table, true, many, options, { ...console, ask });
    await assert.rejects(begin({}), { kind: "invalid", message: /add --yes/ });
    await assert.rejects(
      begin({}, async () => "n"),
      { kind: "invalid" },
    );
    await begin({}, async () => "y");
    await begin({ yes: true });
    await confirmCost(engine.table, false, many, {}, console);
  });

  it("takes days of all tenants, or those that are named", async () => {
    assert.equal((await selectDays(target, {}, engine.clock)).length, 2);
    assert.equal((await selectDays(target, { from: "2026-11-23" }, engine.clock)).length, 1);
    assert.equal((await selectDays(target, { tenant: "nobody" }, engine.clock)).length, 0);
    await assert.rejects(selectDays(target, { from: "23.11.2026" }, engine.clock), /expected a UTC day/);
  });
});

it("repair says what it mended and what is left", async () => {
  const [chunk] = await itemsOf(table, "C");
  await table.put(flipped(chunk, 4));
  assert.equal(await repairCommand(target, {}, engine.clock, console), true);
  assert.match(printed.join("\n"), /not mended: --accept-loss stores the part again without it/);
  printed = [];
  assert.equal(await repairCommand(target, { "accept-loss": true }, engine.clock, console), false);
  assert.match(printed.at(-1)!, /^\d+ mended, 0 left; \d/);
  assert.equal(await verifyCommand(target, {}, engine.clock, console), false);
});

it("gc lists, and deletes only when it is told to", async () => {
  engine.nowMs += 2 * HOUR_MS;
  const before = (await itemsOf(table)).length;
  await gcCommand(target, {}, engine.clock, console);
  assert.equal((await itemsOf(table)).length, before);
  const [, listed] = /^(\d+) items can be deleted/.exec(printed.at(-1)!)!;
  await gcCommand(target, { delete: true }, engine.clock, console);
  assert.match(printed.at(-1)!, new RegExp(`^${listed} items deleted`));
  // One more: that it was done is on record.
  assert.equal((await itemsOf(table)).length, before - Number(listed) + 1);
  const actions: string[] = [];
  for await (const { action } of listAudit(engine.table, 0)) actions.push(action);
  assert.ok(actions.includes("gc"), `${actions}`);
});

it("inspect prints a day", async () => {
  await inspectCommand(target, { tenant: "t", day: "2026-11-22" }, (text) => printed.push(text));
  const day = JSON.parse(printed[0]);
  assert.deepEqual([day.tenant, day.day], ["t", "2026-11-22"]);
  assert.ok(day.parts.length > 0 && day.index.length > 0);
  await assert.rejects(
    inspectCommand(target, {}, () => {}),
    /expected --day/,
  );
  await assert.rejects(
    inspectCommand(target, { key: "xyz" }, () => {}),
    /expected two keys in hex/,
  );
});

it("compact makes nothing without knowing the retention", async () => {
  await assert.rejects(compactCommand(engine.table, {}, engine.clock, console.print), {
    kind: "invalid",
    message: /give --stack, or --retention-days N/,
  });
  await compactCommand(engine.table, { "retention-days": "30", finish: true }, engine.clock, console.print);
  for (const item of await itemsOf(table, "C")) assert.ok(item.expiresAtSeconds !== undefined);
});

describe("a tenant in its second life", () => {
  beforeEach(async () => {
    await changeTenantSettings(engine.table, "shop", { retentionDays: 0, life: 1 });
    const appender = engine.newWriters().appender({ tenant: "shop~1", retentionMs: 0 }, engine.table);
    await appender.append(batchOf(series("up", {}, [engine.nowMs, 1])));
  });

  it("is inspected by its name", async () => {
    await inspectCommand(target, { tenant: "shop", day: printDay(dayOf(engine.nowMs)) }, (text) =>
      printed.push(text),
    );
    assert.equal(JSON.parse(printed.at(-1)!).log.records, 1);
  });

  it("keeps its retention where it is named as verify prints it", async () => {
    const [{ retentionMs, tenant }] = await selectDays(target, { tenant: "shop~1" }, engine.clock);
    assert.deepEqual([tenant, retentionMs], ["shop~1", 0]);
  });
});

it("an index part that a repair supersedes is noted, for its labels to be removed one day", async () => {
  const [day] = await listDataDays(engine.table, "t");
  const place = { tenant: "t", day, ...RETENTION };
  const stored = await loadManifest(engine.table, "t", day);
  const { index, facts } = stored.manifest;
  const indexIds = { ...facts.indexIds!, cleanedTo: facts.indexIds!.next };
  await replaceManifest(engine.table, place, stored, { ...stored.manifest, facts: { ...facts, indexIds } });
  for (const item of await itemsOf(table, "I"))
    if (Buffer.from(item.pk).toString("hex").includes(index[0].id)) await table.put(flipped(item, 4));
  await repairCommand(target, { "accept-loss": true }, engine.clock, console);
  const { manifest } = await loadManifest(engine.table, "t", day);
  assert.notEqual(manifest.index[0]?.id, index[0].id);
  assert.deepEqual(
    manifest.facts.indexIds!.strays.map(({ id }) => id),
    [index[0].id],
  );
});
