/** The read function streams, in Lambda's own runtime: sam local cannot show that, its emulator of the runtime can. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_DOCKER } from "./environment.ts";
import { makeLocalKey, SENDER_HEADERS } from "./local-key.ts";
import { eventOf } from "./proxy-event.ts";
import {
  assertSameContent,
  contentOfRequests,
  contentOfSamples,
  contentOfStream,
  readEverything,
  recordedBodies,
} from "./recordings.ts";
import { type Emulator, startEmulator } from "./stand-ins/emulator.ts";
import { type Answer, decodeStreamed } from "./streamed-answer.ts";

const TABLE = `sam-streaming-${process.pid}`;

async function readStreamed(
  emulator: Emulator,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  return decodeStreamed(await emulator.invoke(eventOf("/api/v1/read", body, headers)));
}

test("the read function streams its answers in the runtime", { skip: NO_DOCKER ?? false }, async (t) => {
  await makeLocalKey(TABLE);
  const bodies = recordedBodies();
  const expected = contentOfRequests(bodies);
  {
    await using writer = await startEmulator("WriteFunction", "write", TABLE);
    for (const body of bodies) {
      const answer = await writer.invoke(eventOf("/api/v1/write", body, SENDER_HEADERS));
      assert.equal(JSON.parse(Buffer.from(answer).toString()).statusCode, 200);
    }
  }
  await using reader = await startEmulator("ReadFunction", "read", TABLE);

  await t.test("chunks", async () => {
    const request = readEverything({ acceptedResponseTypes: ["STREAMED_XOR_CHUNKS"] });
    const { statusCode, headers, body } = await readStreamed(reader, request, SENDER_HEADERS);
    assert.equal(statusCode, 200);
    assert.match(headers["content-type"], /ChunkedReadResponse/);
    assertSameContent(contentOfStream(body), expected, "chunks");
  });
  await t.test("samples", async () => {
    const { statusCode, body } = await readStreamed(reader, readEverything(), SENDER_HEADERS);
    assert.equal(statusCode, 200);
    assertSameContent(contentOfSamples(body), expected, "samples");
  });
  await t.test("an answer without anything in it", async () => {
    const request = readEverything({ queries: [], acceptedResponseTypes: ["STREAMED_XOR_CHUNKS"] });
    const { statusCode, body } = await readStreamed(reader, request, SENDER_HEADERS);
    assert.deepEqual([statusCode, body.length], [200, 0]);
  });
  await t.test("an error", async () => {
    const headers = { ...SENDER_HEADERS, Authorization: "Basic eDp5" };
    const answer = await readStreamed(reader, readEverything(), headers);
    assert.equal(answer.statusCode, 401);
    assert.match(answer.headers["www-authenticate"], /^Basic /);
  });

  const logs = await reader.logs();
  await t.test("LOG_LEVEL decides which requests are logged, and not whether their metrics are", () => {
    const lines = logs.split("\n").filter((line) => line.startsWith("{"));
    const parsed = lines.map((line) => JSON.parse(line));
    assert.deepEqual(
      parsed.filter(({ message }) => message === "request").map(({ level, status }) => [level, status]),
      [["WARN", 401]],
    );
    assert.equal(parsed.filter(({ _aws, Function: name }) => _aws && name === "read").length, 4);
  });

  // The runtime says how it sends an answer: four times as a stream, and never as a whole.
  const modes = logs.match(/invocation\/[0-9a-f-]+\/response.*/g) ?? [];
  assert.equal(modes.length, 4);
  for (const mode of modes) assert.match(mode, /Lambda-Runtime-Function-Response-Mode:\[streaming\]/);
});
