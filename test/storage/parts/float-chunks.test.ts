/** Floats as they are stored: steady, decimal and XOR2 chunks, read back bit by bit. Readers of remote read get XOR. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SampleColumns } from "../../../lib/chunk/sample-columns.ts";
import { appendXorChunk } from "../../../lib/chunk/xor-chunk.ts";
import { ByteWriter } from "../../../lib/storage/codec/bytes.ts";
import { countChunkSamples, decodeChunkItem, isOfFloats } from "../../../lib/storage/parts/chunk-item.ts";
import { encodeSampleItems } from "../../../lib/storage/parts/chunk-items.ts";
import {
  cutStoredChunks,
  MIN_STEADY_SAMPLES,
  SAMPLES_PER_STORED_CHUNK,
  toXorChunks,
} from "../../../lib/storage/parts/float-chunks.ts";
import { appendChunk } from "../../../lib/storage/parts/mixed-chunks.ts";
import { SeriesData } from "../../../lib/storage/parts/series-data.ts";
import {
  appendSteadyChunk,
  encodeSteadyChunk,
  readSteadyCount,
} from "../../../lib/storage/parts/steady-chunk.ts";

const STEP = 15_000;
const START = 1_700_000_000_000;
const ALL = { minTime: -Infinity, maxTime: Infinity };

/** Stretches of samples: how many, of which value, at which pace. */
const stretch = fc.tuple(
  fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: MIN_STEADY_SAMPLES - 2, max: 700 })),
  fc.oneof(fc.constantFrom(0, -0, 1, Number.NaN), fc.double()),
  fc.constantFrom(STEP, STEP, 1, 60_000),
);

function samplesOf(stretches: readonly (readonly [number, number, number])[]) {
  const timestamps: number[] = [];
  const values: number[] = [];
  let time = START;
  for (const [count, value, step] of stretches)
    for (let i = 0; i < count; i++) {
      timestamps.push(time);
      values.push(value);
      time += step;
    }
  return { timestamps: Float64Array.from(timestamps), values: Float64Array.from(values) };
}

/** Values as their bits. */
function plain({ timestamps, values }: { timestamps: Float64Array; values: Float64Array }) {
  return { timestamps: [...timestamps], bits: [...new BigUint64Array(values.slice().buffer)] };
}

function decoded(value: Uint8Array) {
  const columns = new SampleColumns();
  for (const chunk of decodeChunkItem(value)) {
    const before = columns.count;
    appendChunk(chunk, columns);
    assert.equal(columns.count - before, countChunkSamples(chunk));
    assert.equal(columns.timestamps[before], chunk.minTime);
    assert.equal(columns.timestamps[columns.count - 1], chunk.maxTime);
  }
  return plain(columns.samples());
}

test("an item returns the samples it was made of, and a streamed read the same as XOR", () => {
  fc.assert(
    fc.property(fc.array(stretch, { minLength: 1, maxLength: 6 }), (stretches) => {
      const samples = samplesOf(stretches);
      const items = [...encodeSampleItems(samples)];
      assert.equal(items.length, 1);
      assert.ok(isOfFloats(items[0]));
      assert.deepEqual(decoded(items[0]), plain(samples));
      const data = new SeriesData();
      data.addItem(0, items[0], ALL);
      const streamed = new SampleColumns();
      for (const chunk of data.toChunks(ALL, Number.POSITIVE_INFINITY)) appendXorChunk(chunk.bytes, streamed);
      assert.deepEqual(plain(streamed.samples()), plain(samples));
    }),
    { numRuns: 150 },
  );
});

test("a bucket of one value is one steady chunk of 12 bytes; a change ends it", () => {
  const [one] = [...cutStoredChunks(samplesOf([[1920, 7, STEP]]))];
  assert.equal(one.form, "steady");
  assert.equal(one.bytes.length, 2 + 2 + 8);
  const forms = [
    ...cutStoredChunks(
      samplesOf([
        [MIN_STEADY_SAMPLES, 7, STEP],
        [1, 8, STEP],
      ]),
    ),
  ].map(({ form }) => form);
  assert.deepEqual(forms, ["steady", "xor2"]);
  const short = [
    ...cutStoredChunks(
      samplesOf([
        [MIN_STEADY_SAMPLES - 1, Math.PI, STEP],
        [1, Math.E, STEP],
      ]),
    ),
  ];
  assert.deepEqual(
    short.map(({ form }) => form),
    ["xor2"],
  );
  assert.equal(SAMPLES_PER_STORED_CHUNK, 480);
});

test("steady chunks that no writer makes are refused", () => {
  const columns = new SampleColumns();
  const bytes = encodeSteadyChunk(3, 5, 0, 1);
  appendSteadyChunk(bytes, 10, 20, columns);
  assert.deepEqual([...columns.samples().timestamps], [10, 15, 20]);
  const refused: (readonly [Uint8Array, number])[] = [
    [bytes, 21],
    [bytes.subarray(0, -1), 20],
    [new Uint8Array([...bytes, 0]), 20],
    [encodeSteadyChunk(3, 0, 0, 1), 10],
    [encodeSteadyChunk(0, 5, 0, 1), 5],
    [encodeSteadyChunk(70_000, 5, 0, 1), 10 + 69_999 * 5],
  ];
  for (const [wrong, maxTime] of refused)
    assert.throws(() => appendSteadyChunk(wrong, 10, maxTime, columns), { kind: "data" });
  assert.equal(columns.count, 3);
  assert.throws(() => readSteadyCount(new ByteWriter().writeVarint(2 ** 40).finish()), { kind: "data" });
  assert.equal([...toXorChunks({ minTime: 10, maxTime: 20, bytes, form: "steady" })].length, 1);
});
