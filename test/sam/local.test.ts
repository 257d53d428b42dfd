/** The functions in Lambda's runtime, through sam local: each event alone, and a recording through the whole API. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { uncompress } from "../../lib/wire/snappy.ts";
import { decodeMessage } from "../wire/prometheus-proto.ts";
import { NO_DOCKER } from "./environment.ts";
import { makeLocalKey, SENDER_HEADERS } from "./local-key.ts";
import {
  assertSameContent,
  contentOfRequests,
  contentOfSamples,
  contentOfStream,
  readEverything,
  recordedBodies,
} from "./recordings.ts";
import { samLocalInvoke, startLocalApi } from "./stand-ins/sam-local.ts";

const skip = NO_DOCKER ?? false;

test("sam local invoke: a recorded write, a read of it, a run of the compactor", { skip }, async () => {
  const table = `sam-invoke-${process.pid}`;
  await makeLocalKey(table);

  const write = await samLocalInvoke("WriteFunction", "write.json", table);
  assert.partialDeepStrictEqual(write.result, { statusCode: 200 });
  assert.partialDeepStrictEqual(write.lines, [{ message: "request", status: 200, storedSamples: 500 }]);
  assert.partialDeepStrictEqual(write.lines, [
    { Stack: "local", Function: "write", Requests: 1, Samples: 500 },
  ]);

  const read = await samLocalInvoke("ReadFunction", "read.json", table);
  assert.partialDeepStrictEqual(read.result, { statusCode: 200, isBase64Encoded: true });
  const { body } = read.result as { body: string };
  const { results } = decodeMessage("ReadResponse", uncompress(Buffer.from(body, "base64"), 2 ** 24));
  assert.equal(results[0].timeseries.length, 4);
  assert.partialDeepStrictEqual(read.lines, [{ Function: "read", Requests: 1, Series: 4 }]);

  const compact = await samLocalInvoke("CompactFunction", "schedule.json", table);
  assert.partialDeepStrictEqual(compact.result, { days: 1, failures: 0 });
  const lag = compact.lines.find((line) => line.Function === "compact");
  assert.ok(typeof lag?.LagMs === "number", JSON.stringify(compact.lines));
});

test("sam local start-api: a recording goes in and comes back, bit for bit", { skip }, async () => {
  const table = `sam-api-${process.pid}`;
  await makeLocalKey(table);
  await using api = await startLocalApi(table);
  const bodies = recordedBodies();
  const post = (path: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(api.url + path, { method: "POST", body, headers: { ...SENDER_HEADERS, ...headers } });

  for (const body of bodies) {
    const response = await post("/api/v1/write", body);
    assert.equal(response.status, 200, `${await response.text()}\n${api.child.output}`);
  }
  const expected = contentOfRequests(bodies);
  // sam gives a binary answer back as base64 unless the request accepts its type.
  const Accept = "*/*";
  const samples = await post("/api/v1/read", readEverything(), { Accept });
  assert.equal(samples.headers.get("content-type"), "application/x-protobuf");
  assertSameContent(contentOfSamples(await samples.bytes()), expected, "samples");
  const accepted = { acceptedResponseTypes: ["STREAMED_XOR_CHUNKS"] };
  const chunks = await post("/api/v1/read", readEverything(accepted), { Accept });
  assert.match(chunks.headers.get("content-type") ?? "", /ChunkedReadResponse/);
  assertSameContent(contentOfStream(await chunks.bytes()), expected, "chunks");

  const wrong = await post("/api/v1/read", readEverything(), { Authorization: "Basic eDp5" });
  assert.equal(wrong.status, 401);
  assert.equal((await fetch(`${api.url}/api/v1/write`)).status, 405);
});
