/** Bodies in chunks of a few bytes: whole, in order, and in few pieces. */
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import fc from "fast-check";
import { newHttpServer } from "../../local/http-server.ts";
import { JoinedMessage } from "../../local/joined-chunks.ts";

test("100,000 chunks of a byte come in few pieces", async () => {
  const count = 100_000;
  let [pieces, bytes] = [0, 0];
  const server = newHttpServer(
    async ({ body }) => {
      for await (const piece of body ?? []) {
        pieces++;
        bytes += piece.length;
      }
      return new Response("taken");
    },
    () => {},
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  socket.write("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
  socket.write(`${"1\r\na\r\n".repeat(count)}0\r\nX-A: b\r\n\r\n`);
  assert.match(await text(socket), /taken$/);
  server.close();
  assert.equal(bytes, count);
  // A piece of a connection has 64 KiB at most.
  assert.ok(pieces < 200, `${pieces} pieces`);
});

test("chunks of any sizes are the body that was sent, also to a reader that waits", async () => {
  const server = createServer({ IncomingMessage: JoinedMessage }, async (incoming, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece);
    response.end(Buffer.concat(pieces).toString("base64"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16_383, 16_384, 16_385, 70_000));
  const sizes = fc.array(size, { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.boolean(), async (sizes, isSlow) => {
      const chunks = sizes.map((size, i) => Buffer.alloc(size, i));
      const response = new Promise<string>((resolve, reject) => {
        const options = { port, method: "POST", agent: false } as const;
        const outgoing = request(options, (incoming) => text(incoming).then(resolve, reject));
        outgoing.on("error", reject);
        const write = async () => {
          for (const chunk of chunks) {
            outgoing.write(chunk);
            if (isSlow) await new Promise(setImmediate);
          }
          outgoing.end();
        };
        void write();
      });
      assert.equal(await response, Buffer.concat(chunks).toString("base64"));
    }),
    { numRuns: 30 },
  );
  server.close();
});
