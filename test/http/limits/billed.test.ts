/** Usage against what a database itself says that its calls consumed, counted on the wire: the embedded one, and DynamoDB Local. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
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
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { compactAndLog } from "../../../lib/storage/compact/compaction-log.ts";
import { ensureTable } from "../../../lib/storage/dynamodb/ensure-table.ts";
import { openTimedTable } from "../../../lib/storage/dynamodb/timed-table.ts";
import { startEmbeddedDynamoDB } from "../../../local/dynamodb/embedded-dynamodb.ts";
import { basic, SECRET } from "../../helpers/test-gateway.ts";
import { compressedBody, series } from "../../helpers/write-requests.ts";

interface Consumed {
  readonly CapacityUnits?: number;
}

/** Passes requests on, and adds up what the responses say that they consumed. */
async function startCounter(endpoint: string) {
  const billed = { readUnits: 0, writeUnits: 0 };
  const target = new URL(endpoint);
  const server = createServer(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray());
    const headers = { ...incoming.headers, host: target.host };
    const { hostname, port } = target;
    const passed = httpRequest({ hostname, port, method: incoming.method, path: incoming.url, headers });
    passed.end(body);
    const [response] = await once(passed, "response");
    const answer = Buffer.concat(await response.toArray());
    const { ConsumedCapacity } = JSON.parse(answer.toString() || "{}") as {
      ConsumedCapacity?: Consumed | Consumed[];
    };
    const all = Array.isArray(ConsumedCapacity) ? ConsumedCapacity : [ConsumedCapacity ?? {}];
    const units = all.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
    const isRead = /\.(?:GetItem|Query|Scan)$/.test(String(incoming.headers["x-amz-target"]));
    billed[isRead ? "readUnits" : "writeUnits"] += units;
    outgoing.writeHead(response.statusCode, response.headers).end(answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = new URL(endpoint);
  url.port = String(port);
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { endpoint: url.toString(), billed, close };
}

test("the sum over tenants is what the embedded DynamoDB billed, within 2 %", async () => {
  const database = await startEmbeddedDynamoDB();
  try {
    await compareWith(database.endpoint);
  } finally {
    await database.close();
  }
});

const local = process.env.HEARTH_TEST_DYNAMODB_LOCAL;
const skip =
  local === undefined && "set HEARTH_TEST_DYNAMODB_LOCAL=http://127.0.0.1:8000 and run DynamoDB Local there";

test("the sum over tenants is what DynamoDB Local billed, within 2 %", { skip }, () => compareWith(local!));

/** Sends and asks for two tenants, compacts and collects; then compares. */
async function compareWith(endpoint: string): Promise<void> {
  const counter = await startCounter(endpoint);
  const tableName = `hearth-${randomUUID()}`;
  const options = { tableName, clock: Date.now, randomBytes, endpoint: counter.endpoint };
  await ensureTable(options);
  const timed = openTimedTable(options);
  try {
    const services = composeServices({ ...timed, randomBytes, retentionMs: 0, log: () => {} });
    const app = newGateway(services);
    addWriteRoutes(app, services);
    addQueryRoutes(app, services, newQueryServices(services, DEFAULT_PROMQL_SETTINGS));
    addUsageRoutes(app, services);
    const { table, clock, usage, log, clockGuard } = services;
    for (const tenant of ["a", "b", "*"]) {
      const id = tenant === "*" ? "HKALL" : `HK${tenant}`;
      const key = { id, secret: SECRET, tenant, scopes: ["read", "write"], note: "", createdMs: 0 } as const;
      await createKey(table, newAccessKey(key, randomBytes));
    }
    const fetch = async (path: string, key: string, body?: Uint8Array) => {
      const headers = {
        Authorization: basic(key),
        ...(body && { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" }),
      };
      const init = { headers, ...(body && { method: "POST", body: body as Uint8Array<ArrayBuffer> }) };
      const response = await app.fetch(new Request(`http://h.test${path}`, init));
      assert.equal(response.status, 200);
      return (await response.json().catch(() => undefined)) as { data: { total: Record<string, number> } };
    };
    for (let i = 0; i < 30; i++) {
      for (const [key, count] of [
        ["HKa", 200],
        ["HKb", 20],
      ] as const) {
        const all = Array.from({ length: count }, (_, at) =>
          series("m", { at: String(at) }, [clock() - i, at]),
        );
        await fetch("/api/v1/write", key, compressedBody(all));
        await fetch("/api/v1/query?query=sum(m)", key);
      }
      await clockGuard?.check(i % 10 === 0);
    }
    const retentionOf = () => 0;
    await compactAndLog(
      table,
      { clock, randomBytes, retentionOf, deadlineMs: Number.POSITIVE_INFINITY },
      log,
      undefined,
      usage,
    );
    await collectUsageAndLog(services);
    await usage!.flush(table);
    const { readUnits, writeUnits } = { ...counter.billed };
    const { total } = (await fetch("/api/v1/usage", "HKALL")).data;
    assert.ok(writeUnits > 60 && readUnits > 60, `${writeUnits}, ${readUnits}`);
    assert.ok(
      Math.abs(total.writeUnits / writeUnits - 1) < 0.02,
      `${total.writeUnits} of ${writeUnits} written`,
    );
    assert.ok(Math.abs(total.readUnits / readUnits - 1) < 0.02, `${total.readUnits} of ${readUnits} read`);
    if (process.env.HEARTH_PRINT_USAGE) console.log(endpoint, { readUnits, writeUnits }, total);
  } finally {
    timed.table.close();
    await counter.close();
  }
}
