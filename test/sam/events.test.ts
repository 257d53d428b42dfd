/** The events for `sam local invoke` are what the recordings were. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { uncompress } from "../../lib/wire/snappy.ts";
import { decodeMessage } from "../wire/prometheus-proto.ts";

const ROOT = join(import.meta.dirname, "..", "..");

async function bodyOf(event: string): Promise<Uint8Array> {
  const { body, isBase64Encoded } = JSON.parse(await readFile(join(ROOT, "events", event), "utf8"));
  assert.equal(isBase64Encoded, true);
  return new Uint8Array(Buffer.from(body, "base64"));
}

test("events/write.json holds a recorded request of Prometheus, to the byte", async () => {
  const recorded = await readFile(join(ROOT, "test/fixtures/rw1/00301.snappy"));
  assert.ok(recorded.equals(await bodyOf("write.json")));
});

test("events/read.json asks for four of the series that events/write.json brings", async () => {
  const request = decodeMessage("WriteRequest", uncompress(await bodyOf("write.json"), 2 ** 24));
  const { queries } = decodeMessage("ReadRequest", uncompress(await bodyOf("read.json"), 2 ** 24));
  const [{ matchers, startTimestampMs, endTimestampMs }] = queries;
  assert.equal(matchers.length, 1);
  const asked = request.timeseries.filter(
    ({ labels, samples }: { labels: { name: string; value: string }[]; samples: { timestamp: number }[] }) =>
      labels.some(({ name, value }) => name === matchers[0].name && value === matchers[0].value) &&
      samples.every(({ timestamp }) => timestamp >= startTimestampMs && timestamp <= endTimestampMs),
  );
  assert.equal(asked.length, 4);
});
