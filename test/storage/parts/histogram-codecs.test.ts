/** Native histograms as storage keeps them: each codec gives back what it got, and refuses what was cut. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  cutHistogramChunks,
  readHistogramChunkHead,
  withoutResetHint,
} from "../../../lib/chunk/histogram-chunk.ts";
import { sortColumns } from "../../../lib/chunk/merge-mixed.ts";
import { SampleColumns } from "../../../lib/chunk/sample-columns.ts";
import type { CounterResetHint, Histogram } from "../../../lib/model/histogram.ts";
import { ByteReader } from "../../../lib/storage/codec/bytes.ts";
import {
  encodeHistogram,
  histogramSize,
  MAX_HISTOGRAM_BYTES,
  readHistogram,
} from "../../../lib/storage/codec/histogram-bytes.ts";
import { HASH_BYTES } from "../../../lib/storage/layout/keys.ts";
import {
  decodeHistogramRecord,
  decodeHistogramRecordHeader,
  encodeHistogramRecords,
} from "../../../lib/storage/log/histogram-record.ts";
import { decodeChunkItem, encodeChunkItem } from "../../../lib/storage/parts/chunk-item.ts";
import { cutMixedChunks } from "../../../lib/storage/parts/mixed-chunks.ts";
import { decodeRunBlock, encodeRunBlock, type RunBlock } from "../../../lib/storage/parts/run-block.ts";
import { encodeRun } from "../../../lib/storage/parts/run-items.ts";
import { SeriesData } from "../../../lib/storage/parts/series-data.ts";
import { MAX_ITEM_BYTES } from "../../../lib/storage/table/table.ts";
import { expectRefused } from "../../helpers/expect-refused.ts";
import { anyHistogram, bucketsOf, histogram, histogramText } from "../../helpers/histograms.ts";
import { columnBits } from "../../helpers/write-requests.ts";

const SEED = 20261123;

/** A gauge of so many buckets of random counts, none of which deflates or is a whole number. */
function large(buckets: number, seed: number): Histogram {
  let state = seed;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return state / 7;
  };
  const positive = bucketsOf(...Array.from({ length: buckets }, (_, i) => [i, next()] as const));
  return histogram({ kind: "float", counterResetHint: "gauge", positive });
}

test("one histogram", () => {
  const decode = (bytes: Uint8Array) => {
    const reader = new ByteReader(bytes, "test");
    const one = readHistogram(reader);
    assert.equal(reader.remaining, 0);
    return one;
  };
  fc.assert(
    fc.property(anyHistogram, (one) => {
      const bytes = encodeHistogram(one);
      assert.equal(histogramSize(one), bytes.length);
      const decoded = decode(bytes);
      assert.equal(histogramText(decoded), histogramText(one));
      assert.equal(decoded.counterResetHint, one.counterResetHint);
      expectRefused(decode, bytes);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

describe("a histogram record", () => {
  const row = fc.tuple(fc.nat(2 ** 30), fc.integer({ min: -(2 ** 45), max: 2 ** 45 }), anyHistogram);
  const columnsOf = (rows: readonly (readonly [number, number, Histogram])[]) => ({
    references: Int32Array.from(rows, ([reference]) => reference),
    timestamps: Float64Array.from(rows, ([, time]) => time),
    encoded: rows.map(([, , one]) => encodeHistogram(one)),
  });
  const textOf = (reference: number, time: number, one: Histogram) =>
    `${reference} ${time} ${histogramText(one)}`;

  test("gives back what it got, and is refused when cut", () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), (rows) => {
        const [record, ...more] = encodeHistogramRecords(columnsOf(rows));
        assert.equal(more.length, 0);
        const { references, timestamps, histograms } = decodeHistogramRecord(record);
        assert.deepEqual(
          histograms.map((one, i) => textOf(references[i], timestamps[i], one)),
          rows.map((one) => textOf(...one)),
        );
        const times = rows.map(([, time]) => time);
        const { count, minTime, maxTime } = decodeHistogramRecordHeader(record);
        assert.deepEqual([count, minTime, maxTime], [rows.length, Math.min(...times), Math.max(...times)]);
        expectRefused(decodeHistogramRecord, record);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  test("is one of several when they do not fit, each an item", () => {
    const rows = Array.from({ length: 30 }, (_, i) => [i, i, large(8000, i + 1)] as const);
    const records = [...encodeHistogramRecords(columnsOf(rows))];
    assert.ok(rows.every(([, , one]) => histogramSize(one) <= MAX_HISTOGRAM_BYTES));
    assert.ok(records.length > 1 && records.every(({ length }) => length < MAX_ITEM_BYTES - 1000));
    const references = records.flatMap((record) => [...decodeHistogramRecord(record).references]);
    assert.deepEqual(references, [...rows.keys()]);
  });

  test("of many small ones has a bound too", () => {
    const stale = encodeHistogram({ ...histogram(), isStale: true });
    const count = 10_000;
    const columns = {
      references: new Int32Array(count),
      timestamps: new Float64Array(count),
      encoded: new Array<Uint8Array>(count).fill(stale),
    };
    const counts = [...encodeHistogramRecords(columns)].map(
      (record) => decodeHistogramRecordHeader(record).count,
    );
    assert.deepEqual(counts, [4096, 4096, 1808]);
  });
});

const hash = fc.uint8Array({ minLength: HASH_BYTES, maxLength: HASH_BYTES });
const time = fc.integer({ min: -(2 ** 45), max: 2 ** 45 });
const block: fc.Arbitrary<RunBlock> = fc
  .array(
    fc.tuple(
      hash,
      fc.uniqueArray(fc.tuple(time, fc.double()), { maxLength: 4, selector: ([t]) => t }),
      fc.uniqueArray(fc.tuple(time, anyHistogram), { minLength: 1, maxLength: 3, selector: ([t]) => t }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((series) => {
    const floats = series.flatMap(([, of]) => of.toSorted(([a], [b]) => a - b));
    const histograms = series.flatMap(([, , of]) => of.toSorted(([a], [b]) => a - b));
    const boundsOf = (counts: readonly number[]) => {
      let end = 0;
      return Int32Array.of(0, ...counts.map((count) => (end += count)));
    };
    return {
      hashes: series.map(([one]) => one),
      bounds: boundsOf(series.map(([, of]) => of.length)),
      timestamps: Float64Array.from(floats, ([t]) => t),
      values: Float64Array.from(floats, ([, v]) => v),
      histograms: {
        bounds: boundsOf(series.map(([, , of]) => of.length)),
        timestamps: Float64Array.from(histograms, ([t]) => t),
        histograms: histograms.map(([, one]) => one),
      },
    };
  });

test("a run block with histograms", () => {
  const plain = ({ hashes, bounds, timestamps, values, histograms }: RunBlock) => ({
    hashes: hashes.map((one) => Buffer.from(one).toString("hex")),
    bounds: [...bounds],
    times: [...timestamps],
    values: columnBits(values),
    histogramBounds: [...histograms!.bounds],
    histogramTimes: [...histograms!.timestamps],
    histograms: histograms!.histograms.map(histogramText),
  });
  fc.assert(
    fc.property(block, (one) => {
      const encoded = encodeRunBlock(one);
      assert.deepEqual(plain(decodeRunBlock(encoded)), plain(one));
      expectRefused(decodeRunBlock, encoded);
    }),
    { seed: SEED, numRuns: 60 },
  );
});

test("a run's blocks are items, however large its histograms, and a run of floats has none of them", () => {
  const place = { tenant: "t", day: 1, id: "00".repeat(8), shardBits: 0 };
  const times = Float64Array.from({ length: 40 }, (_, i) => i);
  const floats = { timestamps: times, values: times };
  const histograms = { timestamps: times, histograms: Array.from(times, (t) => large(8000, t + 1)) };
  const series = ["11", "22"].map((byte) => [byte.repeat(HASH_BYTES), { ...floats, histograms }] as const);
  const items = [...encodeRun(place, series)];
  assert.ok(items.every(({ value }) => value.length < MAX_ITEM_BYTES - 1000));
  const counts = items.map(({ value }) => decodeRunBlock(value).histograms?.timestamps.length ?? 0);
  assert.deepEqual([counts.length > 2, counts.reduce((a, b) => a + b)], [true, 80]);
  const [plain] = encodeRun(place, [["11".repeat(HASH_BYTES), floats]]);
  assert.equal(plain.value[0], 1);
});

describe("chunks of a series", () => {
  const gauges = (count: number, buckets: number, first = 0) => ({
    timestamps: Float64Array.from({ length: count }, (_, i) => first + i),
    histograms: Array.from({ length: count }, (_, i) => large(buckets, i + 1)),
  });

  test("end where the kind changes, and say of which they are", () => {
    const floats = { timestamps: Float64Array.of(1, 2, 5, 9), values: Float64Array.of(1, 2, 5, 9) };
    const histograms = {
      timestamps: Float64Array.of(0, 3, 4, 6, 7, 8),
      histograms: [
        histogram(),
        histogram(),
        histogram({ kind: "float" }),
        histogram(),
        histogram(),
        histogram(),
      ],
    };
    const chunks = [...cutMixedChunks({ ...floats, histograms })];
    const said = chunks.map(({ kind = "xor", minTime, maxTime }) => `${kind} ${minTime}..${maxTime}`);
    assert.deepEqual(said, [
      "integer 0..0",
      "xor 1..2",
      "integer 3..3",
      "float 4..4",
      "xor 5..5",
      "integer 6..8",
      "xor 9..9",
    ]);
    const item = encodeChunkItem(chunks);
    assert.deepEqual(
      decodeChunkItem(item).map((one) => ({ ...one, bytes: new Uint8Array(one.bytes) })),
      chunks,
    );
    expectRefused(decodeChunkItem, item);
    const between = [...cutMixedChunks({ ...floats, histograms }, 2, 6)];
    assert.deepEqual([between[0].minTime, between.at(-1)!.maxTime, between.length], [2, 5, 4]);
  });

  test("are small enough for an item, however many buckets there are", () => {
    const histograms = gauges(120, 8000);
    const none = { timestamps: new Float64Array(0), values: new Float64Array(0) };
    const chunks = [...cutMixedChunks({ ...none, histograms })];
    assert.ok(chunks.every(({ bytes }) => bytes.length < 360 * 1024));
    assert.equal(
      chunks.reduce((total, { bytes }) => total + readHistogramChunkHead(bytes).count, 0),
      120,
    );
  });

  test("passed on they say nothing of what came before, unless they are of gauges", () => {
    const hintOf = (counterResetHint: CounterResetHint) => {
      const samples = { timestamps: Float64Array.of(1), histograms: [histogram({ counterResetHint })] };
      const [chunk] = cutHistogramChunks(samples);
      const passed = withoutResetHint(chunk);
      assert.deepEqual(passed.bytes.subarray(3), chunk.bytes.subarray(3));
      return [chunk, passed].map(({ bytes }) => readHistogramChunkHead(bytes).counterReset);
    };
    assert.deepEqual(hintOf("reset"), ["reset", "unknown"]);
    assert.deepEqual(hintOf("gauge"), ["gauge", "gauge"]);
    assert.deepEqual(hintOf("unknown"), ["unknown", "unknown"]);
  });
});

test("a stored chunk that nothing touches is passed on as it lies", () => {
  const samples = {
    timestamps: Float64Array.of(1, 2, 3),
    histograms: [histogram(), histogram(), histogram()],
  };
  const [chunk] = cutHistogramChunks(samples);
  const value = encodeChunkItem([chunk]);
  const range = { minTime: 0, maxTime: 9 };
  const chunksWith = (late: readonly number[]) => {
    const data = new SeriesData();
    data.addItem(0, value, range);
    for (const time of late) data.columns.appendHistogram(time, histogram());
    return [...data.toChunks(range, 2 ** 20)];
  };
  assert.equal(chunksWith([])[0].bytes.buffer, value.buffer);
  assert.deepEqual(
    chunksWith([0, 4]).map(({ minTime, bytes }) => [minTime, bytes.buffer === value.buffer]),
    [
      [0, false],
      [1, true],
      [4, false],
    ],
  );
  const [merged] = chunksWith([2]);
  assert.deepEqual([merged.minTime, merged.maxTime, readHistogramChunkHead(merged.bytes).count], [1, 3, 3]);
  assert.throws(() => {
    const data = new SeriesData();
    data.addItem(0, value, range);
    return data.samples(range, 1000);
  }, /takes too much/);
});

test("of two samples of one time the later counts, and none is said to follow what it does not", () => {
  const columns = new SampleColumns();
  const hinted = (counterResetHint: CounterResetHint) => histogram({ counterResetHint });
  columns.appendHistogram(10, hinted("unknown"));
  columns.appendHistogram(20, hinted("not reset"));
  columns.appendHistogram(30, hinted("not reset"));
  columns.appendHistogram(40, hinted("not reset"));
  // A float takes the place of the second, and a late one comes before the fourth.
  columns.appendSample(20, 0, 0);
  columns.appendHistogram(35, hinted("gauge"));
  const { timestamps, histograms } = sortColumns(columns);
  assert.deepEqual([...timestamps], [20]);
  assert.deepEqual([...histograms!.timestamps], [10, 30, 35, 40]);
  assert.deepEqual(
    histograms!.histograms.map((one) => one.counterResetHint),
    ["unknown", "unknown", "gauge", "unknown"],
  );
});
