/** Limits of series, labels, exemplars and rules, from the setting to the response. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import type { Meter, Table } from "../../../lib/storage/table/table.ts";
import { changeTenantSettings } from "../../../lib/storage/tenants/tenant-settings.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { series } from "../../helpers/write-requests.ts";

async function open(limits: object): Promise<TestGateway> {
  const gateway = await TestGateway.open();
  gateway.nowMs += 6 * HOUR_MS;
  await changeTenantSettings(gateway.services.table, "t", { limits } as never);
  return gateway;
}

const some = (from: number, to: number, atMs: number, metric = "m") =>
  Array.from({ length: to - from }, (_, i) => series(metric, { i: String(from + i) }, [atMs, i]));

async function countSeries(gateway: TestGateway): Promise<number> {
  const reader = new Reader(gateway.services.table, { ...gateway.services, retentionMs: 0, tenant: "t" });
  const range = { minTime: gateway.nowMs - DAY_MS, maxTime: gateway.nowMs };
  return (await reader.series({ matchers: [], ...range })).length;
}

/** A table whose queries take a while: what a request does not wait for comes after its response. */
function slow(table: Table): Table {
  return new Proxy(table, {
    get(target, name) {
      if (name === "metered") return (meter: Meter) => slow(target.metered(meter));
      if (name === "query")
        return async function* (...args: Parameters<Table["query"]>) {
          await setTimeout(20);
          yield* target.query(...args);
        };
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("series of a day", () => {
  test("new ones past the limit are refused by name, all else is stored", async () => {
    const gateway = await open({ seriesPerDay: 1200 });
    assert.equal((await gateway.write(some(0, 1200, gateway.nowMs))).status, 200);
    const response = await gateway.write(some(0, 3000, gateway.nowMs));
    assert.equal(response.status, 400);
    const text = await response.text();
    const [, rejected, stored] = /^write request: (\d+) rejected, the other (\d+) samples are stored/.exec(
      text,
    )!;
    assert.equal(Number(rejected) + Number(stored), 3000);
    assert.match(
      text,
      /: series m\{i="\d+"\}: tenant t has 1,200 series on this UTC day already, so new ones are not stored; raise the limit with "hearthdb tenants set t --limit series-per-day=N" limit=series-per-day/,
    );
    // Between the limit and a sixth more.
    assert.ok(Number(stored) >= 1200 && Number(stored) <= 1400, stored);
    assert.equal(await countSeries(gateway), Number(stored));
    gateway.nowMs += MINUTE_MS;
    assert.equal((await gateway.write(some(0, 1200, gateway.nowMs))).status, 200, "known ones go on");
    gateway.nowMs += DAY_MS;
    assert.equal(
      (await gateway.write(some(2000, 3000, gateway.nowMs))).status,
      200,
      "the next day begins anew",
    );
  });

  test("another process knows what the day has, and stores what is known", async () => {
    const gateway = await open({ seriesPerDay: 1000 });
    assert.equal((await gateway.write(some(0, 1000, gateway.nowMs))).status, 200);
    const other = await gateway.another();
    gateway.nowMs += MINUTE_MS;
    assert.equal((await other.write(some(0, 1000, gateway.nowMs))).status, 200);
    const refused = await other.write(some(5000, 6000, gateway.nowMs));
    assert.equal(refused.status, 400);
    assert.ok((await countSeries(gateway)) < 1170);
    // What one process has stored meanwhile, the other reads before it refuses it.
    const third = await gateway.another();
    gateway.nowMs += 2 * MINUTE_MS;
    assert.equal((await third.write(some(0, 1000, gateway.nowMs))).status, 200);
  });

  test("user_limits counts what other processes have stored, from its first response on", async () => {
    const gateway = await open({ seriesPerDay: 1000 });
    for (let minute = 0; minute < 2; minute++) {
      assert.equal((await gateway.write(some(0, 500, gateway.nowMs))).status, 200);
      gateway.nowMs += MINUTE_MS;
    }
    const other = (await gateway.another()).queryRoutes();
    Object.assign(other.services, { table: slow(other.services.table) });
    const headers = { Authorization: basic("HKA") };
    const response = await other.fetch("/api/v1/user_limits", { headers });
    const { used } = ((await response.json()) as { hearth: { used: Record<string, number> } }).hearth;
    assert.ok(Math.abs(used.seriesPerDay - 500) < 25, `${used.seriesPerDay}`);
  });

  test("samples within a limit are stored at midnight and by processes that come and go", async () => {
    const gateway = await open({ seriesPerDay: 120, activeSeries: 120 });
    gateway.nowMs += 17 * HOUR_MS;
    let process = gateway;
    for (let step = 0; step < 44; step++) {
      gateway.nowMs += 3 * MINUTE_MS;
      if (step % 7 === 6) process = await gateway.another();
      assert.equal((await process.write(some(0, 120, gateway.nowMs))).status, 200, `step ${step}`);
    }
  });
});

describe("active series", () => {
  test("new ones past the limit are refused, until others have ended", async () => {
    const gateway = await open({ activeSeries: 600 });
    assert.equal((await gateway.write(some(0, 600, gateway.nowMs))).status, 200);
    gateway.nowMs += MINUTE_MS;
    const refused = await gateway.write(some(1000, 2000, gateway.nowMs));
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /tenant t has 600 active series already.*limit=active-series/);
    gateway.nowMs += 61 * MINUTE_MS;
    assert.equal((await gateway.write(some(2000, 2500, gateway.nowMs))).status, 200);
  });
});

describe("labels", () => {
  test("past a tenant's limit are refused, in another tenant they are not", async () => {
    const gateway = await open({ labelsPerSeries: 3, labelNameBytes: 10, labelValueBytes: 20 });
    await gateway.addKey({ id: "HKB", tenant: "other" });
    const now = gateway.nowMs;
    const sent = [
      series("m", { a: "1", b: "2" }, [now, 1]),
      series("m", { a: "1", b: "2", c: "3" }, [now, 1]),
      series("m", { a_long_name: "1" }, [now, 1]),
      series("m", { a: "x".repeat(21) }, [now, 1]),
    ];
    for (let times = 0; times < 2; times++) {
      const response = await gateway.write(sent);
      assert.equal(response.status, 400);
      const text = await response.text();
      assert.match(text, /^write request: 3 rejected, the other 1 samples are stored/);
      assert.match(text, /more than 3 labels/);
      assert.equal((await gateway.write(sent, { Authorization: basic("HKB") })).status, 200);
    }
  });
});

describe("rules", () => {
  test("past a tenant's limits are refused with the limit's name", async () => {
    const gateway = await open({ ruleGroups: 2, rulesPerGroup: 2 });
    await gateway.addKey({ id: "HKR", scopes: ["rules"] });
    const set = (name: string, rules: number) => {
      const lines = Array.from({ length: rules }, (_, i) => `  - {record: "r:${i}", expr: up}`).join("\n");
      const init = {
        method: "POST",
        headers: { Authorization: basic("HKR") },
        body: `name: ${name}\nrules:\n${lines}\n`,
      };
      return gateway.fetch("/config/v1/rules/n", init);
    };
    assert.equal((await set("a", 2)).status, 202);
    const large = await set("a", 3);
    assert.equal(large.status, 400);
    assert.match(
      await large.text(),
      /group a: 3 rules, tenant t may have 2 in a group.*limit=rules-per-group/,
    );
    assert.equal((await set("b", 1)).status, 202);
    assert.equal((await set("b", 2)).status, 202, "a group that is there may change");
    const third = await set("c", 1);
    assert.equal(third.status, 400);
    assert.match(
      await third.text(),
      /rules: tenant t has 2 groups of rules and would have 3, at most 2; .* limit=rule-groups/,
    );
  });
});
