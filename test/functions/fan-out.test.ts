import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { MAX_HELPERS, newFanOut } from "../../functions/fan-out.ts";

const ENVIRONMENT = {
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_MAX_ATTEMPTS: "1",
};
const calls: { readonly request: string; readonly type: unknown; readonly payload: unknown }[] = [];
const lines: string[] = [];
let status = 202;
const server = createServer(async (request, response) => {
  const payload = JSON.parse(Buffer.concat(await request.toArray()).toString());
  const type = request.headers["x-amz-invocation-type"];
  calls.push({ request: `${request.method} ${request.url}`, type, payload });
  response.writeHead(status).end();
});
const saved = { ...process.env };

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, ENVIRONMENT, { AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${port}` });
});
after(() => {
  process.env = saved;
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  calls.length = 0;
  lines.length = 0;
});

const fanOutOf = (event: object) =>
  newFanOut(event, "hearth-CompactFunction-1", (level, message) => lines.push(`${level} ${message}`));

test("the schedule's compactor starts a first helper, that one a second", async () => {
  status = 202;
  await fanOutOf({ "detail-type": "Scheduled Event" })?.();
  await fanOutOf({ helper: 1 })?.();
  const request = "POST /2015-03-31/functions/hearth-CompactFunction-1/invocations";
  assert.deepEqual(calls, [
    { request, type: "Event", payload: { helper: 1 } },
    { request, type: "Event", payload: { helper: 2 } },
  ]);
  assert.deepEqual(lines, Array(2).fill("info compaction: another compactor is started"));
});

test("the last in the row starts none", () => {
  assert.equal(fanOutOf({ helper: MAX_HELPERS }), undefined);
});

test("what fails is logged and holds up nothing", async () => {
  status = 500;
  await fanOutOf({})?.();
  assert.deepEqual(lines, ["warn compaction: no other compactor could be started"]);
});
