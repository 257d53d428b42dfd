/** Every kind of damage, one at a time, in a data set that compaction made: the walk finds each, and nothing else. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { DAY_MS } from "../../../lib/model/time.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { loadManifest, replaceManifest } from "../../../lib/storage/layout/manifest-store.ts";
import type { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item } from "../../../lib/storage/table/table.ts";
import type { Finding } from "../../../lib/storage/verify/finding.ts";
import { listDataDays, listTenants } from "../../../lib/storage/verify/list-days.ts";
import { verifyDay } from "../../../lib/storage/verify/verify-day.ts";
import { itemsOf, kindOf, whileDamaged } from "../../helpers/storage/damage.ts";
import { type Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { METRICS, newThreeForms } from "../../helpers/storage/three-forms.ts";

const RETENTION_MS = 30 * DAY_MS;
const TODAY = dayOf(MIDNIGHT_MS);
/** Kinds whose loss leaves no trace that is read: what they had is in parts, or nothing refers to them. */
const UNTRACED_WHEN_GONE = "LSD";

/** Whether a part's id stands in the partition key. */
function hasId({ pk }: Item, id: string): boolean {
  return Buffer.from(pk).toString("hex").includes(id);
}

describe("a walk through two days", () => {
  let engine: Engine;
  let table: MemoryTable;
  let items: Item[];

  async function verifyAll(retentionMs = RETENTION_MS): Promise<Finding[]> {
    const findings: Finding[] = [];
    const { nowMs } = engine;
    for (const day of await listDataDays(engine.table, "t"))
      await verifyDay(engine.table, { tenant: "t", day, retentionMs, nowMs }, (one) => findings.push(one));
    return findings;
  }

  before(async () => {
    ({ engine, table } = await newThreeForms({ retentionMs: RETENTION_MS }));
    const named = new Set<string>();
    for (const day of [TODAY - 1, TODAY]) {
      const { manifest } = await loadManifest(engine.table, "t", day);
      for (const { id } of [...manifest.parts, ...manifest.index]) named.add(id);
    }
    const all = await itemsOf(table, "LSDIRCPX");
    // Runs and index parts that chunking and merges have superseded are nobody's.
    items = all.filter((item) => !"IRC".includes(kindOf(item)) || [...named].some((id) => hasId(item, id)));
    assert.ok(items.length < all.length);
  });

  it("knows the tenant and its days", async () => {
    assert.deepEqual(await listTenants(engine.table), ["t"]);
    assert.deepEqual(await listDataDays(engine.table, "t"), [TODAY - 1, TODAY]);
    assert.deepEqual(await listDataDays(engine.table, "t", { from: TODAY, to: TODAY + 5 }), [TODAY]);
  });

  it("finds nothing wrong where nothing is, and counts what there is", async () => {
    assert.deepEqual(await verifyAll(), []);
    const place = { tenant: "t", day: TODAY, retentionMs: RETENTION_MS, nowMs: engine.nowMs };
    const summary = await verifyDay(engine.table, place, () => {});
    assert.equal(summary.series, METRICS.length * 4);
    assert.ok(summary.samples > 0 && summary.records > 0 && summary.indexParts > 0);
  });

  it("finds a flipped bit of every item that anything still needs", async () => {
    for (const [i, item] of items.entries()) {
      if (item.value.length === 0) continue;
      await whileDamaged(table, item, "a bit flipped", 5 + 11 * i, async () => {
        const findings = await verifyAll();
        const kind = kindOf(item);
        const found = findings.some(({ key }) => key !== undefined && Buffer.compare(key.sk, item.sk) === 0);
        const superseded = "LD".includes(kind) && findings.length === 0;
        assert.ok(found || superseded, `${kind} ${i}: ${JSON.stringify(findings.map((f) => f.detail))}`);
        if (found) assert.ok(findings[0].loss !== "", kind);
      });
    }
  });

  it("finds that an item of a part is gone, of whatever place", async () => {
    for (const item of items) {
      const kind = kindOf(item);
      if (UNTRACED_WHEN_GONE.includes(kind) || kind === "X") continue;
      await whileDamaged(table, item, "gone", 0, async () => {
        const findings = await verifyAll();
        assert.ok(findings.length > 0, kind);
        const problems = new Set(findings.map(({ problem }) => problem));
        if (kind === "P") assert.ok(problems.has("missing day item") || findings.length > 0);
        else assert.ok(problems.has("wrong count"), `${kind}: ${[...problems]}`);
        if (kind === "I") assert.ok(problems.has("unindexed series"));
      });
    }
  });

  it("finds that dictionaries of records in the log are gone", async () => {
    const dictionaries = await itemsOf(table, "D");
    for (const item of dictionaries) await table.delete(item);
    const findings = await verifyAll();
    await table.putAll(dictionaries);
    assert.ok(findings.some(({ detail }) => /reference \d+ is not in its dictionary/.test(detail)));
  });

  it("finds that a manifest is gone: what it named is not looked for, its series records tell", async () => {
    const [manifest] = (await itemsOf(table, "X")).slice(-1);
    await table.put({ ...manifest, value: Uint8Array.of(1) });
    const findings = await verifyAll();
    await table.put(manifest);
    assert.deepEqual(
      findings.map(({ problem, day }) => [problem, day]),
      [["damaged manifest", TODAY]],
    );
  });

  it("finds counts that are not the manifest's", async () => {
    const stored = await loadManifest(engine.table, "t", TODAY - 1);
    const [first, ...rest] = stored.manifest.parts;
    const parts = [{ ...first, samples: first.samples + 5 }, ...rest];
    const place = { tenant: "t", day: TODAY - 1, retentionMs: RETENTION_MS };
    const changed = await replaceManifest(engine.table, place, stored, { ...stored.manifest, parts });
    const findings = await verifyAll();
    await replaceManifest(engine.table, place, changed!, stored.manifest);
    assert.deepEqual(
      findings.map(({ problem, loss }) => [problem, loss]),
      [["wrong count", "5 samples"]],
    );
  });

  it("finds items that leave before their day, and those that never do", async () => {
    const longer = await verifyAll(RETENTION_MS + DAY_MS);
    const lasting = items.filter((item) => "CIP".includes(kindOf(item)));
    assert.deepEqual(new Set(longer.map(({ problem }) => problem)), new Set(["early expiry"]));
    assert.equal(longer.length, lasting.length);
    const chunk = items.find((item) => kindOf(item) === "C")!;
    const { expiresAtSeconds: _, ...without } = chunk;
    await table.put(without);
    const findings = await verifyAll();
    await table.put(chunk);
    assert.deepEqual(
      findings.map(({ problem, loss }) => [problem, loss]),
      [["no expiry", ""]],
    );
  });
});
