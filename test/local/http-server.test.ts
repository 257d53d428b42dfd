/** HTTP as old load balancers, proxies and clients speak it, byte by byte: each request gets a response and a log line. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { newHttpServer } from "../../local/http-server.ts";
import { QueryGateway } from "../helpers/query-gateway.ts";
import { basic } from "../helpers/test-gateway.ts";

const HOST = "Host: x\r\nConnection: close\r\n";
const KEY = `Authorization: ${basic("HKA")}\r\n`;

/** Of the route /endless. */
const [begun, aborted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
let api: QueryGateway;
let port: number;
let close: () => void;
let finish = () => {};
const slow = new Promise<void>((resolve) => {
  finish = resolve;
});

before(async () => {
  api = await QueryGateway.open();
  api.gateway.app.get("/-/healthy", (c) => c.text("healthy\n"));
  api.gateway.app.get("/slow", async (c) => {
    await slow;
    return c.text("late");
  });
  api.gateway.app.get("/later", async (c) => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    return c.text("later");
  });
  api.gateway.app.get("/endless", async (c) => {
    begun.resolve();
    await once(c.req.raw.signal, "abort");
    aborted.resolve();
    return c.text("nobody reads this");
  });
  const server = newHttpServer(api.gateway.app.fetch, api.gateway.services.log);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
  close = () => {
    server.close();
    server.closeAllConnections();
  };
});
after(() => close());

/** Sends text, closes its own side if `isHalfClosed`, and returns all that comes. */
async function exchange(
  text: string,
  isHalfClosed = false,
): Promise<{ status: number; body: string; all: string }> {
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.setEncoding("latin1");
  let all = "";
  socket.on("data", (data) => {
    all += data;
  });
  // A server that has said all closes the connection while the client still sends.
  socket.on("error", () => undefined);
  socket.write(text);
  if (isHalfClosed) socket.end();
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.on("end", () => socket.end());
  await closed;
  const [head, body = ""] = all.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), body, all };
}

const long = (bytes: number) =>
  `GET /api/v1/query?query=up&x=${"a".repeat(bytes)} HTTP/1.1\r\n${HOST}${KEY}\r\n`;

/** Requests that a route serves. */
const SERVED: readonly (readonly [what: string, request: string, status: number, body: RegExp])[] = [
  ["HTTP/1.0 without a host", "GET /-/healthy HTTP/1.0\r\n\r\n", 200, /^healthy\n$/],
  ["HTTP/1.0, HEAD", "HEAD /-/healthy HTTP/1.0\r\n\r\n", 200, /^$/],
  ["HTTP/1.1 without a host", "GET /-/healthy HTTP/1.1\r\nConnection: close\r\n\r\n", 200, /^healthy\n$/],
  ["an empty host", "GET /-/healthy HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", 200, /^healthy\n$/],
  ["a URL with its host", `GET http://x/-/healthy HTTP/1.1\r\n${HOST}\r\n`, 200, /^healthy\n$/],
  ["a URL of 900 KB", long(900_000), 200, /"status":"success"/],
  ["HEAD of a query", `HEAD /api/v1/query?query=1 HTTP/1.1\r\n${HOST}${KEY}\r\n`, 200, /^$/],
];

test("a URL with more parameters than any route takes is refused by its route", async () => {
  for (const parameters of ["query=up".concat("&a".repeat(20_000)), `${"a&".repeat(300_000)}query=up`]) {
    const { status, body } = await exchange(`GET /api/v1/query?${parameters} HTTP/1.1\r\n${HOST}${KEY}\r\n`);
    assert.equal(status, 400);
    assert.match(body, /more than 10000 in one request/);
  }
});

describe("served", () => {
  for (const [what, request, status, body] of SERVED) {
    test(what, async () => {
      const response = await exchange(request);
      assert.equal(response.status, status, response.all.slice(0, 500));
      assert.match(response.body, body);
    });
  }

  test("a client that closes its side after the request", async () => {
    for (const path of ["/-/healthy", "/api/v1/query?query=1"]) {
      const { status } = await exchange(`GET ${path} HTTP/1.1\r\n${HOST}${KEY}\r\n`, true);
      assert.equal(status, 200, path);
    }
  });

  test("a client that closes its side, and a response that comes later: after interim ones", async () => {
    const { all } = await exchange(`GET /later HTTP/1.1\r\n${HOST}${KEY}\r\n`, true);
    const statuses = Array.from(all.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => status);
    assert.deepEqual(statuses, ["102", "102", "102", "102", "200"]);
    assert.match(all, /later/);
    const old = await exchange(`GET /later HTTP/1.0\r\n${KEY}\r\n`, true);
    assert.equal(old.status, 200, "HTTP/1.0 has no interim responses");
  });

  test("a client that went away ends its request at once", async () => {
    const socket = net.connect({ port, host: "127.0.0.1" });
    socket.write(`GET /endless HTTP/1.1\r\n${HOST}${KEY}\r\n`);
    await begun.promise;
    const goneMs = performance.now();
    // Nothing is unread, so this sends the same as a client that closes its side.
    socket.destroy();
    await aborted.promise;
    const tookMs = performance.now() - goneMs;
    assert.ok(tookMs < 700, `noticed after ${tookMs} ms; a client that waits is cut off after 1000`);
  });
});

/** Requests that no route sees. */
const REFUSED: readonly (readonly [what: string, request: string, status: number, body: RegExp])[] = [
  [
    "a URL of 1.2 MB",
    long(1_200_000),
    431,
    /more than 1048576 bytes or 1000 headers; send the parameters of a query as a POST form/,
  ],
  ["1,500 headers", `GET / HTTP/1.1\r\nHost: x\r\n${"X: a\r\n".repeat(1500)}\r\n`, 431, /or 1000 headers/],
  ["no HTTP", "GARBAGE\r\n\r\n", 400, /malformed HTTP: .*[Mm]ethod/],
  [
    "a header without a colon",
    "GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
    400,
    /malformed HTTP: .*header/,
  ],
  [
    "a host with a space",
    "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
    400,
    /malformed request: /,
  ],
  ["OPTIONS *", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 400, /malformed request: /],
  ["another expectation", `GET / HTTP/1.1\r\n${HOST}Expect: x\r\n\r\n`, 417, /only 100-continue/],
  ["TRACE", `TRACE / HTTP/1.1\r\n${HOST}\r\n`, 405, /method TRACE is not allowed/],
  ["CONNECT", `CONNECT x:1 HTTP/1.1\r\n${HOST}\r\n`, 405, /not a proxy/],
  ["HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, /use HTTP\/1\.1/],
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, /use http:\/\/ in the URL/],
];

describe("refused with a body that says why, and a log line", () => {
  for (const [what, request, status, body] of REFUSED) {
    test(what, async () => {
      const lines = api.gateway.lines.length;
      const response = await exchange(request);
      assert.equal(response.status, status, response.all.slice(0, 500));
      assert.match(response.body, body);
      const logged = api.gateway.lines.slice(lines).map(({ level, fields }) => [level, fields.status]);
      assert.deepEqual(logged, [["warn", status]]);
      assert.match(String(api.gateway.lastLine.fields.error), body);
    });
  }
});

test("a client that closes its side and waits is cut off: it looks like one that went away", async () => {
  const { all } = await exchange(`GET /slow HTTP/1.1\r\n${HOST}\r\n`, true);
  assert.doesNotMatch(all, /HTTP\/1\.1 (?!102)/);
  finish();
});
