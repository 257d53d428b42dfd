/** XOR2 chunks that are written here: the two readers, of chunks with and without starts, return the same bits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { encodeXorChunk } from "../../lib/chunk/xor-chunk.ts";
import { appendXor2Chunk } from "../../lib/chunk/xor2-chunk.ts";
import { encodeXor2Chunk } from "../../lib/chunk/xor2-writer.ts";
import { STALE_MARKER_HIGH, STALE_MARKER_LOW } from "../../lib/model/stale-marker.ts";

const STALE = wordsToDouble(STALE_MARKER_HIGH, STALE_MARKER_LOW);

function wordsToDouble(high: number, low: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, high);
  view.setUint32(4, low);
  return view.getFloat64(0);
}

/** Values as their bits, so that no NaN is another. */
function bitsOf(values: Float64Array): bigint[] {
  return [...new BigUint64Array(values.slice().buffer)];
}

function decode(bytes: Uint8Array) {
  const columns = new SampleColumns(1);
  columns.appendSample(-1, 1, 1);
  assert.equal(appendXor2Chunk(bytes, columns), columns.count - 1);
  const { timestamps, values } = columns.samples();
  return { timestamps: [...timestamps.subarray(1)], values: bitsOf(values.subarray(1)) };
}

/** The same chunk with a start of 1 ms behind sample 0, which the reader of starts reads. */
function withStart(bytes: Uint8Array, firstTime: number): Uint8Array {
  const zigzag = firstTime < 0 ? -2 * firstTime - 1 : 2 * firstTime;
  let timeBytes = 1;
  for (let rest = zigzag; rest >= 0x80; rest = Math.floor(rest / 0x80)) timeBytes++;
  const at = 3 + timeBytes + 8;
  // The start's distance: zigzag of 1 is 2.
  const started = new Uint8Array([...bytes.subarray(0, at), 2, ...bytes.subarray(at)]);
  started[2] = 0x80;
  return started;
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant(15_000) },
  fc.integer({ min: 1, max: 20_000 }),
  fc.constantFrom(1, 15_000 + 4095, 15_000 + 4096, 15_000 + 524_287, 15_000 + 524_288, 2 ** 33, 2 ** 40),
);
const value = fc.oneof(
  { weight: 3, arbitrary: fc.constant(7) },
  { weight: 2, arbitrary: fc.integer({ min: -3, max: 1000 }) },
  fc.double(),
  fc.constantFrom(0, -0, STALE, Number.NaN, Number.POSITIVE_INFINITY, 5e-324),
);

test("samples come back with their bits, from both readers", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
      fc.array(fc.tuple(step, value), { minLength: 1, maxLength: 130 }),
      fc.nat(3),
      (first, samples, skipped) => {
        let time = first;
        const all = samples.map(([more, one], i) => {
          if (i > 0) time += more;
          return [time, one] as const;
        });
        const before = Array.from({ length: skipped }, () => [first - 1, 3] as const);
        const timestamps = Float64Array.from([...before, ...all], ([one]) => one);
        const values = Float64Array.from([...before, ...all], ([, one]) => one);
        const bytes = encodeXor2Chunk(timestamps, values, skipped, timestamps.length);
        const expected = { timestamps: all.map(([one]) => one), values: bitsOf(values.subarray(skipped)) };
        assert.deepEqual(decode(bytes), expected);
        assert.deepEqual(decode(withStart(bytes, first)), expected);
        assert.throws(() => decode(bytes.subarray(0, -1)), { kind: "data" });
      },
    ),
    { numRuns: 400 },
  );
});

test("a steady sample takes one bit, and a chunk of them less than with XOR", () => {
  const timestamps = Float64Array.from({ length: 120 }, (_, i) => 1_700_000_000_000 + i * 15_000);
  const values = new Float64Array(120).fill(1);
  assert.equal(encodeXor2Chunk(timestamps, values, 0, 120).length, 3 + 6 + 8 + 2 + Math.ceil((1 + 118) / 8));
  assert.equal(
    encodeXorChunk(timestamps, values, 0, 120).length,
    2 + 6 + 8 + 2 + Math.ceil((1 + 2 * 118) / 8),
  );
});

test("times that do not ascend, none and too many are refused", () => {
  const two = new Float64Array([5, 5]);
  assert.throws(() => encodeXor2Chunk(two, two, 0, 2), { kind: "internal", message: /does not ascend/ });
  assert.throws(() => encodeXor2Chunk(two, two, 1, 1), { kind: "internal" });
  assert.throws(() => encodeXor2Chunk(two, two, 0, 3), { kind: "internal" });
});
