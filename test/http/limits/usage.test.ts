/** What /api/v1/usage says, against what the table itself billed and what was sent. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { before, describe, test } from "node:test";
import { usageCommand } from "../../../cli/usage.ts";
import { type NewAccessKey, newAccessKey } from "../../../lib/auth/access-key.ts";
import { createKey } from "../../../lib/auth/key-store.ts";
import { composeServices } from "../../../lib/http/compose-services.ts";
import { type Gateway, newGateway, type WriteServices } from "../../../lib/http/gateway.ts";
import { collectUsageAndLog } from "../../../lib/http/limits/usage-collector.ts";
import { addUsageRoutes } from "../../../lib/http/limits/usage-route.ts";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { addReadRoutes } from "../../../lib/http/read-route.ts";
import { addWriteRoutes } from "../../../lib/http/write-route.ts";
import { DAY_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { compactAndLog } from "../../../lib/storage/compact/compaction-log.ts";
import { itemSizeBytes } from "../../../lib/storage/table/item-size.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import { changeTenantSettings } from "../../../lib/storage/tenants/tenant-settings.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { basic, SECRET } from "../../helpers/test-gateway.ts";
import { compressedBody, series } from "../../helpers/write-requests.ts";

const START_MS = MIDNIGHT_MS + 12 * 60 * MINUTE_MS;
const MINUTES = 16;
const TODAY = new Date(START_MS).toISOString().slice(0, 10);

interface Group {
  readonly tenant?: string;
  readonly key?: string;
  readonly route?: string;
  readonly requests: number;
  readonly errors: number;
  readonly refused: number;
  readonly samples: number;
  readonly rejectedSamples: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly dollars: { readonly read: number; readonly write: number; readonly total: number };
}

interface Usage {
  readonly total: Group;
  readonly groups: readonly Group[];
}

/** Two processes on one table, whose calls are counted by itself. */
class Deployment {
  readonly billed = newMeter();
  readonly stored = new MemoryTable();
  readonly #table = this.stored.metered(this.billed);
  readonly processes: readonly WriteServices[] = [0, 1].map(() => this.#services());
  readonly apps: readonly Gateway[] = this.processes.map(newApp);
  nowMs = START_MS;

  #services(): WriteServices {
    const clock = () => this.nowMs;
    return composeServices({ table: this.#table, clock, randomBytes, retentionMs: 0, log: () => {} });
  }

  async addKey(key: Pick<NewAccessKey, "id" | "tenant"> & Partial<NewAccessKey>): Promise<void> {
    const rest = { secret: SECRET, scopes: ["read", "write"], note: "", createdMs: 0 } as const;
    await createKey(this.processes[0].table, newAccessKey({ ...rest, ...key }, randomBytes));
  }

  fetch(process: number, path: string, key: string, init: RequestInit = {}): Promise<Response> {
    const headers = { Authorization: basic(key), ...init.headers };
    return Promise.resolve(
      this.apps[process].fetch(new Request(`http://h.test${path}`, { ...init, headers })),
    );
  }

  write(process: number, key: string, seriesCount: number): Promise<Response> {
    const all = Array.from({ length: seriesCount }, (_, i) => series("m", { i: String(i) }, [this.nowMs, i]));
    const headers = { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" };
    const init = { method: "POST", headers, body: compressedBody(all) as Uint8Array<ArrayBuffer> };
    return this.fetch(process, "/api/v1/write", key, init);
  }

  async usage(key: string, query = ""): Promise<Usage> {
    const response = await this.fetch(0, `/api/v1/usage${query}`, key);
    assert.equal(response.status, 200, await response.clone().text());
    return ((await response.json()) as { data: Usage }).data;
  }

  async compact(): Promise<void> {
    this.nowMs += 5 * MINUTE_MS;
    const { table, usage, log, clock } = this.processes[1];
    const options = { clock, randomBytes, retentionOf: () => 0, deadlineMs: Number.POSITIVE_INFINITY };
    await compactAndLog(table, options, log, undefined, usage);
    await collectUsageAndLog(this.processes[1]);
  }

  async flush(): Promise<void> {
    for (const { usage, table } of this.processes) await usage!.flush(table);
  }
}

function newApp(services: WriteServices): Gateway {
  const app = newGateway(services);
  addWriteRoutes(app, services);
  addReadRoutes(app, services);
  addQueryRoutes(app, services, newQueryServices(services, DEFAULT_PROMQL_SETTINGS));
  addUsageRoutes(app, services);
  return app;
}

describe("usage", () => {
  let deployment: Deployment;
  const sent = new Map<string, { requests: number; samples: number }>();

  before(async () => {
    deployment = new Deployment();
    for (const [id, tenant] of [
      ["HKA1", "a"],
      ["HKA2", "a"],
      ["HKB1", "b"],
    ])
      await deployment.addKey({ id, tenant });
    await deployment.addKey({ id: "HKALL", tenant: "*", scopes: ["admin"] });
    for (let minute = 0; minute < MINUTES; minute++) {
      deployment.nowMs += MINUTE_MS / 2;
      for (const [key, seriesCount] of [
        ["HKA1", 200],
        ["HKA2", 20],
        ["HKB1", 50],
      ] as const) {
        assert.equal((await deployment.write(minute % 2, key, seriesCount)).status, 200);
        const all = sent.get(key) ?? { requests: 0, samples: 0 };
        sent.set(key, { requests: all.requests + 1, samples: all.samples + seriesCount });
      }
      const range = `start=${deployment.nowMs / 1000 - 600}&end=${deployment.nowMs / 1000}&step=60`;
      const path = `/api/v1/query_range?query=${encodeURIComponent("sum(rate(m[5m]))")}&${range}`;
      assert.equal((await deployment.fetch(minute % 2, path, "HKA1")).status, 200);
      assert.equal((await deployment.fetch(0, "/api/v1/query?query=m", "HKB1")).status, 200);
      assert.equal((await deployment.fetch(1, "/api/v1/query?query=m", "HKNONE")).status, 401);
      // Not last: a process counts its own work with the requests after it.
      if (minute % 8 === 6) await deployment.compact();
    }
    await deployment.flush();
  });

  test("over all tenants is what the table billed, within 2 %", async () => {
    const { readUnits, writeUnits } = deployment.billed;
    const { total } = await deployment.usage("HKALL");
    assert.ok(Math.abs(total.readUnits / readUnits - 1) < 0.02, `${total.readUnits} of ${readUnits}`);
    assert.ok(Math.abs(total.writeUnits / writeUnits - 1) < 0.02, `${total.writeUnits} of ${writeUnits}`);
    assert.equal(total.dollars.total, total.dollars.read + total.dollars.write);
    assert.ok(Math.abs(total.dollars.write - total.writeUnits * 0.625e-6) < 1e-12);
  });

  test("of each key and route is what was sent; groups add up to the total", async () => {
    const { total, groups } = await deployment.usage("HKALL", "?by=tenant,key,route");
    for (const [key, { requests, samples }] of sent) {
      const row = groups.find((one) => one.key === key && one.route === "/api/v1/write");
      assert.deepEqual([row?.requests, row?.samples, row?.errors], [requests, samples, 0], key);
      assert.ok(row!.writeUnits >= requests, key);
    }
    const queries = groups.find((one) => one.key === "HKA1" && one.route === "/api/v1/query_range");
    assert.equal(queries?.requests, MINUTES);
    assert.ok(queries!.readUnits > 0);
    const unknown = groups.find((one) => one.tenant === "hearth" && one.route === "/api/v1/query");
    assert.equal(unknown?.requests, MINUTES, "requests without a valid key");
    const compaction = groups.filter((one) => one.route === "(compaction)" && one.writeUnits > 0);
    assert.ok(
      compaction.some(({ tenant }) => tenant === "a") && compaction.some(({ tenant }) => tenant === "b"),
    );
    for (const name of ["requests", "samples", "readUnits", "writeUnits"] as const) {
      const sum = groups.reduce((all, group) => all + group[name], 0);
      assert.ok(Math.abs(sum - total[name]) < 1e-6, name);
    }
  });

  test("shows a tenant's key its own tenant alone", async () => {
    const { groups, total } = await deployment.usage("HKB1", "?by=tenant,day");
    assert.deepEqual([...new Set(groups.map(({ tenant }) => tenant))], ["b"]);
    assert.equal(total.samples, sent.get("HKB1")!.samples);
    const response = await deployment.fetch(0, "/api/v1/usage/queries", "HKB1");
    const { data } = (await response.json()) as { data: { queries: { tenant: string; key: string }[] } };
    assert.deepEqual([...new Set(data.queries.map(({ tenant }) => tenant))], ["b"]);
  });

  test("names the queries that cost the most, with their key and never a secret", async () => {
    const response = await deployment.fetch(0, "/api/v1/usage/queries?order=readUnits&limit=2", "HKALL");
    const text = await response.text();
    assert.ok(!text.includes(SECRET));
    const { queries } = (JSON.parse(text) as { data: { queries: Record<string, unknown>[] } }).data;
    assert.equal(queries.length, 2);
    assert.ok(Number(queries[0].readUnits) >= Number(queries[1].readUnits));
    const found = queries.find((one) => one.key === "HKA1")!;
    const { query, key, tenant, kind, count, maxRangeMs } = found;
    assert.deepEqual(
      { query, key, tenant, kind, count, maxRangeMs },
      {
        query: "sum(rate(m[5m]))",
        key: "HKA1",
        tenant: "a",
        kind: "range",
        count: MINUTES,
        maxRangeMs: 600_000,
      },
    );
  });

  test("is stored as series of the tenant hearth, whose increase is the day's count", async () => {
    await deployment.compact();
    await deployment.addKey({ id: "HKOWN", tenant: "hearth" });
    const time = deployment.nowMs / 1000;
    const ask = async (query: string) => {
      const path = `/api/v1/query?query=${encodeURIComponent(query)}&time=${time}`;
      const response = await deployment.fetch(0, path, "HKOWN");
      const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
      return data.result.map(({ value }) => Number(value[1]));
    };
    const samples = await ask('hearth_usage_samples_total{tenant="a",key="HKA1"}');
    assert.deepEqual(samples, [sent.get("HKA1")!.samples]);
    const [dollars] = await ask("sum(hearth_usage_dollars_total)");
    const { total } = await deployment.usage("HKALL");
    assert.ok(dollars > 0.9 * total.dollars.total && dollars <= total.dollars.total * 1.001, `${dollars}`);
  });

  test("its own cost is a small part of what it counts", async () => {
    const { groups } = await deployment.usage("HKALL", "?by=tenant,route");
    const own = groups.find(({ tenant, route }) => tenant === "hearth" && route === "(background)")!;
    const { total } = await deployment.usage("HKALL");
    // Keys, compaction's marks, flushes of two processes each minute and the series of four runs.
    if (process.env.HEARTH_PRINT_USAGE) console.log(own, total);
    assert.ok(own.writeUnits < 150, `${own.writeUnits} of ${total.writeUnits}`);
  });

  test("at rest is what the table holds, by tenant and metric; the command prints it", async () => {
    const { stored } = deployment;
    const lines: string[] = [];
    const console = { print: (text: string) => lines.push(text), tell: () => {} };
    const target = { table: deployment.processes[0].table, stored, isBilled: true };
    const options = { storage: true, by: "tenant,metric", from: TODAY, to: TODAY, json: true };
    let bytes = 0;
    for await (const page of stored.scan()) for (const item of page) bytes += itemSizeBytes(item) + 100;
    await usageCommand(target, options, () => deployment.nowMs, console);
    const report = JSON.parse(lines[0]) as Usage & { total: { storedBytes: number } };
    assert.ok(Math.abs(report.total.storedBytes - bytes) < 10, `${report.total.storedBytes} of ${bytes}`);
    const metric = (
      report.groups as (Group & {
        metric: string;
        series: number;
        storedBytes: number;
        storedSamples: number;
      })[]
    ).find((one) => one.tenant === "a" && one.metric === "m")!;
    // Of tenant a, 220 series were sent; samples in runs or chunks are those that have left the log.
    assert.ok(metric.storedSamples > 0 && metric.storedSamples % 20 === 0, `${metric.storedSamples}`);
    assert.ok(Math.abs(metric.series - 200) < 20, `${metric.series}`);
    assert.ok(metric.storedBytes > 0);
    const { total } = await deployment.usage("HKALL", `?start=${TODAY}`);
    assert.equal((total as unknown as typeof report.total).storedBytes, report.total.storedBytes);
    lines.length = 0;
    await usageCommand(target, { from: TODAY, to: TODAY, by: "tenant,key" }, () => deployment.nowMs, console);
    await usageCommand(target, { from: TODAY, to: TODAY, queries: true }, () => deployment.nowMs, console);
    assert.match(lines[0], /^TENANT +KEY +REQUESTS .*\n[\s\S]*\na +HKA1 /);
    assert.match(lines[1], /sum\(rate\(m\[5m\]\)\)/);
  });

  test("samples that were rejected are counted, and the command prints them", async () => {
    const one = new Deployment();
    await one.addKey({ id: "HKA1", tenant: "a" });
    await changeTenantSettings(one.processes[0].table, "a", { limits: { labelsPerSeries: 1 } });
    assert.equal((await one.write(0, "HKA1", 30)).status, 400);
    await one.flush();
    const lines: string[] = [];
    const console = { print: (text: string) => lines.push(text), tell: () => {} };
    const target = { table: one.processes[0].table, stored: one.stored, isBilled: true };
    await usageCommand(target, { from: TODAY, to: TODAY, by: "tenant,key" }, () => one.nowMs, console);
    const [head, ...rows] = lines[0].split("\n").map((line) => line.trim().split(/ {2,}/));
    const row = rows.find(([tenant, key]) => tenant === "a" && key === "HKA1")!;
    const printed = Object.fromEntries(head.map((name, i) => [name, row[i]]));
    const { REQUESTS, REFUSED, SAMPLES } = printed;
    assert.deepEqual([REQUESTS, REFUSED, SAMPLES, printed["REJECTED SAMPLES"]], ["1", "0", "0", "30"]);
  });

  test("limits and what is used of them are series of the tenant hearth", async () => {
    const { table, clock, quotas } = deployment.processes[1];
    await changeTenantSettings(table, "a", {
      limits: { samplesPerSecond: 100, seriesPerDay: 1000, readUnitsPerDay: 5000 },
    });
    deployment.nowMs += MINUTE_MS;
    for (let i = 0; i < 4; i++) {
      deployment.nowMs += MINUTE_MS / 2;
      await deployment.write(0, "HKA1", 200);
    }
    await deployment.compact();
    assert.ok(quotas.used(await deployment.processes[1].tenants.find(table, "a")).seriesPerDay > 0);
    const query = encodeURIComponent('{__name__=~"hearth_limit.*",tenant="a"}');
    const path = `/api/v1/query?query=${query}&time=${clock() / 1000}`;
    const response = await deployment.fetch(0, path, "HKOWN");
    const { data } = (await response.json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    const values = Object.fromEntries(
      data.result.map(({ metric, value }) => [`${metric.__name__} ${metric.limit}`, Number(value[1])]),
    );
    assert.equal(values["hearth_limit samples-per-second"], 100);
    assert.equal(values["hearth_limit series-per-day"], 1000);
    assert.ok(Math.abs(values["hearth_limit_used series-per-day"] - 200) < 20);
    assert.ok(
      "hearth_limit_used samples-per-second" in values && "hearth_limit_used read-units-per-day" in values,
    );
  });

  test("days before the first have nothing; wrong parameters say what is expected", async () => {
    const { total, groups } = await deployment.usage("HKALL", "?start=2020-01-01&end=2020-01-02");
    assert.equal(total.requests, 0);
    assert.ok(groups.every(({ requests, writeUnits }) => requests === 0 && writeUnits === 0));
    for (const [query, expected] of [
      ["?by=colour", /expected some of tenant,key,route,day,metric/],
      ["?by=metric,key", /not counted by metric/],
      ["?start=yesterday", /expected a UTC day such as/],
      [`?start=${TODAY}&end=2020-01-01`, /start before end/],
      ["/queries?order=colour", /expected readUnits or durationMs/],
    ] as const) {
      const response = await deployment.fetch(0, `/api/v1/usage${query}`, "HKALL");
      assert.equal(response.status, 400);
      assert.match(await response.text(), expected);
    }
  });

  test("a day goes on counting over midnight, each count on its day", async () => {
    const before = await deployment.usage("HKALL", `?start=${TODAY}`);
    deployment.nowMs = START_MS + DAY_MS;
    await deployment.write(0, "HKB1", 10);
    await deployment.flush();
    const after = await deployment.usage("HKB1");
    assert.equal(after.total.samples, 10);
    const both = await deployment.usage("HKB1", `?start=${TODAY}&by=day`);
    assert.deepEqual(
      both.groups.map(({ samples }) => samples).sort((x, y) => x - y),
      [10, sent.get("HKB1")!.samples],
    );
    assert.ok(before.total.samples > 0);
  });
});
