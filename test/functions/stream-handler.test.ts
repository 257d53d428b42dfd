/** A streamed response ends before the counts of usage are stored, and the function waits for both. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { test } from "node:test";
import { newGateway } from "../../lib/http/gateway.ts";
import { UsageRecorder } from "../../lib/storage/usage/usage-recorder.ts";
import { TestGateway } from "../helpers/test-gateway.ts";

type Handler = (event: object, stream: Writable, context: object) => Promise<void>;

// The runtime's global: it marks a handler and returns it.
(globalThis as unknown as { awslambda: object }).awslambda = {
  streamifyResponse: (handler: Handler) => handler,
  HttpResponseStream: { from: (stream: Writable) => stream },
};
const { newStreamHandler, STREAMED } = await import("../../functions/handler.ts");

const EVENT = {
  version: "1.0",
  httpMethod: "GET",
  path: "/hello",
  headers: { host: "example.test" },
  multiValueHeaders: {},
  body: null,
  isBase64Encoded: false,
  requestContext: { domainName: "example.test", identity: {} },
};

test("usage is stored after the response has ended", async () => {
  const gateway = await TestGateway.open();
  const usage = new UsageRecorder(gateway.services.clock, randomBytes);
  const events: string[] = [];
  const { table } = gateway.services;
  const noted = { ...gateway.services, ...STREAMED, usage };
  const flush = usage.flush.bind(usage);
  usage.flush = async () => {
    await flush(table);
    events.push("usage stored");
  };
  const app = newGateway(noted);
  app.get("/hello", (c) => c.text("hello"));
  const stream = new Writable({
    write(chunk, _encoding, done) {
      events.push(String(chunk));
      done();
    },
    final(done) {
      events.push("end");
      done();
    },
  });
  const handler = newStreamHandler(app, noted) as unknown as Handler;
  await handler(EVENT, stream, {});
  assert.deepEqual(events, ["hello", "end", "usage stored"]);
});
