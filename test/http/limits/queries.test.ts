/** Limits of queries: read units an hour and a day, and queries at once; and how limits are set. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTenantCommand } from "../../../cli/tenants.ts";
import { parseTenantLimits } from "../../../lib/model/quota/tenant-limits.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { ExemplarWriter } from "../../../lib/storage/exemplars/exemplar-writer.ts";
import { loadTenantSettings } from "../../../lib/storage/tenants/tenant-settings.ts";
import { basic, query, TestGateway } from "../../helpers/test-gateway.ts";
import { compressedBody, series } from "../../helpers/write-requests.ts";

async function open(...limit: string[]): Promise<TestGateway> {
  const gateway = await TestGateway.open();
  gateway.queryRoutes();
  await setLimits(gateway, { limit });
  await gateway.write([series("up", { job: "a" }, [gateway.nowMs, 1])]);
  return gateway;
}

async function setLimits(
  gateway: TestGateway,
  options: Parameters<typeof setTenantCommand>[2],
  tenant = "t",
) {
  await setTenantCommand(
    gateway.services.table,
    tenant,
    options,
    () => gateway.nowMs,
    () => {},
  );
}

const ask = (gateway: TestGateway, key = "HKA") =>
  gateway.fetch("/api/v1/query?query=up", { headers: { Authorization: basic(key) } });

describe("read units", () => {
  test("an hour and a day are counted; beyond them queries get 429 until they end", async () => {
    const gateway = await open("read-units-per-hour=12", "read-units-per-day=20");
    let answered = 0;
    let refused: Response | undefined;
    for (let i = 0; i < 20 && refused === undefined; i++) {
      const response = await ask(gateway);
      if (response.status === 200) answered++;
      else refused = response;
    }
    assert.ok(answered >= 1);
    assert.ok(refused !== undefined);
    const text = await refused.text();
    assert.equal(refused.status, 429, text);
    assert.match(
      text,
      /tenant t: the query needs more than what is left of its 12 read units .* this UTC hour, of which \d+ read units .* are spent; retry in \d+ s, .* limit=read-units-per-hour/,
    );
    assert.ok(Number(refused.headers.get("Retry-After")) > 3500);
    let last = await ask(gateway);
    for (let i = 0; i < 20 && last.status !== 429; i++) last = await ask(gateway);
    assert.equal(last.status, 429);
    const { errorType, error } = (await last.json()) as { errorType: string; error: string };
    assert.equal(errorType, "too_many_requests");
    assert.match(
      error,
      /^tenant t: .* read units .* of its 12 read units .* this UTC hour are spent; retry in \d+ s, .* limit=read-units-per-hour$/,
    );
    const retryAfter = Number(last.headers.get("Retry-After"));
    assert.ok(retryAfter > 3500 && retryAfter <= 3600, `${retryAfter}`);
    assert.equal((await gateway.read(query("up"))).status, 429, "remote read, too");
    assert.equal((await gateway.write([series("up", {}, [gateway.nowMs, 1])])).status, 200, "writes go on");
    gateway.nowMs += HOUR_MS;
    assert.notEqual((await ask(gateway)).status, 429);
  });

  test("of several tenants the one that has too few left refuses, and no other", async () => {
    const gateway = await TestGateway.open();
    gateway.queryRoutes();
    await gateway.addKey({ id: "HKANY", tenant: "*" });
    const headers = (tenants: string) => ({ Authorization: basic("HKANY"), "X-Scope-OrgID": tenants });
    for (const tenant of ["a", "b"]) {
      const body = compressedBody([series("up", { job: tenant }, [gateway.nowMs, 1])]);
      assert.equal((await gateway.post("/api/v1/write", body, headers(tenant))).status, 200);
    }
    const limit = (tenant: string, units: number) =>
      setLimits(gateway, { limit: [`read-units-per-hour=${units}`] }, tenant);
    // The first in the request has less left than a query may cost, and enough.
    await limit("a", 1000);
    await limit("b", 2);
    gateway.nowMs += MINUTE_MS;
    const refusals = [
      await gateway.fetch("/api/v1/query?query=up", { headers: headers("a|b") }),
      await gateway.read({ queries: [query("up")] }, headers("a|b")),
    ];
    for (const response of refusals) {
      const text = await response.text();
      assert.equal(response.status, 429, text);
      assert.match(text, /tenant b: .*its 2 read units .* this UTC hour.* limit=read-units-per-hour/);
      assert.ok(Number(response.headers.get("Retry-After")) > 3500);
    }
  });

  test("that another process has spent count after an exchange", async () => {
    const gateway = await open("read-units-per-hour=15");
    for (let i = 0; i < 30; i++) if ((await ask(gateway)).status === 429) break;
    gateway.nowMs += 11 * SECOND_MS;
    assert.equal((await ask(gateway)).status, 429, "and tells the others");
    const other = await gateway.another();
    other.queryRoutes();
    // What it does not know ends its first query at the latest, or the next.
    await ask(other);
    assert.equal((await ask(other)).status, 429);
  });
});

describe("queries at once", () => {
  const tenantOf = (gateway: TestGateway) => gateway.services.tenants.find(gateway.services.table, "t");
  const run = async (gateway: TestGateway, durationMs: number, key?: string) =>
    gateway.services.quotas.noteQueryTime(await tenantOf(gateway), key, durationMs);

  test("past the limit get 429 in all processes, until the time that they took too much is over", async () => {
    const gateway = await open("queries-at-once=2");
    // Five at once for 25 s: 125 s of queries, where 2 at once may take 60 s and 2 more each second.
    for (let i = 0; i < 5; i++) await run(gateway, 25 * SECOND_MS);
    const response = await ask(gateway);
    assert.equal(response.status, 429);
    assert.match(
      await response.text(),
      /tenant t: more than 2 queries ran at once of late; retry in 33 s, .* limit=queries-at-once/,
    );
    assert.equal(response.headers.get("Retry-After"), "33");
    assert.equal((await gateway.write([series("up", {}, [gateway.nowMs, 1])])).status, 200, "writes go on");
    gateway.nowMs += 11 * SECOND_MS;
    assert.equal((await ask(gateway)).status, 429, "and tells the others");
    const other = await gateway.another();
    other.queryRoutes();
    await ask(other);
    assert.equal((await ask(other)).status, 429, "another process has learned of it");
    gateway.nowMs += 22 * SECOND_MS;
    assert.equal((await ask(gateway)).status, 200);
  });

  test("one after another are never refused, and are counted by the time that they take", async () => {
    const gateway = await open("queries-at-once=1");
    for (let i = 0; i < 100; i++) assert.equal((await ask(gateway)).status, 200);
    gateway.nowMs += 11 * SECOND_MS;
    const used = gateway.services.quotas.used(await tenantOf(gateway));
    assert.ok(used.queriesAtOnce > 0, "the clock moves by each call of it");
  });

  test("cost no call of the table", async () => {
    const calls = async (...limits: string[]) => {
      const gateway = await open(...limits);
      for (let i = 0; i < 3; i++) await ask(gateway);
      const before = { ...gateway.meter };
      await ask(gateway);
      return [gateway.meter.readUnits - before.readUnits, gateway.meter.writeUnits - before.writeUnits];
    };
    assert.deepEqual(await calls("queries-at-once=2"), await calls());
  });

  test("of a key are limited beside those of its tenant", async () => {
    const gateway = await open("queries-at-once=100");
    await setLimits(gateway, { limit: ["queries-at-once=1"], key: "HKA" });
    gateway.nowMs += MINUTE_MS;
    for (let i = 0; i < 2; i++) await run(gateway, 25 * SECOND_MS, "HKA");
    assert.match(await (await ask(gateway)).text(), /key HKA of tenant t: more than 1 queries ran at once/);
    await gateway.addKey({ id: "HKB" });
    assert.equal((await ask(gateway, "HKB")).status, 200);
  });
});

describe("limits are set", () => {
  test("by the command, for a tenant or a key, in units or dollars, off and back to the default", async () => {
    const gateway = await TestGateway.open();
    const { table } = gateway.services;
    await setLimits(gateway, { limit: ["samples-per-second=10", "read-dollars-per-day=0.5"] });
    await setLimits(gateway, { limit: ["samples-per-second=off"], "retention-days": "5" });
    await setLimits(gateway, { limit: ["queries-at-once=2"], key: "HKA" });
    assert.deepEqual(await loadTenantSettings(table, "t"), {
      retentionDays: 5,
      limits: { samplesPerSecond: "off", readUnitsPerDay: 4_000_000 },
      keyLimits: { HKA: { queriesAtOnce: 2 } },
    });
    await setLimits(gateway, { limit: ["samples-per-second=default"] });
    assert.deepEqual((await loadTenantSettings(table, "t")).limits, { readUnitsPerDay: 4_000_000 });
    for (const [options, expected] of [
      [{ limit: ["colour=1"] }, /limit colour: expected one of samples-per-second, /],
      [{ limit: ["active-series"] }, /expected NAME=VALUE/],
      [{ limit: ["active-series=-1"] }, /expected a whole number from 1, off or default/],
      [{ limit: ["read-dollars-per-day=many"] }, /expected dollars, off or default/],
      [{ limit: ["rule-groups=1"], key: "HKA" }, /a single key cannot have one/],
      [{ key: "HKA" }, /expected --limit/],
    ] as const)
      await assert.rejects(setLimits(gateway, options), expected);
  });

  test("by a variable of the deployment, which names what is wrong with it", () => {
    assert.deepEqual(parseTenantLimits({}), {});
    const limits = { HEARTH_TENANT_LIMITS: "samples-per-second=10, active-series=off,rule-groups=0" };
    assert.deepEqual(parseTenantLimits(limits), { samplesPerSecond: 10, ruleGroups: 0 });
    assert.throws(
      () => parseTenantLimits({ HEARTH_TENANT_LIMITS: "samples-per-second=ten" }),
      /^HearthError: HEARTH_TENANT_LIMITS: limit samples-per-second=ten: expected a whole number/,
    );
  });
});

test("exemplars a second: a tenant may have none, or some", async () => {
  const gateway = await TestGateway.open();
  const { table, clock, randomBytes } = gateway.services;
  const exemplars = Array.from({ length: 500 }, (_, i) => ({
    series: 0,
    timestamp: gateway.nowMs - i,
    value: i,
    labels: [["trace_id", String(i)]] as const,
  }));
  const batch = { resolve: () => 0, labels: () => [["__name__", "m"]] as const };
  for (const [exemplarsPerSecond, expected] of [
    [0, 0],
    [3, 300],
    [undefined, 500],
  ] as const) {
    const options = { tenant: "t", clock, randomBytes, retentionMs: 0, maxFutureMs: 1e6, exemplarsPerSecond };
    assert.equal(await new ExemplarWriter(options).append(table, exemplars, batch), expected);
  }
});
