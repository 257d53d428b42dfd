/** Usage by metric, against what was sent and asked, and against what lies in the table. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { newAccessKey } from "../../../lib/auth/access-key.ts";
import { createKey } from "../../../lib/auth/key-store.ts";
import { composeServices } from "../../../lib/http/compose-services.ts";
import { newGateway } from "../../../lib/http/gateway.ts";
import { collectUsageAndLog } from "../../../lib/http/limits/usage-collector.ts";
import { addUsageRoutes } from "../../../lib/http/limits/usage-route.ts";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { addWriteRoutes } from "../../../lib/http/write-route.ts";
import { HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { compactAndLog } from "../../../lib/storage/compact/compaction-log.ts";
import { KIND } from "../../../lib/storage/layout/keys.ts";
import { parseChunkSortKey } from "../../../lib/storage/layout/part-keys.ts";
import { numberOfHash } from "../../../lib/storage/parts/metric-counts.ts";
import { textHash } from "../../../lib/storage/series/series-hash.ts";
import { billedBytes } from "../../../lib/storage/table/item-size.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { MAX_METRIC_ROWS, MetricTable, metricOfName } from "../../../lib/storage/usage/metric-usage.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { basic, SECRET } from "../../helpers/test-gateway.ts";
import { compressedBody, series } from "../../helpers/write-requests.ts";

type Counts = Record<
  "requests" | "samples" | "readUnits" | "writeUnits" | "chunkBytes" | "storedBytes",
  number
>;
type Group = Counts & { readonly tenant: string; readonly metric: string };

test("samples, units and bytes by metric add up to the tenants' and the table's", async () => {
  const stored = new MemoryTable();
  let nowMs = MIDNIGHT_MS + HOUR_MS;
  const services = composeServices({
    table: stored,
    clock: () => nowMs,
    randomBytes,
    retentionMs: 0,
    log: () => {},
  });
  const { table, clock, log, usage } = services;
  const app = newGateway(services);
  addWriteRoutes(app, services);
  addQueryRoutes(app, services, newQueryServices(services, DEFAULT_PROMQL_SETTINGS));
  addUsageRoutes(app, services);
  for (const tenant of ["a", "b", "*"]) {
    const id = tenant === "*" ? "HKALL" : `HK${tenant}`;
    const key = { id, secret: SECRET, tenant, scopes: ["read", "write"], note: "", createdMs: 0 } as const;
    await createKey(table, newAccessKey(key, randomBytes));
  }
  const fetch = async (path: string, key: string, body?: Uint8Array) => {
    const headers = { Authorization: basic(key), ...(body && BODY_HEADERS) };
    const init = { headers, ...(body && { method: "POST", body: body as Uint8Array<ArrayBuffer> }) };
    const response = await app.fetch(new Request(`http://h.test${path}`, init));
    assert.equal(response.status, 200);
    return (await response.json().catch(() => undefined)) as { data: { total: Counts; groups: Group[] } };
  };
  const compact = async () => {
    nowMs += 6 * MINUTE_MS;
    const options = { clock, randomBytes, retentionOf: () => 0, deadlineMs: Number.POSITIVE_INFINITY };
    await compactAndLog(table, { ...options, isEager: true, sparseSamples: 0 }, log, undefined, usage);
    await collectUsageAndLog(services);
  };
  for (let i = 0; i < 20; i++) {
    nowMs += MINUTE_MS / 2;
    for (const [key, metrics] of [
      ["HKa", { large: 300, small: 100 }],
      ["HKb", { other: 7 }],
    ] as const) {
      const all = Object.entries(metrics).flatMap(([name, count]) =>
        Array.from({ length: count }, (_, at) => series(name, { at: String(at) }, [nowMs, at * i])),
      );
      await fetch("/api/v1/write", key, compressedBody(all));
    }
    await fetch("/api/v1/query?query=large%2Bon()group_left()sum(small)", "HKa");
    if (i % 5 === 4) await compact();
  }
  // The bucket is over: its samples become chunks.
  nowMs += 9 * HOUR_MS;
  await compact();
  await compact();
  const day = new Date(MIDNIGHT_MS).toISOString().slice(0, 10);
  const { total, groups } = (await fetch(`/api/v1/usage?by=tenant,metric&start=${day}`, "HKALL")).data;
  for (const count of ["requests", "samples", "readUnits", "writeUnits"] as const) {
    const sum = groups.reduce((all, group) => all + group[count], 0);
    assert.ok(Math.abs(sum - total[count]) < 1e-6 * total[count], `${count}: ${sum} of ${total[count]}`);
  }
  const find = (tenant: string, metric: string) =>
    groups.find((group) => group.tenant === tenant && group.metric === metric)!;
  const [large, small, other] = [find("a", "large"), find("a", "small"), find("b", "other")];
  assert.equal(Math.round(large.samples), 20 * 300);
  assert.equal(Math.round(small.samples), 20 * 100);
  assert.equal(Math.round(other.samples), 20 * 7);
  assert.ok(Math.abs(large.writeUnits / small.writeUnits - 3) < 0.01);
  assert.ok(large.readUnits > 20 && Math.abs(large.readUnits / small.readUnits - 1) < 0.01, "both were read");
  assert.equal(other.readUnits, 0, "nobody asked for it");
  assert.ok(find("a", "").requests >= 40 && find("a", "").samples === 0);
  for (const { metric, chunkBytes } of [large, small])
    assert.equal(chunkBytes, await bytesOf(stored, metric));
  const at = `&time=${(nowMs + MINUTE_MS) / 1000}`;
  const query = encodeURIComponent('increase(hearth_usage_metric_samples_total{metric="large"}[1d])');
  nowMs += MINUTE_MS;
  const init = { headers: { Authorization: basic("HKALL"), "X-Scope-OrgID": "hearth" } };
  const response = await app.fetch(new Request(`http://h.test/api/v1/query?query=${query}${at}`, init));
  const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
  assert.ok(Math.abs(Number(data.result[0].value[1]) - 6000) < 700, JSON.stringify(data));
});

const BODY_HEADERS = { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" };

/** Of chunk items at rest, as DynamoDB bills them. */
async function bytesOf(stored: MemoryTable, metric: string): Promise<number> {
  let bytes = 0;
  for await (const page of stored.scan())
    for (const item of page)
      if (item.pk[0] === KIND.chunk && numberOfHash(parseChunkSortKey(item.sk)) === textHash(metric))
        bytes += billedBytes(item);
  return bytes;
}

test("rows of metrics are bounded; what is left out counts together", () => {
  const table = new MetricTable();
  const count = 5 * MAX_METRIC_ROWS;
  for (let i = 0; i < count; i++) table.add({ ...metricOfName("t", `m${i}`), samples: i });
  table.add({ ...metricOfName("t", "most"), samples: 1e9 });
  assert.ok(table.rows.length <= MAX_METRIC_ROWS);
  assert.equal(
    table.rows.reduce((sum, { samples }) => sum + samples, 0),
    (count * (count - 1)) / 2 + 1e9,
  );
  assert.ok(table.rows.some(({ name }) => name === "most"));
  assert.ok(table.rows.some(({ name }) => name === "(other metrics)"));
});
