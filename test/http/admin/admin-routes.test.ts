/** POST and PUT /api/v1/admin/tsdb/…: scopes, statuses and bodies as Prometheus, and every form of answer afterwards. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type AuditEntry, listAudit } from "../../../lib/auth/audit.ts";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { type SentSeries, series } from "../../helpers/write-requests.ts";

const DELETE = "/api/v1/admin/tsdb/delete_series";
const CLEAN = "/api/v1/admin/tsdb/clean_tombstones";

let gateway: TestGateway;
before(async () => {
  gateway = await TestGateway.open();
  const memory = new ReaderMemory(2 ** 24);
  addQueryRoutes(
    gateway.app,
    gateway.services,
    newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS, memory),
  );
  await gateway.addKey({ id: "HKADMIN", scopes: ["admin"] });
  await gateway.addKey({ id: "HKOTHER", tenant: "other", scopes: ["admin"] });
});

function ask(path: string, init: RequestInit = {}, id = "HKADMIN") {
  return gateway.fetch(path, { ...init, headers: { Authorization: basic(id), ...init.headers } });
}

async function send(request: readonly SentSeries[]): Promise<void> {
  assert.equal((await gateway.write(request)).status, 200);
}

const form = (entries: [string, string][]) => ({ body: new URLSearchParams(entries) });

async function data(path: string): Promise<unknown> {
  const response = await ask(`/api/v1${path}`, {}, "HKA");
  assert.equal(response.status, 200);
  return ((await response.json()) as { data: unknown }).data;
}

/** The values of `up` over the last hour, by host. */
async function upByHost(): Promise<Record<string, string>> {
  const query = encodeURIComponent("last_over_time(up[1h])");
  const { result } = (await data(`/query?query=${query}&time=${gateway.nowMs / 1000}`)) as {
    result: { metric: { host: string }; value: [number, string] }[];
  };
  return Object.fromEntries(result.map(({ metric, value }) => [metric.host, value[1]]));
}

test("deletes, for the key's tenant alone, and what is sent again counts", async () => {
  const sent = (value: number) =>
    ["a", "b"].map((host) => series("up", { host }, [MIDNIGHT_MS + 60_000, value]));
  gateway.nowMs = MIDNIGHT_MS + 120_000;
  await send(sent(1));
  assert.deepEqual(await upByHost(), { a: "1", b: "1" });
  const ofOther = await ask(DELETE, { method: "POST", ...form([["match[]", "up"]]) }, "HKOTHER");
  assert.equal(ofOther.status, 204);
  assert.deepEqual(await upByHost(), { a: "1", b: "1" });

  const response = await ask(DELETE, { method: "POST", ...form([["match[]", 'up{host="a"}']]) });
  assert.deepEqual([response.status, await response.text()], [204, ""]);
  assert.deepEqual(await upByHost(), { b: "1" });
  assert.deepEqual(await data("/label/host/values"), ["b"]);
  assert.deepEqual(await data("/series?match[]=up"), [{ __name__: "up", host: "b" }]);
  const tsdb = (await data("/status/tsdb")) as { headStats: { numSeries: number } };
  assert.equal(tsdb.headStats.numSeries, 1);
  await gateway.compact();
  assert.deepEqual(await upByHost(), { b: "1" });

  await send(sent(2));
  assert.deepEqual(await upByHost(), { a: "2", b: "2" });
  assert.deepEqual(await data("/label/host/values"), ["a", "b"]);
  await gateway.compact();
  assert.deepEqual(await upByHost(), { a: "2", b: "2" });
});

test("PUT, parameters in the URL, several selectors and a range", async () => {
  const at = MIDNIGHT_MS + 180_000;
  const url = `${DELETE}?match[]=up{host="b"}&match[]=none&start=${at / 1000}&end=${at / 1000}`;
  assert.equal((await ask(url, { method: "PUT" })).status, 204);
  assert.deepEqual(await upByHost(), { a: "2", b: "2" });
  const hit = `${DELETE}?match[]=up{host="b"}&match[]=none&start=${MIDNIGHT_MS / 1000}&end=${at / 1000}`;
  assert.equal((await ask(hit, { method: "PUT" })).status, 204);
  assert.deepEqual(await upByHost(), { a: "2" });
});

test("refuses as Prometheus does", async () => {
  const CASES: readonly (readonly [init: RequestInit, status: number, error: RegExp, path?: string])[] = [
    [{ method: "POST" }, 400, /^no match\[\] parameter provided$/],
    [{ method: "POST", ...form([["match[]", "up{"]]) }, 400, /^invalid parameter "match\[\]": /],
    [{ method: "POST", ...form([["match[]", '{a=~".*"}']]) }, 400, /at least one non-empty matcher/],
    [
      {
        method: "POST",
        ...form([
          ["match[]", "up"],
          ["start", "x"],
        ]),
      },
      400,
      /^invalid parameter "start": .*cannot parse "x" to a valid timestamp$/,
    ],
    [{ method: "GET" }, 405, /^method GET is not allowed here, use POST or PUT$/],
    [{ method: "DELETE" }, 405, /^method DELETE/, CLEAN],
  ];
  for (const [init, status, error, path = DELETE] of CASES) {
    const response = await ask(path, init);
    const body = (await response.json()) as { status: string; errorType: string; error: string };
    assert.deepEqual([response.status, body.status, body.errorType], [status, "error", "bad_data"]);
    assert.match(body.error, error);
  }
});

test("only with the scope admin", async () => {
  for (const path of [DELETE, CLEAN]) {
    const response = await ask(`${path}?match[]=up`, { method: "POST" }, "HKA");
    const { errorType, error } = (await response.json()) as { errorType: string; error: string };
    assert.deepEqual([response.status, errorType], [403, "forbidden"]);
    assert.equal(error, "access key HKA has no admin scope scopes=read,write");
    assert.equal((await gateway.fetch(path, { method: "POST" })).status, 401);
  }
});

test("clean_tombstones is 204 without a body", async () => {
  for (const method of ["POST", "PUT"]) {
    const response = await ask(CLEAN, { method });
    assert.deepEqual([response.status, await response.text()], [204, ""]);
  }
});

test("every deletion is on record, with the key that asked", async () => {
  const entries: AuditEntry[] = [];
  for await (const entry of listAudit(gateway.services.table, 0)) entries.push(entry);
  const [first, second] = entries;
  assert.deepEqual(
    [first, second].map(({ who, action, tenant, subject }) => [who, action, tenant, subject]),
    [
      ["HKOTHER", "series delete", "other", '{__name__="up"}'],
      ["HKADMIN", "series delete", "t", '{host="a",__name__="up"}'],
    ],
  );
  const lines = gateway.lines.filter(({ message }) => message === "audit");
  assert.equal(lines.length, entries.length);
  assert.ok(entries.length >= 4);
});
