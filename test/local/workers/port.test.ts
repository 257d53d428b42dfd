/** A request that crosses a port: bodies both ways, a slow reader, a client that goes away, a worker that fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { HearthError } from "../../../lib/model/errors.ts";
import { Exchange } from "../../../local/workers/exchange.ts";
import { type Fetch, type RequestEnv, servePort } from "../../../local/workers/serve-port.ts";

const URL_OF_TEST = "http://hearth/api/v1/query?a=b";

function send(request: Request, fetch: Fetch, onAbort = () => {}): Exchange {
  const exchange = new Exchange(request, onAbort);
  servePort(exchange.remotePort, exchange.head, fetch).catch(() => {});
  return exchange;
}

test("method, address, headers, body and status arrive on the other side, and back", async () => {
  const body = new Uint8Array(300_000).map((_, i) => i * 7);
  const request = new Request(URL_OF_TEST, { method: "POST", body, headers: { "X-Some": "thing" } });
  const exchange = send(request, async (there) => {
    assert.deepEqual([there.method, there.url, there.headers.get("X-Some")], ["POST", URL_OF_TEST, "thing"]);
    const came = new Uint8Array(await there.arrayBuffer());
    return new Response(came.reverse(), { status: 422, headers: { "X-Other": "one" } });
  });
  const response = await exchange.response;
  assert.deepEqual([response.status, response.headers.get("X-Other")], [422, "one"]);
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), body.toReversed());
  await exchange.done;
});

test("chunks that are Buffers are copied: those of Node's pool cannot be transferred", async () => {
  const text = "a compressed response ".repeat(3);
  const source = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(text));
      controller.enqueue(Buffer.from(text));
      controller.close();
    },
  });
  const { response, done } = send(new Request(URL_OF_TEST), () => new Response(source));
  assert.equal(await (await response).text(), text + text);
  await done;
});

for (const status of [204, 304])
  test(`a ${status} has no body`, async () => {
    const { response } = send(new Request(URL_OF_TEST), () => new Response(null, { status }));
    assert.equal((await response).status, status);
    assert.equal((await response).body, null);
  });

test("a computation that lets no event in sees that its client has gone, and loses no part of the body", async () => {
  const { promise, resolve } = Promise.withResolvers<readonly [before: boolean, after: boolean]>();
  const parts = Array.from({ length: 3 }, (_, i) => new Uint8Array(1000).fill(i + 1));
  const source = new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
  const init = { method: "POST", body: source, duplex: "half" } as RequestInit;
  const exchange: Exchange = send(new Request(URL_OF_TEST, init), async (there, env) => {
    const { isGone } = env as RequestEnv;
    const before = isGone();
    const body = Buffer.from(await there.arrayBuffer());
    assert.deepEqual(body, Buffer.concat(parts));
    exchange.abort();
    resolve([before, isGone()]);
    assert.ok(there.signal.aborted);
    return new Response(null);
  });
  assert.deepEqual(await promise, [false, true]);
});

test("a slow reader fills no memory: the source waits for it", async () => {
  let made = 0;
  const source = new ReadableStream({
    pull(controller) {
      made++;
      controller.enqueue(new Uint8Array(1000).fill(made));
      if (made === 200) controller.close();
    },
  });
  const exchange = send(new Request(URL_OF_TEST), () => new Response(source));
  const reader = (await exchange.response).body!.getReader();
  for (let i = 0; i < 50; i++) await setImmediate();
  assert.ok(made < 20, `${made} chunks were made for a reader that took none`);
  assert.equal(exchange.stalledMs(), 0, "nobody waits for the worker");
  let read = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read())
    assert.equal(next.value[0], ++read % 256);
  assert.equal(read, 200);
  await exchange.done;
});

test("a client that goes away ends the work: while it waits, and in the middle of the body", async () => {
  for (const isAnswered of [false, true]) {
    const client = new AbortController();
    let aborts = 0;
    const { promise: noticed, resolve } = Promise.withResolvers<void>();
    const exchange = send(
      new Request(URL_OF_TEST, { signal: client.signal }),
      (there) => {
        there.signal.addEventListener("abort", () => resolve());
        if (!isAnswered) return noticed.then(() => new Response("for nobody"));
        return new Response(new ReadableStream({ start: (to) => to.enqueue(Uint8Array.of(1)) }));
      },
      () => aborts++,
    );
    if (isAnswered) await (await exchange.response).body!.cancel();
    else client.abort();
    await noticed;
    assert.equal(aborts, 1);
    await exchange.done;
  }
});

test("a worker that fails: before its answer, and in the middle of it", async () => {
  const error = new HearthError("too large", "gone");
  const before = send(new Request(URL_OF_TEST), () => new Promise(() => {}));
  before.fail(error);
  await assert.rejects(before.response, error);
  await before.done;
  const { promise: hanging } = Promise.withResolvers<void>();
  const within = send(new Request(URL_OF_TEST), () => {
    const body = new ReadableStream({ start: (to) => to.enqueue(Uint8Array.of(1)), pull: () => hanging });
    return new Response(body);
  });
  const reader = (await within.response).body!.getReader();
  assert.deepEqual((await reader.read()).value, Uint8Array.of(1));
  within.fail(error);
  await assert.rejects(reader.read(), error);
});

test("a worker that ends without a word fails its request", async () => {
  const exchange = new Exchange(new Request(URL_OF_TEST), () => {});
  exchange.remotePort.close();
  await assert.rejects(exchange.response, /ended without a whole answer/);
});

test("a body that fails where it comes from fails where it is read", async () => {
  const source = new ReadableStream({
    pull(controller) {
      controller.error(new Error("the table is away"));
    },
  });
  const { response } = send(new Request(URL_OF_TEST), () => new Response(source));
  await assert.rejects((await response).text(), /the table is away/);
});
