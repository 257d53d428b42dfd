/** Each kind of damage, mended: the walk finds nothing more, and readers get what is left, or all. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach, describe, it } from "node:test";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/model/time.ts";
import { DamageReports } from "../../../lib/storage/layout/damage-reports.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { loadManifest } from "../../../lib/storage/layout/manifest-store.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item, Key } from "../../../lib/storage/table/table.ts";
import type { Finding } from "../../../lib/storage/verify/finding.ts";
import { listDataDays } from "../../../lib/storage/verify/list-days.ts";
import { deleteOrphans, findOrphans } from "../../../lib/storage/verify/orphans.ts";
import { type Repair, repairDay } from "../../../lib/storage/verify/repair-day.ts";
import { verifyDay } from "../../../lib/storage/verify/verify-day.ts";
import { flipped, itemsOf, kindOf } from "../../helpers/storage/damage.ts";
import { type Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { ALL_TIME } from "../../helpers/storage/naive-store.ts";
import { newThreeForms } from "../../helpers/storage/three-forms.ts";

const RETENTION_MS = 30 * DAY_MS;
const TODAY = dayOf(MIDNIGHT_MS);

const keyOf = ({ pk, sk }: Key) => `${Buffer.from(pk).toString("hex")}/${Buffer.from(sk).toString("hex")}`;

let engine: Engine;
let table: MemoryTable;
let whole: string[];

async function verifyAll(retentionMs = RETENTION_MS): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const day of await listDataDays(engine.table, "t")) {
    const place = { tenant: "t", day, retentionMs, nowMs: engine.nowMs };
    await verifyDay(engine.table, place, (one) => findings.push(one));
  }
  return findings;
}

async function repairAll(acceptsLoss: boolean, retentionMs = RETENTION_MS): Promise<Repair[]> {
  const repairs: Repair[] = [];
  const { clock } = engine;
  for (const day of await listDataDays(engine.table, "t")) {
    const place = { tenant: "t", day, retentionMs, nowMs: engine.nowMs };
    const findings: Finding[] = [];
    await verifyDay(engine.table, place, (one) => findings.push(one));
    repairs.push(
      ...(await repairDay({ table: engine.table, clock, randomBytes, acceptsLoss }, place, findings)),
    );
  }
  return repairs;
}

/** All samples as text; by a strict reader, which fails if anything is damaged, unless reports are taken. */
async function readAll(damage?: DamageReports): Promise<string[]> {
  const { clock } = engine;
  const reader = new Reader(engine.table, {
    tenant: "t",
    clock,
    limits: DEFAULT_LIMITS,
    retentionMs: 0,
    damage,
  });
  const found: string[] = [];
  for await (const { labels, timestamps, values, release } of reader.select({ matchers: [], ...ALL_TIME })) {
    for (const [i, time] of timestamps.entries())
      found.push(`${JSON.stringify(labels)} ${time} ${values[i]}`);
    release?.();
  }
  return found;
}

/** An item of the kind that a manifest names. */
async function namedItem(kind: string, day: number): Promise<Item> {
  const { manifest } = await loadManifest(engine.table, "t", day);
  const ids = [...manifest.parts, ...manifest.index].map(({ id }) => id);
  const hex = ({ pk }: Item) => Buffer.from(pk).toString("hex");
  return (await itemsOf(table, kind)).find((item) => ids.some((id) => hex(item).includes(id)))!;
}

beforeEach(async () => {
  ({ engine, table } = await newThreeForms({ retentionMs: RETENTION_MS }));
  whole = await readAll();
});

describe("repair", () => {
  it("does nothing where nothing is wrong", async () => {
    const before = await itemsOf(table);
    assert.deepEqual(await repairAll(true), []);
    assert.deepEqual(await itemsOf(table), before);
  });

  it("records the expiry of a longer retention", async () => {
    const longer = RETENTION_MS + 5 * DAY_MS;
    assert.ok((await verifyAll(longer)).length > 0);
    assert.ok((await repairAll(false, longer)).every(({ done }) => done !== undefined));
    assert.deepEqual(await verifyAll(longer), []);
    assert.deepEqual(await readAll(), whole);
  });

  it("stores day items again that are gone or damaged", async () => {
    const days = await itemsOf(table, "P");
    for (const item of days) await table.delete(item);
    assert.deepEqual(
      new Set((await verifyAll()).map(({ problem }) => problem)),
      new Set(["missing day item"]),
    );
    await repairAll(false);
    assert.deepEqual(await verifyAll(), []);
    assert.deepEqual(await readAll(), whole);
    const [first] = await itemsOf(table, "P");
    await table.put({ ...first, value: Uint8Array.of(1) });
    await repairAll(false);
    assert.deepEqual(await verifyAll(), []);
    assert.deepEqual(await readAll(), whole);
  });

  it("makes a lost index part again from series records", async () => {
    for (const item of await itemsOf(table, "I")) await table.delete(item);
    const [{ problem }] = (await verifyAll()).filter((finding) => finding.problem === "unindexed series");
    assert.equal(problem, "unindexed series");
    await repairAll(true);
    assert.deepEqual(await verifyAll(), []);
    assert.deepEqual(await readAll(), whole);
  });

  it("moves a damaged log record to quarantine, and stops warning of it when the loss is accepted", async () => {
    const { manifest } = await loadManifest(engine.table, "t", TODAY);
    const record = (await itemsOf(table, "L")).at(-1)!;
    await table.put(flipped(record, 50));
    assert.equal(manifest.facts.quarantined, 0);
    const [{ done }] = await repairAll(false);
    assert.match(done!, /quarantine/);
    assert.deepEqual(
      (await verifyAll()).map(({ problem }) => problem),
      ["quarantine"],
    );
    const reports = new DamageReports();
    const left = await readAll(reports);
    assert.ok(left.length < whole.length && reports.warnings.length > 0);
    assert.equal((await itemsOf(table, "Q")).length, 1);
    await repairAll(true);
    assert.deepEqual(await verifyAll(), []);
    assert.deepEqual(await readAll(), left);
    assert.equal((await itemsOf(table, "Q")).length, 1, "the copy stays");
  });

  for (const kind of ["C", "R"]) {
    for (const damage of ["flipped", "gone"]) {
      it(`stores a part without its lost item when that is accepted, and not before: ${kind}, ${damage}`, async () => {
        const item = await namedItem(kind, kind === "C" ? TODAY - 1 : TODAY);
        if (damage === "gone") await table.delete(item);
        else await table.put(flipped(item, 77));
        const broken = await itemsOf(table);
        const kept = await repairAll(false);
        assert.ok(
          kept.length > 0 &&
            kept.every(({ done, advice }) => done === undefined && /accept-loss/.test(advice)),
        );
        assert.deepEqual(await itemsOf(table), broken, "nothing was written");
        await repairAll(true);
        assert.deepEqual(await verifyAll(), []);
        const left = await readAll();
        assert.ok(left.length < whole.length && left.length > 0);
        assert.ok(left.every((sample) => whole.includes(sample)));
      });
    }
  }

  it("holds the day's lease while it stores parts, so that gc leaves them alone", async () => {
    await table.delete(await namedItem("C", TODAY - 1));
    engine.nowMs += 2 * HOUR_MS;
    const before = new Set((await itemsOf(table, "RCI")).map(keyOf));
    const { putAll } = MemoryTable.prototype;
    const seen: string[] = [];
    MemoryTable.prototype.putAll = async function (this: MemoryTable, items) {
      await putAll.call(this, items);
      if (!items.some((item) => "RCI".includes(kindOf(item)))) return;
      const days = await findOrphans(table, () => engine.nowMs);
      const mine = days.filter(({ parts }) =>
        [...parts.values()].flat().some((key) => !before.has(keyOf(key))),
      );
      seen.push(...mine.map(({ keptBecause }) => keptBecause ?? "would be deleted"));
    };
    try {
      await repairAll(true);
    } finally {
      MemoryTable.prototype.putAll = putAll;
    }
    assert.ok(seen.length > 0);
    assert.deepEqual(new Set(seen), new Set(["the day was compacted within the last hour"]));
    const { manifest } = await loadManifest(engine.table, "t", TODAY - 1);
    assert.equal(manifest.lease.untilMs, 0);
  });

  it("leaves a day alone that a compaction works on", async () => {
    await table.delete(await namedItem("C", TODAY - 1));
    const { manifest, bytes } = await loadManifest(engine.table, "t", TODAY - 1);
    const { encodeManifest } = await import("../../../lib/storage/layout/manifest.ts");
    const leased = { ...manifest, lease: { ...manifest.lease, untilMs: engine.nowMs + HOUR_MS } };
    const [item] = (await itemsOf(table, "X")).filter(({ value }) => Buffer.compare(value, bytes!) === 0);
    await engine.table.put({ ...item, value: encodeManifest(leased) });
    await assert.rejects(repairAll(true), { kind: "unavailable", message: /a compaction works on this day/ });
  });

  it("says of a damaged manifest that it must come from a backup", async () => {
    const [manifest] = await itemsOf(table, "X");
    await table.put(flipped(manifest, 9));
    const repairs = await repairAll(true);
    assert.deepEqual(
      repairs.map(({ done, advice }) => [done, /backup/.test(advice)]),
      [[undefined, true]],
    );
  });
});

describe("orphans", () => {
  const idsOf = (items: readonly Item[]) => items.filter((item) => "RCI".includes(kindOf(item))).length;

  it("are the parts that no manifest names, once their day has been quiet for an hour", async () => {
    const now = () => engine.nowMs;
    const before = await itemsOf(table);
    const early = await findOrphans(table, () => MIDNIGHT_MS);
    assert.ok(
      early.length > 0 && early.every(({ keptBecause }) => /within the last hour/.test(keptBecause!)),
    );
    engine.nowMs += 2 * HOUR_MS;
    const orphaned = await findOrphans(table, now);
    assert.ok(orphaned.length > 0 && orphaned.every(({ keptBecause }) => keptBecause === undefined));
    let deleted = 0;
    for (const day of orphaned) deleted += await deleteOrphans(engine.table, day);
    assert.ok(deleted > 0);
    const after = await itemsOf(table);
    assert.equal(after.length, before.length - deleted);
    assert.ok(idsOf(after) < idsOf(before));
    assert.deepEqual(await verifyAll(), []);
    assert.deepEqual(await readAll(), whole);
    assert.deepEqual(await findOrphans(table, now), []);
  });

  it("of a day with a lease, a damaged manifest or none are left alone", async () => {
    engine.nowMs += 2 * HOUR_MS;
    const now = () => engine.nowMs;
    const [first, second] = await itemsOf(table, "X");
    await table.put(flipped(first, 3));
    await table.delete(second);
    const orphaned = await findOrphans(table, now);
    assert.deepEqual(
      orphaned.map(({ keptBecause }) => keptBecause),
      ["the day's manifest cannot be read", "the day has no manifest: a first compaction may be under way"],
    );
    for (const day of orphaned) assert.equal(await deleteOrphans(engine.table, day), 0);
  });
});
