/**
 * How many table calls a panel of the last hour waits for one after the other, from the key to the last sample, by a process
 * that has just started: with the services of a function, and whatever the key and the tenant have set.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";

import { type NewAccessKey, newAccessKey } from "../../../lib/auth/access-key.ts";
import { createKey } from "../../../lib/auth/key-store.ts";
import { composeServices } from "../../../lib/http/compose-services.ts";
import { flushUsage, newGateway } from "../../../lib/http/gateway.ts";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { compact } from "../../../lib/storage/compact/compactor.ts";
import { changeTenantSettings } from "../../../lib/storage/tenants/tenant-settings.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { RoundTable } from "../../helpers/storage/round-table.ts";
import { bitsOf, type SentSeries } from "../../helpers/write-requests.ts";

const NOW_MS = MIDNIGHT_MS + DAY_MS + 9 * HOUR_MS;
const SERIES = 30;
const MAX_IN_A_ROW = 6;

/** Two tenants: a day of chunks and rows, then chunks, runs, and a log with a dictionary and brief references. */
async function newTable() {
  const engine = new Engine({ fewSeries: 2 });
  engine.tickMs = 0;
  const writers = engine.newWriters();
  const { clock, table } = engine;
  for (engine.nowMs = MIDNIGHT_MS; engine.nowMs <= NOW_MS; engine.nowMs += 20 * MINUTE_MS) {
    for (const tenant of ["a", "b"])
      await engine.append(
        writers,
        Array.from(
          // One more is new: a series record gives out its reference.
          { length: engine.nowMs > NOW_MS - HOUR_MS ? SERIES + 1 : SERIES },
          (_, i): SentSeries => ({
            labels: [
              ["__name__", `metric_${i % 3}`],
              ["instance", String(i)],
            ],
            samples: [[engine.nowMs, bitsOf(i)]],
          }),
        ),
        tenant,
      );
    if (engine.nowMs > NOW_MS - HOUR_MS) continue;
    const options = { clock, randomBytes, retentionOf: () => 0, deadlineMs: Number.POSITIVE_INFINITY };
    await compact(table, { ...options, sparseSamples: 0 });
  }
  const keys: Partial<NewAccessKey>[] = [
    { id: "HKA" },
    { id: "HKNARROW", readMatch: [{ type: "!=", name: "instance", value: "0" }] },
    { id: "HKANY", tenant: "*" },
  ];
  for (const key of keys) {
    const all = {
      secret: "secret-of-a-test",
      tenant: "a",
      scopes: ["read"] as const,
      note: "",
      createdMs: 0,
    };
    await createKey(table, newAccessKey({ ...all, ...key } as NewAccessKey, randomBytes));
  }
  return table;
}

const table = await newTable();

/** Of a new process. */
async function callsInARow(headers: Readonly<Record<string, string>>, id: string, series: number) {
  const rounds = new RoundTable(table);
  const parts = composeServices({
    table: rounds,
    clock: () => NOW_MS,
    randomBytes,
    retentionMs: 0,
    log: () => {},
  });
  // As functions/handler.ts: the counts of usage are stored once the response has ended.
  const services = { ...parts, flushesLater: true };
  const app = newGateway(services);
  addQueryRoutes(
    app,
    services,
    newQueryServices(services, DEFAULT_PROMQL_SETTINGS, new ReaderMemory(64 * 1024 * 1024)),
  );
  const form = new URLSearchParams({
    query: "metric_1",
    start: String((NOW_MS - HOUR_MS) / SECOND_MS),
    end: String(NOW_MS / SECOND_MS),
    step: "60",
  });
  const authorization = `Basic ${Buffer.from(`${id}:secret-of-a-test`).toString("base64")}`;
  const response = await app.request("/api/v1/query_range", {
    method: "POST",
    body: form.toString(),
    headers: {
      ...headers,
      Authorization: authorization,
      "Content-Type": "application/x-www-form-urlencoded",
    },
  });
  const { data, error } = (await response.json()) as {
    readonly data?: { readonly result: readonly object[] };
    readonly error?: string;
  };
  assert.equal(data?.result.length, series, error);
  const waited = rounds.rounds;
  await flushUsage(services);
  assert.equal(rounds.rounds, waited + 1, "usage is stored");
  return waited;
}

async function assertFew(what: string, calls: Promise<number>): Promise<void> {
  const inARow = await calls;
  assert.ok(inARow <= MAX_IN_A_ROW, `${what}: ${inARow} calls in a row, expected at most ${MAX_IN_A_ROW}`);
  // The key, the manifest and what it names at least.
  assert.ok(inARow >= 3, `${what}: ${inARow}`);
}

const PER_METRIC = SERIES / 3;

test("a panel of the last hour waits for at most six calls in a row: a tenant's key, a narrowed one", async () => {
  await assertFew("a tenant's key", callsInARow({}, "HKA", PER_METRIC));
  await assertFew("a narrowed key", callsInARow({}, "HKNARROW", PER_METRIC));
});

test("so do one tenant and several of a key for every tenant", async () => {
  await assertFew("one tenant", callsInARow({ "X-Scope-OrgID": "a" }, "HKANY", PER_METRIC));
  await assertFew("two tenants", callsInARow({ "X-Scope-OrgID": "a|b" }, "HKANY", 2 * PER_METRIC));
});

test("so does a tenant with limits, whose counts are read beside the query", async () => {
  const limits = { readUnitsPerHour: 1e6, queriesAtOnce: 10, seriesPerDay: 1e6 };
  await changeTenantSettings(table, "a", { limits });
  await assertFew("limits of the tenant", callsInARow({}, "HKA", PER_METRIC));
  await assertFew("and a narrowed key", callsInARow({}, "HKNARROW", PER_METRIC));
  await assertFew("and two tenants", callsInARow({ "X-Scope-OrgID": "a|b" }, "HKANY", 2 * PER_METRIC));
});
