/** Senders of a body that is refused before it has come: each gets the whole response, however it sends. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Server } from "node:http";
import net, { type AddressInfo } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newHttpServer } from "../../local/http-server.ts";
import { LINGERING_LIMITS, type LingeringLimits } from "../../local/lingering-close.ts";
import { BodySender } from "../../local/workers/bodies.ts";

const MIB = 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024);
const REFUSAL = "401: no such key\n".repeat(10);

/** What a route does with a body before it refuses it. */
const ROUTES: Readonly<Record<string, (request: Request) => unknown>> = {
  "looks at headers alone": () => {},
  "sends some of it to a thread": (request) => {
    void new BodySender({ postMessage() {} }).send(request.body!);
    return sleep(20);
  },
  "reads some of it": (request) => request.body!.getReader().read(),
};

async function serve(look: (request: Request) => unknown, limits: LingeringLimits): Promise<Server> {
  const server = newHttpServer(
    async (request) => {
      await look(request);
      return new Response(REFUSAL, { status: 401 });
    },
    () => {},
    limits,
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

interface Sender {
  readonly head: string;
  readonly bytes: number;
  readonly pauseMs: number;
}

interface Outcome {
  readonly received: string;
  readonly error: string | undefined;
  readonly sentBytes: number;
}

/** Sends all of a body before it reads anything, as many HTTP clients of scripts do. */
async function send(server: Server, { head, bytes, pauseMs }: Sender): Promise<Outcome> {
  const socket = net.connect((server.address() as AddressInfo).port, "127.0.0.1");
  let [received, error, sentBytes]: [string, string | undefined, number] = ["", undefined, 0];
  socket.on("error", ({ message }) => {
    error = message;
  });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const isChunked = head.includes("chunked");
  socket.write(`POST /api/v1/write ${head}\r\n${isChunked ? "" : `Content-Length: ${bytes}\r\n`}\r\n`);
  for (; sentBytes < bytes && !socket.destroyed; sentBytes += PIECE.length) {
    if (isChunked) socket.write(`${PIECE.length.toString(16)}\r\n`);
    const isTaken = socket.write(PIECE);
    if (isChunked) socket.write("\r\n");
    if (!isTaken) await Promise.race([once(socket, "drain").catch(() => {}), closed]);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  if (isChunked) socket.write("0\r\n\r\n");
  socket.setEncoding("latin1").on("data", (text) => {
    received += text;
    if (received.endsWith(REFUSAL)) socket.end();
  });
  await closed;
  return { received, error, sentBytes };
}

const HEADS: Readonly<Record<string, string>> = {
  "keeps the connection": "HTTP/1.1\r\nHost: x",
  "closes the connection": "HTTP/1.1\r\nHost: x\r\nConnection: close",
  "speaks HTTP/1.0": "HTTP/1.0",
  "sends chunks": "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked",
};

for (const [route, look] of Object.entries(ROUTES)) {
  test(`a route that ${route}: all senders see its refusal`, async () => {
    const server = await serve(look, LINGERING_LIMITS);
    const senders = Object.entries(HEADS).flatMap(([name, head]) => [
      { name: `${name}, 12 MiB`, head, bytes: 12 * MIB, pauseMs: 0 },
      { name: `${name}, slowly`, head, bytes: 3 * PIECE.length, pauseMs: 300 },
    ]);
    await Promise.all(
      senders.map(async ({ name, ...sender }) => {
        const { received, error, sentBytes } = await send(server, sender);
        assert.match(received, /^HTTP\/1\.1 401 /, `${name}: ${error} after ${sentBytes} bytes`);
        assert.ok(received.endsWith(REFUSAL), `${name}: ${received}`);
        assert.equal(sentBytes, sender.bytes, name);
      }),
    );
    server.close();
  });
}

test("a connection takes the next request after a refused body", async () => {
  const server = await serve(ROUTES["looks at headers alone"], LINGERING_LIMITS);
  const socket = net.connect((server.address() as AddressInfo).port, "127.0.0.1").setEncoding("latin1");
  let received = "";
  socket.on("data", (text) => {
    received += text;
  });
  const post = (length: number) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
  socket.write(post(PIECE.length));
  while (!received.endsWith(REFUSAL)) await once(socket, "data");
  socket.write(PIECE);
  received = "";
  socket.write(`${post(2)}{}`);
  while (!received.endsWith(REFUSAL)) await once(socket, "data");
  assert.match(received, /^HTTP\/1\.1 401 /);
  socket.destroy();
  server.close();
});

const ENDLESS: Readonly<
  Record<string, readonly [limits: Partial<LingeringLimits>, sender: Partial<Sender>]>
> = {
  "sends without end": [{ bytes: MIB }, {}],
  "is slow": [{ totalMs: 150 }, { pauseMs: 10 }],
  "sends nothing more": [{ idleMs: 100 }, { pauseMs: 300 }],
};

for (const [what, [limits, sender]] of Object.entries(ENDLESS)) {
  test(`a sender that ${what} is cut off`, async () => {
    for (const head of Object.values(HEADS)) {
      const server = await serve(() => {}, { ...LINGERING_LIMITS, ...limits });
      const ended = Promise.withResolvers<void>();
      server.on("connection", (socket) => socket.on("close", () => ended.resolve()));
      const sent = send(server, { head, bytes: 1024 * MIB, pauseMs: 0, ...sender });
      await ended.promise;
      server.close();
      const { sentBytes } = await sent;
      assert.ok(sentBytes < 64 * MIB, `${head}: ${sentBytes} bytes were taken`);
    }
  });
}
