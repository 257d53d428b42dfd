import assert from "node:assert/strict";
import test from "node:test";
import type { Histogram } from "../../lib/model/histogram.ts";
import { printJsonFloat } from "../../lib/number/print-float.ts";
import { type Piece, printMatrix, printPair, printSeconds, printVector } from "../../lib/wire/api-json.ts";

/** What Go's encoder writes. */
const VALUES: readonly (readonly [value: number, text: string])[] = [
  [0, "0"],
  [-0, "-0"],
  [1, "1"],
  [-1.5, "-1.5"],
  [0.1 + 0.2, "0.30000000000000004"],
  [1e-6, "0.000001"],
  [9.9e-7, "9.9e-07"],
  [5e-324, "5e-324"],
  [1e20, "100000000000000000000"],
  [123456789012345680000, "123456789012345680000"],
  [1e21, "1e+21"],
  [-1.5e300, "-1.5e+300"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "+Inf"],
  [Number.NEGATIVE_INFINITY, "-Inf"],
];

for (const [value, text] of VALUES) {
  test(`the value ${text}`, () => assert.equal(printJsonFloat(value), text));
}

const TIMES: readonly (readonly [ms: number, text: string])[] = [
  [0, "0"],
  [1, "0.001"],
  [50, "0.050"],
  [1435781451781, "1435781451.781"],
  [1435781451000, "1435781451"],
  [-1, "-0.001"],
  [-1500, "-1.500"],
];

for (const [ms, text] of TIMES) {
  test(`the time ${text}`, () => assert.equal(printSeconds(ms), text));
}

const LABELS = [
  ["__name__", 'a"b'],
  ["ä", "\n"],
] as const;

const HISTOGRAM: Histogram = {
  kind: "float",
  counterResetHint: "unknown",
  schema: 0,
  zeroThreshold: 0.5,
  zeroCount: 2,
  count: 8.5,
  sum: 1e21,
  positive: { spans: [{ offset: 0, length: 3 }], counts: Float64Array.of(1, 0, 3) },
  negative: { spans: [{ offset: 1, length: 1 }], counts: Float64Array.of(2.5) },
  customBounds: new Float64Array(0),
  isStale: false,
};

const HISTOGRAM_JSON = {
  count: "8.5",
  sum: "1e+21",
  buckets: [
    [1, "-2", "-1", "2.5"],
    [3, "-0.5", "0.5", "2"],
    [0, "0.5", "1", "1"],
    [0, "2", "4", "3"],
  ],
};

const EMPTY = new Float64Array(0);

function textOf(pieces: Iterable<Piece>): string {
  return Array.from(pieces, (piece) => (typeof piece === "string" ? piece : Buffer.from(piece))).join("");
}

test("an instant vector", () => {
  const float = {
    labels: LABELS,
    timestamps: Float64Array.of(1500),
    values: Float64Array.of(2),
    histograms: undefined,
  };
  const histograms = { timestamps: Float64Array.of(2000), histograms: [HISTOGRAM] };
  const text = [...printVector([float, { labels: [], timestamps: EMPTY, values: EMPTY, histograms }])].join(
    "",
  );
  assert.equal(text.slice(0, text.indexOf("}") + 1), '[{"metric":{"__name__":"a\\"b","ä":"\\n"}');
  assert.deepEqual(JSON.parse(text), [
    { metric: Object.fromEntries(LABELS), value: [1.5, "2"] },
    { metric: {}, histogram: [2, HISTOGRAM_JSON] },
  ]);
});

test("a histogram without observations has no buckets", () => {
  const none = { spans: [], counts: EMPTY };
  const empty: Histogram = { ...HISTOGRAM, zeroCount: 0, count: 0, sum: 0, positive: none, negative: none };
  const histograms = { timestamps: Float64Array.of(0), histograms: [empty] };
  const text = [...printVector([{ labels: [], timestamps: EMPTY, values: EMPTY, histograms }])].join("");
  assert.equal(text, '[{"metric":{},"histogram":[0,{"count":"0","sum":"0"}]}]');
});

test("a range vector comes in pieces", () => {
  const timestamps = Float64Array.from({ length: 2500 }, (_, i) => i * 1000);
  const histograms = { timestamps: Float64Array.of(1), histograms: [HISTOGRAM] };
  const matrix = printMatrix([
    { labels: LABELS, timestamps, values: timestamps, histograms: undefined },
    { labels: [], timestamps: Float64Array.of(0), values: Float64Array.of(Number.NaN), histograms },
  ]);
  // Bytes are there until the next piece is asked for.
  const pieces = Array.from(matrix, (piece) => (typeof piece === "string" ? piece : piece.slice()));
  assert.ok(Math.max(...pieces.map((piece) => piece.length)) < 32 * 1024);
  const [floats, both] = JSON.parse(textOf(pieces));
  assert.deepEqual(floats.metric, Object.fromEntries(LABELS));
  assert.equal(floats.values.length, 2500);
  assert.deepEqual(floats.values[2499], [2499, "2499000"]);
  assert.equal("histograms" in floats, false);
  assert.deepEqual(both, { metric: {}, values: [[0, "NaN"]], histograms: [[0.001, HISTOGRAM_JSON]] });
});

test("histograms come in small pieces, whatever their buckets", () => {
  const counts = new Float64Array(5000).fill(1);
  const positive = { spans: [{ offset: 0, length: counts.length }], counts };
  const histograms = {
    timestamps: Float64Array.from({ length: 50 }, (_, i) => i),
    histograms: Array.from({ length: 50 }, () => ({ ...HISTOGRAM, positive })),
  };
  const pieces = [...printMatrix([{ labels: [], timestamps: EMPTY, values: EMPTY, histograms }])];
  assert.ok(pieces.length > 50);
  assert.ok(Math.max(...pieces.map((piece) => piece.length)) < 512 * 1024);
});

test("empty vectors, and strings", () => {
  assert.equal([...printVector([])].join(""), "[]");
  assert.equal(textOf(printMatrix([])), "[]");
  assert.equal(printPair(1500, 'a"\udc80'), '[1.500,"a\\"\ufffd"]');
});
