import assert from "node:assert/strict";
import { test } from "node:test";
import { cutChunks, SAMPLES_PER_CHUNK } from "../../lib/chunk/cut.ts";
import { decodeXorChunk } from "../../lib/chunk/xor-chunk.ts";
import { withoutUpstream } from "../helpers/upstream.ts";
import { printSamples, samplesOf } from "./bits.ts";
import { readUpstreamChunks } from "./golden.ts";

function minutes(count: number) {
  const indices = Array.from({ length: count }, (_, i) => i);
  const values = Float64Array.from(indices, (i) => 100 * i);
  return { timestamps: Float64Array.from(indices, (i) => 60_000 * i), values };
}

const cases: [samples: number, chunks: number[]][] = [
  [0, []],
  [1, [1]],
  [119, [119]],
  [120, [120]],
  [121, [120, 1]],
  [240, [120, 120]],
  [300, [120, 120, 60]],
];
for (const [count, expected] of cases) {
  test(`${count} samples are cut into ${JSON.stringify(expected)}`, () => {
    const chunks = [...cutChunks(minutes(count))];
    const decoded = chunks.map(({ bytes }) => decodeXorChunk(bytes));
    assert.deepEqual(
      decoded.map(({ timestamps }) => timestamps.length),
      expected,
    );
    assert.deepEqual(decoded.flatMap(printSamples), printSamples(minutes(count)));
    assert.deepEqual(
      chunks.map(({ minTime, maxTime }) => [minTime, maxTime]),
      decoded.map(({ timestamps }) => [timestamps[0], timestamps.at(-1)]),
    );
  });
}

test("a part of the samples", () => {
  const chunks = [...cutChunks(minutes(500), 10, 10 + SAMPLES_PER_CHUNK + 1)];
  assert.deepEqual(
    chunks.map(({ minTime, maxTime }) => [minTime / 60_000, maxTime / 60_000]),
    [
      [10, 129],
      [130, 130],
    ],
  );
});

test("times that do not ascend are refused", () => {
  assert.throws(() => [...cutChunks(samplesOf([2, 1], [0n, 0n]))], { name: "HearthError", kind: "internal" });
});

test("as Prometheus streams 241 samples", { skip: withoutUpstream("readHandlerTest") }, () => {
  const expected = readUpstreamChunks()
    .slice(3, 6)
    .map(({ bytes }) => bytes);
  assert.deepEqual(
    [...cutChunks(minutes(241))].map(({ bytes }) => new Uint8Array(bytes)),
    expected,
  );
});
