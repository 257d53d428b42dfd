/** What only a real connection shows: bodies that nobody reads, and clients that go away. */
import assert from "node:assert/strict";
import http, { type IncomingMessage, type RequestOptions } from "node:http";
import net, { type AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { compress } from "../../lib/wire/snappy.ts";
import { newHttpServer } from "../../local/http-server.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { basic, query, TestGateway } from "../helpers/test-gateway.ts";
import { compressedBody, series } from "../helpers/write-requests.ts";
import { encodeMessage } from "../wire/prometheus-proto.ts";

const GOOD = compressedBody([series("up", { job: "a" }, [MIDNIGHT_MS, 1])]);
const STREAM = (queries: number) =>
  compress(
    encodeMessage("ReadRequest", {
      queries: Array(queries).fill(query()),
      acceptedResponseTypes: ["STREAMED_XOR_CHUNKS"],
    }),
  );
const HEADERS = {
  Authorization: basic("HKA"),
  "Content-Type": "application/x-protobuf",
  "Content-Encoding": "snappy",
};

async function serve(t: TestContext, limits = {}): Promise<{ gateway: TestGateway; port: number }> {
  const gateway = await TestGateway.open(limits);
  const server = newHttpServer(gateway.app.fetch, () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { gateway, port: (server.address() as AddressInfo).port };
}

interface Answer {
  readonly status: number | undefined;
  readonly body: Buffer;
  readonly reused: boolean;
}

function request(options: RequestOptions, ...parts: Uint8Array[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = http.request(
      { method: "POST", path: "/api/v1/write", host: "127.0.0.1", ...options },
      async (answer) => {
        const received: Buffer[] = [];
        for await (const part of answer) received.push(part);
        const body = Buffer.concat(received);
        resolve({ status: answer.statusCode, body, reused: sent.reusedSocket });
      },
    );
    sent.on("error", reject);
    for (const part of parts) sent.write(part);
    sent.end();
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    assert.ok(waited < 3000, "waited 3 s in vain");
    await setTimeout(5);
  }
}

const REFUSED = [
  ["401", { headers: { ...HEADERS, Authorization: basic("HKA", "wrong") } }, 401],
  ["415", { headers: { ...HEADERS, "Content-Type": "text/plain" } }, 415],
  ["404", { headers: HEADERS, path: "/nowhere" }, 404],
  ["405", { headers: HEADERS, method: "PUT" }, 405],
] as const;

for (const [what, options, status] of REFUSED) {
  test(`${what} with a large body that nobody reads, and the connection's next request is answered`, async (t) => {
    const { port } = await serve(t);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const large = new Uint8Array(3 * 1024 * 1024);
    for (let round = 0; round < 3; round++) {
      assert.equal((await request({ ...options, port, agent }, large)).status, status);
      const good = await request(
        { headers: { ...HEADERS, "Content-Length": GOOD.length }, port, agent },
        GOOD,
      );
      assert.equal(good.status, 200);
    }
  });
}

test("a body in chunks, without a length", async (t) => {
  const { port, gateway } = await serve(t);
  const parts = [GOOD.subarray(0, 5), GOOD.subarray(5)];
  assert.deepEqual(await request({ port, headers: HEADERS }, ...parts), {
    status: 200,
    body: Buffer.alloc(0),
    reused: false,
  });
  assert.equal(gateway.lastLine.fields.storedSamples, 1);
});

for (const [what, headers] of [
  ["in chunks", HEADERS],
  ["by its length", { ...HEADERS, "Content-Length": 500_000 }],
] as const) {
  test(`a body beyond the limit, ${what}, is answered 413, and the next request too`, async (t) => {
    const { port } = await serve(t, { maxBodyBytes: 100_000 });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const parts = Array.from({ length: 50 }, () => new Uint8Array(10_000));
    for (let round = 0; round < 3; round++) {
      assert.equal((await request({ port, headers, agent }, ...parts)).status, 413);
      assert.equal((await request({ port, headers: HEADERS, agent }, GOOD)).status, 200);
    }
  });
}

test("HEAD is answered without a body", async (t) => {
  const { port } = await serve(t);
  const answer = await request({ port, method: "HEAD" });
  assert.deepEqual([answer.status, answer.body.length], [405, 0]);
});

test("a sender that breaks off within its body leaves a line in the log, and no error of ours", async (t) => {
  const { port, gateway } = await serve(t);
  const socket = net.connect(port, "127.0.0.1");
  const headers = Object.entries({ ...HEADERS, Host: "x", "Content-Length": 1000 }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.write(`POST /api/v1/write HTTP/1.1\r\n${headers.join("")}\r\nhalf`);
  await until(() => gateway.table.calls.length > 0);
  await setTimeout(20);
  socket.destroy();
  await until(() => gateway.lines.length > 0);
  assert.deepEqual(
    gateway.lines.map(({ level, fields }) => [level, fields.status]),
    [["warn", 400]],
  );
});

/** A gateway with so much data that a stream of it does not fit a socket's buffers. */
async function serveMuch(t: TestContext) {
  const served = await serve(t);
  const label = "x".repeat(2000);
  for (let i = 0; i < 2; i++) {
    const all = Array.from({ length: 1000 }, (_, n) =>
      series("many", { i: `${i}`, n: `${n}`, label }, [MIDNIGHT_MS, n]),
    );
    assert.equal((await served.gateway.write(all)).status, 200);
  }
  served.gateway.lines.length = 0;
  return served;
}

function open(port: number, body: Uint8Array): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = http.request(
      { host: "127.0.0.1", port, path: "/api/v1/read", method: "POST", headers: HEADERS },
      resolve,
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

test("a reader that goes away in the middle ends the work, and is logged once", async (t) => {
  const { port, gateway } = await serveMuch(t);
  const answer = await open(port, STREAM(20));
  await new Promise((resolve) => answer.once("data", resolve));
  answer.destroy();
  await until(() => gateway.lines.length > 0);
  const calls = gateway.table.calls.length;
  await setTimeout(50);
  assert.equal(gateway.table.calls.length, calls);
  assert.equal(gateway.lines.length, 1);
  const { fields } = gateway.lastLine;
  assert.ok(["client went away", "broken"].includes(String(fields.outcome)), `${fields.outcome}`);
  assert.ok(Number(fields.series) < 30_000, `${fields.series} of 40,000 series were read`);
});

test("a reader that goes away before the answer begins is logged once", async (t) => {
  const { port, gateway } = await serveMuch(t);
  const sent = http.request({
    host: "127.0.0.1",
    port,
    path: "/api/v1/read",
    method: "POST",
    headers: HEADERS,
  });
  sent.on("error", () => {});
  gateway.table.beforeCall(2, () => sent.destroy());
  sent.end(STREAM(20));
  await until(() => gateway.lines.length > 0);
  await setTimeout(50);
  assert.equal(gateway.lines.length, 1);
});

test("a stream that breaks is cut, so that no client takes it for whole", async (t) => {
  const { port, gateway } = await serveMuch(t);
  const answer = await open(port, STREAM(3));
  gateway.table.failOnce(2);
  await assert.rejects(async () => {
    for await (const _ of answer);
  }, /aborted/);
  assert.deepEqual(
    gateway.lines.map(({ level, fields }) => [level, fields.outcome]),
    [["error", "broken"]],
  );
});
