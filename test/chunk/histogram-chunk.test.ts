import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  cutHistogramChunks,
  decodeHistogramChunk,
  type HistogramChunk,
  readHistogramChunkHead,
} from "../../lib/chunk/histogram-chunk.ts";
import { staleHistogram } from "../../lib/histogram/spans.ts";
import { HearthError } from "../../lib/model/errors.ts";
import type { Histogram } from "../../lib/model/histogram.ts";
import type { HistogramSamples } from "../../lib/model/histogram-samples.ts";
import { MAX_TIMESTAMP_MS } from "../../lib/model/time.ts";
import { anyHistogram, bucketsOf, grownHistograms, histogram, meaningOf } from "../helpers/histograms.ts";
import { withoutUpstream } from "../helpers/upstream.ts";
import { atOffset } from "../wire/prometheus-proto.ts";
import {
  type GoldenHistogramChunk,
  type GoldenSeries,
  readGoldenSeries,
  readUpstreamSeries,
} from "./histogram-golden.ts";

const SEED = 20261123;
const current = readGoldenSeries("histogram-golden-prom3.14.jsonl");
const recorded = readGoldenSeries("histogram-golden-prom2.42.jsonl");
const withoutChunks = withoutUpstream("readHandlerTest");
const goldenChunks = [...current, ...recorded].flatMap(({ chunks }) => chunks);
const isData = { name: "HearthError", kind: "data" };

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function linesOf(chunks: Iterable<HistogramChunk>): string[] {
  return [...chunks].map(
    ({ kind, minTime, maxTime, bytes }) => `${kind} ${minTime}..${maxTime} ${hexOf(bytes)}`,
  );
}

function assertSameLines(actual: readonly string[], expected: readonly string[]): void {
  const at = expected.findIndex((line, i) => line !== actual[i]);
  if (at >= 0) assert.equal(actual[at], expected[at], `line ${at} of ${expected.length}`);
  assert.equal(actual.length, expected.length);
}

function plainLines({ timestamps, histograms }: HistogramSamples): string[] {
  const print = (_: string, value: unknown) => (typeof value === "bigint" ? value.toString(16) : value);
  return histograms.map((one, i) => `${timestamps[i]} ${JSON.stringify(meaningOf(one), print)}`);
}

function between({ timestamps, histograms }: HistogramSamples, min: number, max: number): HistogramSamples {
  const [start, end] = [timestamps.indexOf(min), timestamps.indexOf(max) + 1];
  return { timestamps: timestamps.subarray(start, end), histograms: histograms.slice(start, end) };
}

function testDecoding({ name, samples, chunks }: GoldenSeries): void {
  test(`${name}: decodes, from an offset view too`, () => {
    for (const { kind, min, max, bytes } of chunks) {
      for (const input of [bytes, atOffset(bytes)]) {
        assertSameLines(
          plainLines(decodeHistogramChunk(input, kind)),
          plainLines(between(samples, min, max)),
        );
      }
    }
  });

  test(`${name}: of a range alone`, () => {
    const [{ kind, bytes }] = chunks;
    const all = decodeHistogramChunk(bytes, kind);
    const { length } = all.timestamps;
    for (let i = 0; i < length; i += Math.ceil(length / 7)) {
      for (const range of [
        { minTime: all.timestamps[i], maxTime: all.timestamps[Math.min(i + 5, length - 1)] },
        { minTime: all.timestamps[i] + 1, maxTime: all.timestamps[length - 1] + 1 },
        { minTime: all.timestamps[i] - 1, maxTime: all.timestamps[i] - 1 },
      ]) {
        const isWithin = (_: unknown, at: number) =>
          all.timestamps[at] >= range.minTime && all.timestamps[at] <= range.maxTime;
        const expected = {
          timestamps: all.timestamps.filter(isWithin),
          histograms: all.histograms.filter(isWithin),
        };
        assertSameLines(plainLines(decodeHistogramChunk(bytes, kind, range)), plainLines(expected));
      }
    }
  });
}

describe("series as Prometheus 3.14 encodes them", () => {
  for (const series of current) {
    test(`${series.name}: the same chunks, byte for byte`, () => {
      const expected = series.chunks.map(
        ({ kind, min, max, bytes }) => `${kind} ${min}..${max} ${hexOf(bytes)}`,
      );
      assertSameLines(linesOf(cutHistogramChunks(series.samples)), expected);
    });
    testDecoding(series);
  }

  test("they have what is hard in them", () => {
    const hints = new Set(goldenChunks.map(({ bytes }) => readHistogramChunkHead(bytes).counterReset));
    assert.deepEqual([...hints].sort(), ["gauge", "not reset", "reset", "unknown"]);
    const all = current.flatMap(({ samples }) => samples.histograms);
    assert.ok(all.some(({ isStale }) => isStale));
    assert.ok(all.some(({ schema }) => schema === -53));
    assert.ok(all.some(({ count }) => count === Number.MAX_SAFE_INTEGER));
    assert.ok(goldenChunks.some(({ bytes }) => readHistogramChunkHead(bytes).count === 1));
  });
});

/** Prometheus 2.42 leaves the flags of a chunk that it streams at zero, and may end with a spare zero byte. */
function without242(bytes: Uint8Array, length = bytes.length): string {
  const flagless = bytes.slice(0, length);
  flagless[2] = 0;
  return hexOf(flagless);
}

function testRecorded(series: GoldenSeries): void {
  test(`${series.name}: the same chunks but for the flags`, () => {
    const made = [...cutHistogramChunks(series.samples)];
    assert.equal(made.length, series.chunks.length);
    made.forEach(({ bytes }, i) => {
      const golden = series.chunks[i].bytes;
      assert.ok(
        golden.length - bytes.length <= 1 && golden.subarray(bytes.length).every((byte) => byte === 0),
      );
      assert.equal(without242(bytes), without242(golden, bytes.length));
    });
  });
  testDecoding(series);
}

describe("series as Prometheus 2.42 streamed them", () => {
  for (const series of recorded) testRecorded(series);
});

describe("the float histograms of TestStreamReadEndpoint", {
  skip: withoutChunks,
}, () => {
  if (withoutChunks === false) testRecorded(readUpstreamSeries());
});

describe("any histograms", () => {
  const timed = (histograms: readonly Histogram[]): HistogramSamples => ({
    timestamps: Float64Array.from(histograms, (_, i) => 1_700_000_000_000 + 15_000 * i + (i % 3)),
    histograms,
  });

  for (const [name, arbitrary] of [
    ["of any kind in any order", fc.array(anyHistogram, { maxLength: 30 })],
    ["counters that grow", grownHistograms],
  ] as const) {
    test(`${name}: come back`, () => {
      fc.assert(
        fc.property(arbitrary, (histograms) => {
          const samples = timed(histograms);
          const back = [...cutHistogramChunks(samples)].map(({ bytes, kind }) =>
            decodeHistogramChunk(bytes, kind),
          );
          assertSameLines(back.flatMap(plainLines), plainLines(samples));
        }),
        { seed: SEED, numRuns: 1000 },
      );
    });
  }

  test("decoded again and encoded again, chunks are the same but for what their heads say", () => {
    for (const { chunks } of current) {
      for (const { kind, bytes } of chunks) {
        const again = [...cutHistogramChunks(decodeHistogramChunk(bytes, kind))];
        assert.equal(again.length, 1);
        assert.equal(without242(again[0].bytes), without242(bytes));
      }
    }
  });

  test("a chunk has 120 histograms at most", () => {
    const chunks = [...cutHistogramChunks(timed(Array(250).fill(histogram())))];
    assert.deepEqual(
      chunks.map(({ bytes }) => readHistogramChunkHead(bytes).count),
      [120, 120, 10],
    );
  });

  test("a range", () => {
    const samples = timed(Array.from({ length: 9 }, (_, i) => histogram({ positive: bucketsOf([i, i]) })));
    const back = [...cutHistogramChunks(samples, 2, 7)].map(({ bytes, kind }) =>
      decodeHistogramChunk(bytes, kind),
    );
    assertSameLines(back.flatMap(plainLines), plainLines(samples).slice(2, 7));
  });

  test("what a decoded histogram says of counter resets", () => {
    const hintsOf = (...histograms: Histogram[]) =>
      [...cutHistogramChunks(timed(histograms))].map(({ bytes, kind }) => [
        readHistogramChunkHead(bytes).counterReset,
        ...decodeHistogramChunk(bytes, kind).histograms.map(({ counterResetHint }) => counterResetHint),
      ]);
    const gauge = histogram({ counterResetHint: "gauge" });
    const fewer = histogram({ positive: bucketsOf([0, 1]) });
    assert.deepEqual(hintsOf(histogram(), histogram(), fewer), [
      ["unknown", "unknown", "not reset"],
      ["reset", "unknown"],
    ]);
    assert.deepEqual(hintsOf(gauge, gauge, fewer), [
      ["gauge", "gauge", "gauge"],
      ["not reset", "unknown"],
    ]);
    assert.deepEqual(hintsOf(histogram(), staleHistogram("integer", "unknown"), histogram()), [
      ["unknown", "unknown", "not reset"],
      ["unknown", "unknown"],
    ]);
  });

  test("a schema finer than 8 is reduced, as a newer Prometheus may write one", () => {
    const fine = histogram({ schema: 10, positive: bucketsOf([-3, 1], [1, 1], [4, 1], [5, 2]) });
    const [{ bytes }] = cutHistogramChunks(timed([fine]));
    const [one] = decodeHistogramChunk(bytes, "integer").histograms;
    assert.deepEqual(
      meaningOf(one),
      meaningOf(histogram({ schema: 8, positive: bucketsOf([0, 1], [1, 2], [2, 2]) })),
    );
  });
});

describe("what cannot be encoded", () => {
  const cases: readonly (readonly [string, number[]])[] = [
    ["the same time twice", [1, 2, 2]],
    ["descending times", [2, 1]],
    ["a time that is no number", [Number.NaN]],
    ["a time too early", [-MAX_TIMESTAMP_MS - 1, 0]],
    ["a time too late", [0, MAX_TIMESTAMP_MS + 1]],
  ];
  for (const [name, times] of cases) {
    test(name, () => {
      const samples = { timestamps: Float64Array.from(times), histograms: times.map(() => histogram()) };
      assert.throws(() => [...cutHistogramChunks(samples)], { name: "HearthError", kind: "internal" });
    });
  }

  test("times at the ends", () => {
    const timestamps = Float64Array.of(-MAX_TIMESTAMP_MS, MAX_TIMESTAMP_MS - 1, MAX_TIMESTAMP_MS);
    const [{ bytes }] = cutHistogramChunks({ timestamps, histograms: Array(3).fill(histogram()) });
    assert.deepEqual(decodeHistogramChunk(bytes, "integer").timestamps, timestamps);
  });
});

describe("impossible bytes", () => {
  const isTooShort = {
    ...isData,
    message: /input ends within a sample|impossible length|too short for its header|buckets in|bounds in/,
  };

  test("cut at any length", () => {
    // The same chunks with every length would take minutes: the shortest of each series.
    const shortest = [...current, ...recorded].map(({ chunks }) =>
      chunks.reduce((a, b) => (b.bytes.length < a.bytes.length ? b : a)),
    );
    for (const { kind, bytes } of [...shortest, goldenChunks[0], current[1].chunks[0]]) {
      const isSpared = recorded.some(({ chunks }) => chunks.some((chunk) => chunk.bytes === bytes));
      for (let length = 0; length < bytes.length - (isSpared ? 1 : 0); length++) {
        assert.throws(() => decodeHistogramChunk(bytes.subarray(0, length), kind), isTooShort, `${length}`);
      }
      assert.throws(() => decodeHistogramChunk(Uint8Array.of(...bytes, 0, 0), kind), isData);
    }
  });

  const bits = (...fields: string[]) => {
    const all = fields.join("").replaceAll(" ", "");
    const bytes = all.padEnd(Math.ceil(all.length / 8) * 8, "0").match(/.{8}/g) ?? [];
    return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2));
  };
  const head = "0000000000000001 00000000";
  const ones = (n: number) => "1".repeat(n);
  const zeros = (n: number) => "0".repeat(n);
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["schema 53", bits(head, "00000000 110 110101", zeros(80)), /schema -?\d+/],
    ["schema -5", bits(head, "00000000 110 111011", zeros(80)), /schema -5/],
    ["2^56 spans", bits(head, "00000000 0 11111110", ones(56), zeros(200)), /input ends within/],
    [
      "a span of 2^25 buckets",
      bits(head, "00000000 0 10001 1111110", ones(25), "0", zeros(200)),
      /buckets in \d+ bits/,
    ],
    ["a span of 2^64 buckets", bits(head, "00000000 0 10001 11111111", ones(64), "0", zeros(200)), /./],
    [
      "a negative offset behind a span",
      bits(head, "00000000 0 10010 10001 0 10001 10111", zeros(200)),
      /offset -1/,
    ],
    [
      "an offset beyond 32 bits",
      bits(head, "00000000 0 10001 10001 11111110 01", zeros(300)),
      /beyond 32 bits/,
    ],
    ["a count beyond 2^53", bits(head, "00000000 0 0 0 0 11111111", ones(64), zeros(200)), /a count of/],
    [
      "a bucket below zero",
      bits(head, "00000000 0 10001 10001 0 0 0 0 0", zeros(64), "10111", zeros(8)),
      /a count of -1/,
    ],
    ["a time beyond 2^53", bits(head, "00000000 0 0 0 11111111 0", ones(63), zeros(80)), /beyond 2\^53/],
    ["65535 histograms in nothing", bits(ones(16), zeros(80)), /impossible length/],
    ["none, and three bytes", bits(zeros(48)), /3 bytes after the last histogram/],
  ];
  for (const [name, bytes, message] of cases) {
    test(name, () => assert.throws(() => decodeHistogramChunk(bytes, "integer"), { ...isData, message }));
  }

  test("the same time twice, and a histogram after a staleness marker", () => {
    const twice = bits("0000000000000010 00000000 00000000 0 0 0 0 0 0", zeros(64), "0 0 0 0");
    assert.throws(() => decodeHistogramChunk(twice, "integer"), { ...isData, message: /do not ascend/ });
    const stale = `0111111111110000${zeros(46)}10`;
    const behind = bits(
      "0000000000000010 00000000 00000000 0 0 0 0 0 0",
      stale,
      "10001 0 0 11 00001 001010",
      ones(10),
    );
    assert.throws(() => decodeHistogramChunk(behind, "integer"), {
      ...isData,
      message: /after a staleness marker/,
    });
  });

  test("random bytes and flipped bytes decode or are refused", () => {
    const kind = fc.constantFrom<Histogram["kind"]>("integer", "float");
    const flipped = fc
      .tuple(
        fc.constantFrom<GoldenHistogramChunk>(...goldenChunks),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
      )
      .map(([{ bytes }, at, flip]) =>
        bytes.map((byte, i) => (i === at % Math.min(60, bytes.length) ? byte ^ flip : byte)),
      );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), flipped), kind, (bytes, kind) => {
        try {
          const { timestamps, histograms } = decodeHistogramChunk(bytes, kind);
          assert.equal(timestamps.length, readHistogramChunkHead(bytes).count);
          const buckets = histograms.reduce((total, one) => total + one.positive.counts.length, 0);
          assert.ok(buckets <= bytes.length * 8);
        } catch (error) {
          assert.ok(error instanceof HearthError && error.kind === "data", String(error));
        }
      }),
      { seed: SEED, numRuns: 20_000 },
    );
  });
});
