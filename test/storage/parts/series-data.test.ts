import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Chunk, cutChunks } from "../../../lib/chunk/cut.ts";
import { decodeXorChunk } from "../../../lib/chunk/xor-chunk.ts";
import { encodeChunkItem } from "../../../lib/storage/parts/chunk-item.ts";
import { SeriesData } from "../../../lib/storage/parts/series-data.ts";
import { columnBits } from "../../helpers/write-requests.ts";

const SEED = 20261122;
const MAX_BYTES = 2 ** 20;
const sample = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 9 }));
const samples = fc.array(sample, { maxLength: 12 });
const sorted = fc.uniqueArray(sample, { minLength: 1, maxLength: 8, selector: ([t]) => t });
const range = fc.tuple(fc.integer({ min: -5, max: 70 }), fc.integer({ min: -5, max: 70 }));

function chunkOf(all: readonly (readonly [number, number])[]): Chunk {
  const ascending = all.toSorted(([a], [b]) => a - b);
  const columns = {
    timestamps: Float64Array.from(ascending, ([t]) => t),
    values: Float64Array.from(ascending, ([, v]) => v),
  };
  return [...cutChunks(columns)][0];
}

test("chunks say what samples say, in order, and those that nothing else touches are the stored bytes", () => {
  fc.assert(
    fc.property(fc.array(sorted, { maxLength: 6 }), samples, range, (chunks, columns, [minTime, maxTime]) => {
      const data = new SeriesData();
      const stored = chunks.map(chunkOf);
      stored.forEach((chunk, order) => {
        const grown = data.addItem(order, encodeChunkItem([chunk]), { minTime, maxTime });
        assert.equal(grown > 0, chunk.minTime <= maxTime && chunk.maxTime >= minTime);
      });
      for (const [t, v] of columns) {
        const words = new Uint32Array(Float64Array.of(v).buffer);
        data.columns.appendSample(t, words[1], words[0]);
      }
      const expected = new Map([...chunks.flat(), ...columns].filter(([t]) => t >= minTime && t <= maxTime));
      const flat = data.samples({ minTime, maxTime }, MAX_BYTES);
      const inOrder = [...expected].toSorted(([a], [b]) => a - b);
      assert.deepEqual(
        Array.from(flat.timestamps, (t, i) => [t, flat.values[i]]),
        inOrder,
      );
      const cut = [...data.toChunks({ minTime, maxTime }, MAX_BYTES)];
      let end = Number.NEGATIVE_INFINITY;
      const decoded = cut.flatMap((chunk) => {
        const { timestamps, values } = decodeXorChunk(chunk.bytes);
        assert.ok(
          chunk.minTime > end && timestamps[0] === chunk.minTime && timestamps.at(-1) === chunk.maxTime,
        );
        end = chunk.maxTime;
        const valueBits = columnBits(values);
        return Array.from(timestamps, (t, i) => [t, valueBits[i]]);
      });
      assert.deepEqual(
        decoded,
        Array.from(flat.timestamps, (t, i) => [t, columnBits(flat.values)[i]]),
      );
      for (const chunk of stored) {
        const touches = (t: number) => t >= chunk.minTime && t <= chunk.maxTime;
        const isAlone =
          chunk.minTime >= minTime &&
          chunk.maxTime <= maxTime &&
          stored.every((o) => o === chunk || o.minTime > chunk.maxTime || o.maxTime < chunk.minTime) &&
          !columns.some(([t]) => touches(t));
        assert.equal(
          // Items of one chunk each: what is passed on is a part of an item.
          cut.some(
            ({ minTime, bytes }) => minTime === chunk.minTime && bytes.buffer.byteLength > bytes.length,
          ),
          isAlone,
        );
      }
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

test("samples that are given back are written over by the next, others are not", () => {
  const all = { minTime: 0, maxTime: 100 };
  const decode = (value: number) => {
    const data = new SeriesData();
    data.addItem(0, encodeChunkItem([chunkOf([1, 2, 3].map((t) => [t, value]))]), all);
    return data.lentSamples(all, MAX_BYTES);
  };
  const kept = decode(1);
  const given = decode(2);
  given.release?.();
  given.release?.();
  const next = decode(3);
  given.release?.();
  const later = decode(4);
  assert.equal(next.values.buffer, given.values.buffer);
  assert.deepEqual(
    [kept, next, later].map(({ values }) => [...values]),
    [
      [1, 1, 1],
      [3, 3, 3],
      [4, 4, 4],
    ],
  );
});
