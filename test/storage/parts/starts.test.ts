/** Start timestamps in each form that storage has: they come back as they were, cost nothing where there are none, little where there are. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { sortColumns } from "../../../lib/chunk/merge-mixed.ts";
import { SampleColumns } from "../../../lib/chunk/sample-columns.ts";
import type { MixedSamples } from "../../../lib/model/samples.ts";
import { ByteReader, ByteWriter } from "../../../lib/storage/codec/bytes.ts";
import { encodeHistogram } from "../../../lib/storage/codec/histogram-bytes.ts";
import { MAX_START_MS, readStartRuns, startsOf, writeStarts } from "../../../lib/storage/codec/start-runs.ts";
import { HASH_BYTES } from "../../../lib/storage/layout/keys.ts";
import { decodeHistogramRecord, encodeHistogramRecords } from "../../../lib/storage/log/histogram-record.ts";
import {
  decodeLogRecord,
  decodeLogRecordHeader,
  encodeLogRecord,
  MAX_STARTED_RECORD_SAMPLES,
} from "../../../lib/storage/log/log-record.ts";
import { decodeChunkItem } from "../../../lib/storage/parts/chunk-item.ts";
import { ChunkPartitionWriter } from "../../../lib/storage/parts/chunk-partition.ts";
import { appendChunk } from "../../../lib/storage/parts/mixed-chunks.ts";
import { appendBlockSeries, decodeRunBlock } from "../../../lib/storage/parts/run-block.ts";
import { encodeRun } from "../../../lib/storage/parts/run-items.ts";
import { SeriesData } from "../../../lib/storage/parts/series-data.ts";
import { MAX_ITEM_BYTES } from "../../../lib/storage/table/table.ts";
import { expectRefused, isData } from "../../helpers/expect-refused.ts";
import { histogram } from "../../helpers/histograms.ts";

const SEED = 20261127;
const NOW = 1_795_336_000_000;
const HASH = "11".repeat(HASH_BYTES);
const RUN = { tenant: "t", day: 1, id: "00".repeat(8), shardBits: 0 };
const PARTITION = { tenant: "t", day: 1, bucket: 0, part: "00".repeat(8), shard: { bits: 0, prefix: 0 } };

function encodeRuns(starts: Float64Array, timestamps: Float64Array): Uint8Array {
  const writer = new ByteWriter();
  writeStarts(writer, starts, timestamps);
  return writer.finish();
}

function decodeRuns(bytes: Uint8Array, timestamps: Float64Array): Float64Array {
  const reader = new ByteReader(bytes, "test");
  const starts = startsOf(readStartRuns(reader, timestamps.length, timestamps[0]), timestamps);
  reader.expectEnd();
  return starts;
}

type Kind = "float" | "histogram";
type Row = readonly [timestamp: number, start: number, kind: Kind];

const time = fc.oneof(
  fc.integer({ min: NOW, max: NOW + 100_000 }),
  fc.integer({ min: -MAX_START_MS, max: MAX_START_MS }),
  fc.constantFrom(0, -1, MAX_START_MS, -MAX_START_MS),
);
/** Rows by ascending time whose starts go on as they did, or are the time before, none, or any. */
const rows: fc.Arbitrary<Row[]> = fc
  .array(
    fc.tuple(time, fc.constantFrom("same", "same", "before", "before", "none", "other"), time, fc.boolean()),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((some) => {
    const sorted = some.toSorted(([a], [b]) => a - b).filter(([t], i, all) => t !== all[i - 1]?.[0]);
    let last = 0;
    return sorted.map(([timestamp, how, other, isHistogram], i) => {
      if (how === "before") last = sorted[i - 1]?.[0] ?? 0;
      else if (how !== "same") last = how === "none" ? 0 : other;
      return [timestamp, last, isHistogram ? "histogram" : "float"];
    });
  });

const times = (some: readonly Row[]) => Float64Array.from(some, ([timestamp]) => timestamp);
const starts = (some: readonly Row[]) => Float64Array.from(some, ([, start]) => start);

function columnsOf(some: readonly Row[]): SampleColumns {
  const columns = new SampleColumns(0);
  for (const [timestamp, start, kind] of some) {
    if (kind === "float") columns.appendSample(timestamp, 0, 0);
    else columns.appendHistogram(timestamp, histogram());
    columns.setStart(start);
  }
  return columns;
}

function rowsOf({ timestamps, startTimestamps, histograms }: MixedSamples): Row[] {
  const all: Row[] = Array.from(timestamps, (t, i) => [t, startTimestamps?.[i] ?? 0, "float"]);
  histograms?.timestamps.forEach((t, i) => {
    all.push([t, histograms.startTimestamps?.[i] ?? 0, "histogram"]);
  });
  return all.sort(([a], [b]) => a - b);
}

describe("runs of starts", () => {
  test("give back what they got, and are refused when cut", () => {
    fc.assert(
      fc.property(rows, (some) => {
        const bytes = encodeRuns(starts(some), times(some));
        const decode = (part: Uint8Array) => decodeRuns(part, times(some));
        assert.deepEqual(decode(bytes), starts(some));
        expectRefused(decode, bytes);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test("say once what samples in a row have in common", () => {
    const timestamps = Float64Array.from({ length: 1000 }, (_, i) => NOW + i * 15_000);
    const since = NOW - 3_600_000;
    assert.equal(encodeRuns(new Float64Array(1000).fill(since), timestamps).length, 6);
    const deltas = timestamps.map((_, i) => (i === 0 ? since : timestamps[i - 1]));
    assert.equal(encodeRuns(deltas, timestamps).length, 7);
    assert.equal(encodeRuns(new Float64Array(1000), timestamps).length, 2);
    // A counter that is known again after a gap is not said again.
    const gap = new Float64Array(1000).fill(since).fill(0, 400, 500);
    assert.equal(encodeRuns(gap, timestamps).length, 10);
  });

  test("of a sample before the first, of none or too many samples, and of no time are refused", () => {
    const timestamps = Float64Array.of(1, 2, 3);
    const bytes = (...heads: number[]) => {
      const writer = new ByteWriter();
      for (const head of heads) writer.writeVarint(head);
      return writer.finish();
    };
    assert.deepEqual([...decodeRuns(bytes(4, 9), timestamps)], [0, 1, 2]);
    for (const heads of [[13], [0], [1, 12], [16], [4, 8, 8], [15, 2 ** 52]])
      assert.throws(() => decodeRuns(bytes(...heads), timestamps), isData, `${heads}`);
  });
});

describe("a log record", () => {
  const encode = (some: readonly Row[], startTimestamps?: Float64Array) => {
    const count = some.length;
    const references = Int32Array.from(some, (_, i) => i % 3);
    const columns = { count, references, timestamps: times(some), values: times(some) };
    return encodeLogRecord({ ...columns, startTimestamps }, 0, count);
  };

  test("keeps starts, is refused when cut, and is what it was without any", () => {
    fc.assert(
      fc.property(rows, (some) => {
        const record = encode(some, starts(some));
        const hasStarts = some.some(([, start]) => start !== 0);
        const { startTimestamps = new Float64Array(some.length) } = decodeLogRecord(record);
        assert.deepEqual(startTimestamps, starts(some));
        assert.equal(decodeLogRecordHeader(record).hasStarts, hasStarts);
        assert.equal(record[0], hasStarts ? 5 : 3);
        if (!hasStarts) assert.deepEqual(record, encode(some));
        expectRefused(decodeLogRecord, record);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test("of what compresses worst is an item that DynamoDB takes", () => {
    const count = MAX_STARTED_RECORD_SAMPLES;
    const random = (i: number) => {
      const [a, b] = crypto.getRandomValues(new Uint32Array(2));
      return (i % 2 === 0 ? 1 : -1) * (MAX_START_MS - (a % 2 ** 20) * 2 ** 30 - (b >>> 2));
    };
    const column = () => Float64Array.from({ length: count }, (_, i) => random(i));
    const references = Int32Array.from({ length: count }, (_, i) => (i % 2) * (2 ** 31 - 1 - i));
    const values = column().map((value) => value / 3);
    const columns = { count, references, timestamps: column(), values, startTimestamps: column() };
    const record = encodeLogRecord(columns, 0, count);
    assert.ok(record.length > 260_000, `${record.length}: not the worst`);
    assert.ok(record.length + 1024 < MAX_ITEM_BYTES, `${record.length}`);
    assert.deepEqual(decodeLogRecord(record).startTimestamps, columns.startTimestamps);
  });
});

test("a histogram record keeps starts, is refused when cut, and is what it was without any", () => {
  const encode = (some: readonly Row[], startTimestamps?: Float64Array) => {
    const encoded = some.map(() => encodeHistogram(histogram()));
    const columns = { references: new Int32Array(some.length), timestamps: times(some), encoded };
    const [record, ...more] = encodeHistogramRecords({ ...columns, startTimestamps });
    assert.equal(more.length, 0);
    return record;
  };
  fc.assert(
    fc.property(rows, (some) => {
      const record = encode(some, starts(some));
      const hasStarts = some.some(([, start]) => start !== 0);
      const { startTimestamps = new Float64Array(some.length) } = decodeHistogramRecord(record);
      assert.deepEqual(startTimestamps, starts(some));
      assert.equal(record[0], hasStarts ? 4 : 2);
      if (!hasStarts) assert.deepEqual(record, encode(some));
      expectRefused(decodeHistogramRecord, record);
    }),
    { seed: SEED, numRuns: 100 },
  );
});

const withoutStarts = (some: readonly Row[]): Row[] => some.map(([t, , kind]) => [t, 0, kind]);
const series = fc.array(rows, { minLength: 1, maxLength: 4 });

test("a run keeps starts of some series and not of others, is refused when cut, and is what it was without any", () => {
  const encode = (all: readonly (readonly Row[])[]) =>
    Array.from(
      encodeRun(
        RUN,
        all.map((some, i) => [`${i}0`.repeat(HASH_BYTES), sortColumns(columnsOf(some))] as const),
      ),
      ({ value }) => value,
    );
  fc.assert(
    fc.property(series, (all) => {
      const [value, ...more] = encode(all);
      assert.equal(more.length, 0);
      const block = decodeRunBlock(value);
      const read = all.map((_, i) => {
        const columns = new SampleColumns(0);
        appendBlockSeries(block, i, columns);
        return rowsOf(sortColumns(columns));
      });
      assert.deepEqual(read, all);
      const hasStarts = all.flat().some(([, start]) => start !== 0);
      const isMixed = all.flat().some(([, , kind]) => kind === "histogram");
      assert.equal(value[0], (isMixed ? 2 : 1) + (hasStarts ? 2 : 0));
      if (!hasStarts) assert.deepEqual([value], encode(all.map(withoutStarts)));
      expectRefused(decodeRunBlock, value);
    }),
    { seed: SEED, numRuns: 40 },
  );
});

test("a run's blocks are items, whatever the starts", () => {
  const count = 40_000;
  const timestamps = Float64Array.from({ length: count }, (_, i) => NOW + i);
  const startTimestamps = timestamps.map(() => crypto.getRandomValues(new Uint32Array(1))[0]);
  const samples = { timestamps, values: timestamps, startTimestamps };
  const items = [...encodeRun(RUN, [[HASH, samples]])];
  assert.ok(items.every(({ value }) => value.length < MAX_ITEM_BYTES - 1000));
  const columns = new SampleColumns(0);
  for (const { value } of items) appendBlockSeries(decodeRunBlock(value), 0, columns);
  assert.deepEqual(columns.samples(), samples);
});

describe("chunk items", () => {
  const itemsOf = (some: readonly Row[]) => {
    const writer = new ChunkPartitionWriter(PARTITION, {});
    const items = [...writer.add(HASH, sortColumns(columnsOf(some))), ...writer.finish()];
    return items.map(({ value }) => value);
  };

  test("keep starts beside chunks that are what they were, and are refused when cut", () => {
    fc.assert(
      fc.property(rows, (some) => {
        const [value, ...more] = itemsOf(some);
        assert.equal(more.length, 0);
        const columns = new SampleColumns(0);
        for (const chunk of decodeChunkItem(value)) appendChunk(chunk, columns);
        assert.deepEqual(rowsOf(sortColumns(columns)), some);
        const [plain] = itemsOf(withoutStarts(some));
        const bytesOf = (item: Uint8Array) => decodeChunkItem(item).map(({ bytes }) => [...bytes]);
        assert.deepEqual(bytesOf(value), bytesOf(plain));
        if (some.every(([, start]) => start === 0)) assert.deepEqual(value, plain);
        else assert.equal(value[0], plain[0] + 2);
        expectRefused(decodeChunkItem, value);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  test("of which a part is read: a delta's start is the time before it, be that in another chunk", () => {
    const some: Row[] = Array.from({ length: 400 }, (_, i) => [
      NOW + i * 1000,
      i === 0 ? NOW - 500 : NOW + (i - 1) * 1000,
      i % 150 === 140 ? "histogram" : "float",
    ]);
    const [value] = itemsOf(some);
    for (const [from, to] of [
      [0, 399],
      [130, 131],
      [120, 120],
      [239, 290],
    ]) {
      const range = { minTime: some[from][0], maxTime: some[to][0] };
      const data = new SeriesData();
      data.addItem(0, value, range);
      assert.deepEqual(rowsOf(data.samples(range, 2 ** 20)), some.slice(from, to + 1), `${from} to ${to}`);
    }
  });

  test("take a few bytes for what is constant, or a delta", () => {
    const of = (start: (i: number) => number) =>
      itemsOf(Array.from({ length: 1920 }, (_, i) => [NOW + i * 15_000, start(i), "float"]));
    const [plain] = of(() => 0);
    assert.equal(of(() => NOW - 9_999)[0].length - plain.length, 5);
    assert.equal(of((i) => NOW + (i - 1) * 15_000)[0].length - plain.length, 6);
  });
});

test("of samples of one time the start of the one that counts is kept, or that it has none", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(12), fc.nat(3), fc.constantFrom<Kind>("float", "float", "histogram"))),
      (some) => {
        const last = new Map(some.map((row) => [row[0], row]));
        assert.deepEqual(
          rowsOf(sortColumns(columnsOf(some))),
          [...last.values()].sort(([a], [b]) => a - b),
        );
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});

test("columns that are used again have forgotten the starts", () => {
  const columns = columnsOf([[1, 5, "float"]]);
  columns.clear();
  columns.appendSample(2, 0, 0);
  columns.appendSample(3, 0, 0);
  columns.setStart(2);
  assert.deepEqual(rowsOf(sortColumns(columns)), [
    [2, 0, "float"],
    [3, 2, "float"],
  ]);
});
