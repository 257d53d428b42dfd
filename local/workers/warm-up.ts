/**
 * Requests that a thread serves before it takes others, so that its code is loaded and compiled. They use a table in memory and
 * services of their own: nothing of them is stored, counted or logged.
 */
import { randomBytes } from "node:crypto";
import { newAccessKey } from "../../lib/auth/access-key.ts";
import { createKey } from "../../lib/auth/key-store.ts";
import { composeServices } from "../../lib/http/compose-services.ts";
import { addWriteRoutes } from "../../lib/http/write-route.ts";
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { DAY_MS, SECOND_MS } from "../../lib/model/time.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { type AppSettings, newRoleApp, type ServingRole } from "./role-app.ts";

const KEY = { id: "HKWARMUP", secret: "secret-of-the-warm-up" } as const;
const AUTHORIZATION = `Basic ${Buffer.from(`${KEY.id}:${KEY.secret}`).toString("base64")}`;
const ORIGIN = "http://localhost";
const SERIES = 20;
/** Bodies, a second apart: the second one finds its series known. */
const WRITES = 3;
const READER_MEMORY_BYTES = 1024 * 1024;
/** Selectors, operators, functions and a subquery, as dashboards have them. */
const EXPRESSIONS = [
  "warm",
  'sum by (job) (rate(warm{job=~"j.*"}[1m])) / 2 > 0',
  "quantile_over_time(0.5, (vector(time()) % 7)[10m:1s])",
];

/** Returns the statuses of the responses. Never rejects because of one. */
export async function warmUp(role: ServingRole, settings: AppSettings, nowMs: number): Promise<number[]> {
  const table = new MemoryTable();
  const fields = {
    ...KEY,
    tenant: DEFAULT_TENANT,
    scopes: ["read", "write"],
    note: "",
    createdMs: nowMs,
  } as const;
  await createKey(table, newAccessKey(fields, randomBytes));
  const services = composeServices({
    table,
    clock: () => nowMs,
    randomBytes,
    retentionMs: DAY_MS,
    log: () => {},
  });
  const app = newRoleApp(role, services, settings, READER_MEMORY_BYTES);
  if (role === "query") addWriteRoutes(app, services);
  const statuses: number[] = [];
  for (const request of requestsOf(role, nowMs)) {
    const response = await app.fetch(request);
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  return statuses;
}

function requestsOf(role: ServingRole, nowMs: number): Request[] {
  const writes = Array.from({ length: WRITES }, (_, i) => write(nowMs - (WRITES - i) * SECOND_MS));
  if (role === "write") return writes;
  const [start, end] = [nowMs / SECOND_MS - 60, nowMs / SECOND_MS];
  const queries = EXPRESSIONS.flatMap((query) => [
    get("query", { query, time: String(end) }),
    get("query_range", { query, start: String(start), end: String(end), step: "15" }),
  ]);
  return [...writes, ...queries, get("labels", {}), get("series", { "match[]": "warm" })];
}

function get(name: string, parameters: Readonly<Record<string, string>>): Request {
  const headers = { Authorization: AUTHORIZATION, "Accept-Encoding": "gzip" };
  return new Request(`${ORIGIN}/api/v1/${name}?${new URLSearchParams(parameters)}`, { headers });
}

function write(timeMs: number): Request {
  const headers = {
    Authorization: AUTHORIZATION,
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
  };
  return new Request(`${ORIGIN}/api/v1/write`, { method: "POST", headers, body: bodyAt(timeMs) });
}

function bodyAt(timeMs: number): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter();
  for (let i = 0; i < SERIES; i++) {
    const series = writer.begin(1);
    for (const [name, value] of [
      ["__name__", "warm"],
      ["instance", `host-${i}`],
      ["job", `job-${i % 2}`],
    ]) {
      const label = writer.begin(1);
      writer.writeStringField(1, name);
      writer.writeStringField(2, value);
      writer.end(label);
    }
    const sample = writer.begin(2);
    writer.writeDoubleField(1, Float64Array.of(i + timeMs / SECOND_MS), 0);
    writer.writeInt64Field(2, timeMs);
    writer.end(sample);
    writer.end(series);
  }
  return new Uint8Array(compress(writer.copy()));
}
