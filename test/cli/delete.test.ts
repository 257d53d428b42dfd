/** Commands that end the life of data and keys, on a table in memory. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach, describe, test } from "node:test";
import { auditLogCommand } from "../../cli/audit.ts";
import type { Console } from "../../cli/days.ts";
import { deleteCommand } from "../../cli/delete.ts";
import { deleteTenantCommand } from "../../cli/delete-tenant.ts";
import { createCommand, listCommand, rotateCommand } from "../../cli/keys/keys.ts";
import type { Target } from "../../cli/target.ts";
import { setTenantCommand } from "../../cli/tenants.ts";
import { newAccessKey } from "../../lib/auth/access-key.ts";
import { createKey, findKey, listKeys } from "../../lib/auth/key-store.ts";
import { KeyVerifier } from "../../lib/auth/verifier.ts";
import { newMatcher } from "../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";
import { newRuleStore } from "../../lib/rules/table-rule-store.ts";
import { isOfTenant } from "../../lib/storage/erase/delete-tenant.ts";
import { KIND } from "../../lib/storage/layout/keys.ts";
import { listRuledTenants } from "../../lib/storage/rules/rule-items.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { changeTenantSettings, loadTenantSettings } from "../../lib/storage/tenants/tenant-settings.ts";
import { itemsOf } from "../helpers/storage/damage.ts";
import { Engine, MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { ALL_TIME, selectAll } from "../helpers/storage/naive-store.ts";
import { basic, SECRET } from "../helpers/test-gateway.ts";
import { series } from "../helpers/write-requests.ts";

let stored: MemoryTable;
let engine: Engine;
let target: Target;
let said: string[];

/** A console that hears `answer` to every question. */
function consoleOf(answer?: string): Console {
  const note = (text: string) => said.push(text);
  const ask = async (question: string) => {
    said.push(question);
    return answer!;
  };
  return { print: note, tell: note, ask: answer === undefined ? undefined : ask };
}

const allOf = (tenant: string, name: string) =>
  selectAll(engine.reader(tenant), { matchers: [newMatcher("=", "__name__", name)], ...ALL_TIME });

beforeEach(async () => {
  said = [];
  stored = new MemoryTable();
  engine = new Engine({ table: stored });
  const { table, clock } = engine;
  target = { table, stored, retentionDays: "0", clock, isBilled: true };
  const writers = engine.newWriters();
  for (const tenant of ["t", "shop"])
    for (const hour of [-30, -1]) {
      engine.nowMs = MIDNIGHT_MS + hour * HOUR_MS;
      const at = (host: string) => series("up", { host }, [engine.nowMs, 1], [engine.nowMs + 1, 2]);
      await engine.append(writers, [at("a"), at("b"), series("load", {}, [engine.nowMs, 3])], tenant);
    }
  await engine.compact();
});

describe("delete", () => {
  const options = { tenant: "t", match: ['up{host="a"}', "up"] };
  const run = (more: object, answer?: string) =>
    deleteCommand(target, { ...options, ...more }, engine.clock, consoleOf(answer));

  test("counts each series and sample once, and only counts with --dry-run", async () => {
    await run({ "dry-run": true });
    assert.match(
      said.join("\n"),
      /^\{host="a",__name__="up"\} or \{__name__="up"\} of tenant t: 2 series, 8 samples in 2 days \(\d+ read units to count\)$/,
    );
    assert.equal((await allOf("t", "up")).length, 2);
  });

  test("asks, and deletes nothing without a yes", async () => {
    for (const answer of [undefined, "", "n"])
      await assert.rejects(run({}, answer), { kind: "invalid", message: /^not deleted; add --yes/ });
    assert.equal((await allOf("t", "up")).length, 2);
  });

  test("deletes of its tenant alone, says where it still is, and is on record", async () => {
    await run({}, "yes");
    assert.match(said.at(-1)!, /^deleted in 2 days \(2026-11-21 to 2026-11-22\) at .*\nin the table: /);
    assert.deepEqual(await allOf("t", "up"), []);
    assert.equal((await allOf("t", "load")).length, 1);
    assert.equal((await allOf("shop", "up")).length, 2);
    await run({ pending: true });
    assert.match(said.at(-1)!, /^deletions are to be carried out in [12] days: 2026-11-2/);
    engine.nowMs += 2 * DAY_MS;
    for (let i = 0; i < 2; i++) await engine.compact();
    await run({ pending: true });
    assert.match(
      said.at(-1)!,
      /^nothing is pending.*\nlabels .* of 2 days by 2026-12-07: 2026-11-21, 2026-11-22$/,
    );
    // The compactor comes by once a day.
    for (; engine.nowMs < MIDNIGHT_MS + 14 * DAY_MS; engine.nowMs += DAY_MS) await engine.compact();
    await run({ pending: true });
    assert.match(said.at(-1)!, /^nothing is pending.*\nno index holds labels of deleted series$/);
    await auditLogCommand(engine.table, { json: true }, engine.clock, (text) => said.push(text));
    const { action, tenant, who } = JSON.parse(said.at(-1)!);
    assert.deepEqual([action, tenant], ["series delete", "t"]);
    assert.match(who, /^.+@.+$/);
  });

  test("a range, and days without such series", async () => {
    await run({ yes: true, start: "2026-11-22T00:00:00Z" });
    const left = await allOf("t", "up");
    assert.deepEqual(
      left.map(({ samples }) => samples.length),
      [2, 2],
    );
    await run({ yes: true, match: ["none"] });
    assert.equal(said.at(-1), "nothing to delete: no day has such series");
  });

  test("refuses what cannot be meant", async () => {
    for (const [more, message] of [
      [{ match: [] }, /^delete: no --match/],
      [{ match: ['{a=~".*"}'] }, /expected a matcher that does not match the empty string/],
      [{ start: "5", end: "4" }, /^--start 5 is after --end 4$/],
      [{ "dry-run": true, yes: true }, /^--dry-run and --yes/],
    ] as const)
      await assert.rejects(run(more), { kind: "invalid", message });
  });
});

describe("tenants delete", () => {
  const waits: number[] = [];
  const wait = async (ms: number) => waits.push(ms);
  const run = (answer?: string, name = "shop") =>
    deleteTenantCommand(target, name, {}, engine.clock, consoleOf(answer), wait);

  beforeEach(async () => {
    waits.length = 0;
    await changeTenantSettings(engine.table, "shop", { retentionDays: 9 });
    for (const [id, tenant] of [
      ["HKA", "shop"],
      ["HKB", "t"],
    ]) {
      const key = { id, tenant, secret: SECRET, scopes: ["read"], note: "", createdMs: 0 } as const;
      await createKey(engine.table, newAccessKey(key, randomBytes));
    }
  });

  test("says what there is and what it costs, and wants the name", async () => {
    for (const answer of [undefined, "", "yes", "t"]) await assert.rejects(run(answer), { kind: "invalid" });
    assert.match(
      said.at(-2)!,
      /^tenant shop: \d+ items, 0\.\d MB, 1 access key; to delete them: \d+ write units and \d+ read units, \$0\.\d{4}$/,
    );
    assert.equal((await allOf("shop", "up")).length, 2);
  });

  test("leaves no item of the tenant, its keys and settings gone, and others as they were", async () => {
    const before = await allOf("t", "up");
    await run("shop");
    assert.deepEqual(waits, [120_000]);
    const left = (await itemsOf(stored)).filter((item) => isOfTenant(item, "shop"));
    assert.deepEqual(left, []);
    assert.deepEqual(
      (await listKeys(engine.table)).map(({ id }) => id),
      ["HKB"],
    );
    assert.deepEqual(await allOf("shop", "up"), []);
    assert.deepEqual(await allOf("t", "up"), before);
    assert.match(said.at(-1)!, /^tenant shop is deleted: \d+ items/);
    // Neither a compaction nor a second deletion finds anything.
    engine.nowMs += DAY_MS;
    await engine.compact();
    await run("shop");
    assert.match(said.at(-1)!, /^tenant shop is deleted: 0 items/);
  });

  test("its rules end before its next life begins, and others' rules go on", async () => {
    const store = newRuleStore(engine.table);
    const { file } = parseRuleFile("groups: [{name: g, rules: [{record: r, expr: vector(1)}]}]");
    for (const tenant of ["shop", "t"]) await store.put(tenant, "n", file!.groups[0]);
    const seen: unknown[] = [];
    stored.putIfEqual = async (item, expected) => {
      if (item.pk[0] === KIND.tenant)
        seen.push(
          (await listRuledTenants(engine.table)).filter((one) => !one.isEmpty).map(({ tenant }) => tenant),
          (await store.list("shop")).length,
          (await store.list("t")).length,
        );
      return MemoryTable.prototype.putIfEqual.call(stored, item, expected);
    };
    await run("shop");
    assert.deepEqual(seen, [["t"], 0, 1]);
  });

  test("limits that are set meanwhile do not bring back those of before", async () => {
    await setTenantCommand(engine.table, "shop", { limit: ["samples-per-second=5"] }, engine.clock, () => {});
    stored.putIfEqual = async (item, expected) => {
      stored.putIfEqual = MemoryTable.prototype.putIfEqual;
      await run("shop");
      return stored.putIfEqual(item, expected);
    };
    const limit = ["read-units-per-day=7"];
    await setTenantCommand(engine.table, "shop", { limit }, engine.clock, () => {});
    assert.deepEqual(await loadTenantSettings(engine.table, "shop"), {
      life: 1,
      limits: { readUnitsPerDay: 7 },
    });
  });

  test("what was stopped goes on", async () => {
    const items = (await itemsOf(stored)).filter((item) => isOfTenant(item, "shop"));
    for (const { pk, sk } of items.slice(0, items.length / 2)) await stored.delete({ pk, sk });
    await run("shop");
    assert.match(said.at(-1)!, new RegExp(`deleted: ${items.length - Math.floor(items.length / 2)} items`));
  });
});

describe("keys", () => {
  const print = (text: string) => said.push(text);
  const verify = (id: string, secret: string) =>
    new KeyVerifier(() => engine.nowMs).verify(engine.table, basic(id, secret));

  test("rotate: a new key with the same rights at once, the old one for a while", async () => {
    const made = { tenant: "t", scopes: "read,admin", note: "n", json: true };
    await createCommand(engine.table, made, engine.clock, print);
    const old = JSON.parse(said.at(-1)!);
    await rotateCommand(engine.table, old.id, { grace: "1h", json: true }, engine.clock, print);
    const next = JSON.parse(said.at(-1)!);
    assert.deepEqual([next.tenant, next.scopes, next.note], ["t", "read,admin", "n"]);
    assert.equal((await verify(next.id, next.secret)).id, next.id);
    assert.equal((await verify(old.id, old.secret)).id, old.id);
    engine.nowMs += HOUR_MS + 1000;
    await assert.rejects(verify(old.id, old.secret), { kind: "unauthenticated" });
    assert.equal((await verify(next.id, next.secret)).id, next.id);
    await assert.rejects(rotateCommand(engine.table, old.id, {}, engine.clock, print), {
      kind: "invalid",
      message: /is expired, expected an active one$/,
    });
    await listCommand(engine.table, {}, engine.clock, print);
    assert.match(said.at(-1)!, new RegExp(`${old.id} .* expired `));
  });

  test("--expires is a day, a time or a duration, and later than now", async () => {
    engine.tickMs = 0;
    engine.nowMs = Date.parse("2026-11-30T12:00:00Z");
    for (const [expires, end] of [
      ["2027-01-31", "2027-02-01T00:00:00.000Z"],
      ["2027-01-31T08:00:00Z", "2027-01-31T08:00:00.000Z"],
      ["2d", "2026-12-02T12:00:00.000Z"],
    ]) {
      await createCommand(engine.table, { expires, json: true }, engine.clock, print);
      const { id, expires: shown } = JSON.parse(said.at(-1)!);
      assert.equal(shown, end);
      assert.equal((await findKey(engine.table, id))?.expiresMs, Date.parse(end));
    }
    for (const expires of ["2026-11-29", "never", "", "-1d"])
      await assert.rejects(createCommand(engine.table, { expires }, engine.clock, print), {
        kind: "invalid",
        message: /^--expires .*expected a later day/,
      });
  });

  test("every change is on record, without secrets", async () => {
    await createCommand(engine.table, { json: true }, engine.clock, print);
    const { id, secret } = JSON.parse(said.at(-1)!);
    await rotateCommand(engine.table, id, { json: true }, engine.clock, print);
    said = [];
    await auditLogCommand(engine.table, {}, engine.clock, print);
    assert.match(said[0], /keys create .*\n.*keys rotate /);
    assert.doesNotMatch(said[0], new RegExp(secret));
  });
});
