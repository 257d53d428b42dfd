/**
 * Remote write bodies that are small for what they made the decoder do: minutes of CPU, or gigabytes. Each is refused, or
 * stored, in a second or two; the time-outs are far from that, and from what such a body took.
 */
import assert from "node:assert/strict";
import test from "node:test";
import {
  exemplarOfEmptyLabelsV1,
  exemplarsOfLongSeriesV1,
  exemplarsOfLongSymbolV2,
  exemplarsOfManyRefsV2,
  labelsOfLongSymbolV2,
  metadataOfLongSymbolV2,
  staleHistogramOfManyBucketsV1,
} from "../../bench/hostile/write-bodies.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { TestGateway } from "../helpers/test-gateway.ts";

const MB = 1_000_000;
const TIMEOUT = { timeout: 60_000 };
const V2 = { "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request" };

async function send(body: Uint8Array, headers = {}): Promise<{ status: number; text: string }> {
  const gateway = await TestGateway.open();
  const response = await gateway.post("/api/v1/write", compress(body), headers);
  const text = await response.text();
  assert.ok(text.length < 10_000, `${text.length} characters`);
  return { status: response.status, text };
}

test("2.0: 100,000 exemplars of one symbol of 8 MB", TIMEOUT, async () => {
  const { status } = await send(exemplarsOfLongSymbolV2(8 * MB, 100_000), V2);
  assert.equal(status, 204);
});

test("2.0: 100,000 exemplars of 256 references each", TIMEOUT, async () => {
  const { status } = await send(exemplarsOfManyRefsV2(100_000, 256), V2);
  assert.equal(status, 204);
});

for (const [what, field] of [
  ["help text", 3],
  ["unit", 4],
] as const) {
  test(`2.0: metadata of 50,000 series with one ${what} of 16 MB`, TIMEOUT, async () => {
    const { status } = await send(metadataOfLongSymbolV2(16 * MB, 50_000, field), V2);
    assert.equal(status, 204);
  });
}

test("2.0: 50,000 series with one label value of 16 MB", TIMEOUT, async () => {
  const { status, text } = await send(labelsOfLongSymbolV2(16 * MB, 50_000), V2);
  assert.equal(status, 400);
  assert.match(text, /more than the 65536 bytes/);
});

test("1.0: 100,000 exemplars of a series that is refused for a label of 16 MB", TIMEOUT, async () => {
  const { status, text } = await send(exemplarsOfLongSeriesV1(16 * MB, 100_000, MIDNIGHT_MS));
  assert.equal(status, 400);
  assert.match(text, /label "long" has 16000000 bytes/);
});

test("1.0: an exemplar of millions of empty labels takes no memory for them", TIMEOUT, async () => {
  const before = process.memoryUsage().heapUsed;
  const { status } = await send(exemplarOfEmptyLabelsV1(10 * MB));
  assert.equal(status, 200);
  assert.ok(process.memoryUsage().heapUsed - before < 200 * MB);
});

test("1.0: a staleness marker whose spans claim four billion buckets", TIMEOUT, async () => {
  const { status } = await send(staleHistogramOfManyBucketsV1(2 ** 32 - 1, MIDNIGHT_MS));
  assert.equal(status, 200);
});
