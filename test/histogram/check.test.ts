import assert from "node:assert/strict";
import { test } from "node:test";
import { checkHistogram } from "../../lib/histogram/check.ts";
import { reduceToSupported } from "../../lib/histogram/resolution.ts";
import { bucketIndices, spansOf, staleHistogram } from "../../lib/histogram/spans.ts";
import type { Buckets, Histogram } from "../../lib/model/histogram.ts";
import { bucketsOf, histogram, meaningOf } from "../helpers/histograms.ts";

const buckets = (spans: [number, number][], counts: number[]): Buckets => ({
  spans: spans.map(([offset, length]) => ({ offset, length })),
  counts: Float64Array.from(counts),
});
const custom = (bounds: number[], positive: Buckets, more: Partial<Histogram> = {}) =>
  histogram({ schema: -53, customBounds: Float64Array.from(bounds), positive, ...more });
const float = (more: Partial<Histogram>) => histogram({ kind: "float", ...more });

/** As Prometheus 3.14's `Validate`, but for what is marked. */
const CASES: readonly (readonly [what: string, histogram: Histogram, wrong: RegExp | undefined])[] = [
  ["right", histogram(), undefined],
  ["empty", histogram({ positive: bucketsOf() }), undefined],
  ["a staleness marker", staleHistogram("integer", "unknown"), undefined],
  ["a staleness marker of nonsense", { ...histogram({ schema: 99, count: -1 }), isStale: true }, undefined],
  ["a zero threshold of NaN", histogram({ zeroThreshold: Number.NaN }), /^a zero threshold of NaN/],
  [
    "a zero threshold of +Inf",
    histogram({ zeroThreshold: Number.POSITIVE_INFINITY }),
    /^a zero threshold of Infinity/,
  ],
  ["a zero threshold below zero", histogram({ zeroThreshold: -1 }), /^a zero threshold of -1/],
  ["schema -4", histogram({ schema: -4 }), undefined],
  ["schema 52, which is reduced", histogram({ schema: 52 }), undefined],
  ["schema -5", histogram({ schema: -5 }), /^schema -5: expected -4 to 52, or -53/],
  ["schema 53", histogram({ schema: 53 }), /^schema 53/],
  ["bounds with schema 0", histogram({ customBounds: Float64Array.of(1) }), /custom bounds with schema 0/],
  ["a first offset below zero", histogram({ positive: buckets([[-5, 1]], [1]) }), undefined],
  [
    "a later offset below zero",
    histogram({
      positive: buckets(
        [
          [0, 1],
          [-1, 1],
        ],
        [1, 1],
      ),
    }),
    /positive span 2 has the offset -1/,
  ],
  [
    "the same of negative buckets",
    histogram({
      negative: buckets(
        [
          [0, 1],
          [-1, 1],
        ],
        [1, 1],
      ),
    }),
    /negative span 2/,
  ],
  [
    "spans of no length",
    histogram({
      positive: buckets(
        [
          [0, 0],
          [3, 1],
          [2, 0],
        ],
        [1],
      ),
    }),
    undefined,
  ],
  [
    "fewer counts than buckets",
    histogram({ positive: buckets([[0, 2]], [1]) }),
    /spans have 2 buckets, but 1 counts came/,
  ],
  [
    "more counts than buckets",
    histogram({ negative: buckets([[0, 1]], [1, 1]) }),
    /negative spans have 1 buckets, but 2/,
  ],
  [
    "a bucket below zero",
    histogram({ positive: buckets([[0, 2]], [1, -1]), count: 0 }),
    /positive bucket 2 has a count of -1/,
  ],
  ["a count too small", histogram({ count: 5 }), /6 observations in the buckets, but a count of 5/],
  ["a count too large", histogram({ count: 7 }), /6 observations in the buckets, but a count of 7/],
  ["a count too large, and a sum that is NaN", histogram({ count: 7, sum: Number.NaN }), undefined],
  ["a count too small, and a sum that is NaN", histogram({ count: 5, sum: Number.NaN }), /6 observations/],
  ["a zero bucket that is not counted", histogram({ zeroCount: 2, count: 6 }), /8 observations/],
  ["2^53 - 1", histogram({ positive: bucketsOf([0, 2 ** 53 - 1]) }), undefined],
  ["2^53, which Prometheus takes", histogram({ positive: bucketsOf([0, 2 ** 53]) }), /at most 2\^53 - 1/],
  [
    "2^53 together",
    histogram({ positive: bucketsOf([0, 2 ** 52], [1, 2 ** 52]), count: 5 }),
    /at most 2\^53 - 1/,
  ],
  ["an index of 2^31", histogram({ positive: buckets([[2 ** 31 - 1, 1]], [1]) }), /index is beyond 32 bits/],
  ["floats that do not add up", float({ count: 99 }), undefined],
  [
    "floats that are NaN and infinite",
    float({ positive: bucketsOf([0, Number.NaN], [1, Number.POSITIVE_INFINITY]) }),
    undefined,
  ],
  [
    "a float bucket below zero",
    float({ negative: bucketsOf([0, -0.5]) }),
    /negative bucket 1 has a count of -0.5/,
  ],
  ["a float count below zero", float({ count: -1 }), /a count of -1/],
  ["a float zero bucket below zero", float({ zeroCount: -1 }), /a zero bucket with a count of -1/],
  ["custom buckets", custom([-1, 0, 1], bucketsOf([0, 1], [3, 2])), undefined],
  ["custom buckets without bounds", custom([], bucketsOf([0, 4])), undefined],
  ["too few bounds", custom([1], bucketsOf([2, 1])), /spans reach over 3 buckets, 1 bounds make 2/],
  ["bounds that do not ascend", custom([1, 1], bucketsOf([0, 1])), /custom bounds do not ascend: 1, 1/],
  ["a bound that is NaN", custom([1, Number.NaN], bucketsOf([0, 1])), /a custom bound is NaN/],
  [
    "a bound of +Inf",
    custom([1, Number.POSITIVE_INFINITY], bucketsOf([0, 1])),
    /the last custom bound is \+Inf/,
  ],
  ["a first bound of -Inf", custom([Number.NEGATIVE_INFINITY, 1], bucketsOf([0, 1])), undefined],
  [
    "a negative first offset of custom buckets",
    custom([1], buckets([[-1, 1]], [1])),
    /span 1 has the offset -1/,
  ],
  [
    "negative custom buckets",
    custom([1], bucketsOf(), { negative: bucketsOf([0, 1]) }),
    /negative buckets with custom/,
  ],
  [
    "a zero bucket beside custom ones",
    custom([1], bucketsOf(), { zeroCount: 1 }),
    /a zero bucket of 1 with custom/,
  ],
  [
    "a zero threshold beside custom buckets",
    custom([1], bucketsOf(), { zeroThreshold: 1 }),
    /zero threshold of 1 with custom/,
  ],
];

for (const [what, one, wrong] of CASES) {
  test(what, () => {
    const said = checkHistogram(one);
    if (wrong === undefined) assert.equal(said, undefined);
    else assert.match(said ?? "nothing wrong", wrong);
  });
}

test("resolution is reduced to schema 8, and no other is touched", () => {
  const positive = bucketsOf([-3, 1], [-2, 2], [-1, 3], [0, 4], [1, 5], [2, 6], [3, 7], [9, 8]);
  for (const schema of [-53, -4, 8]) assert.equal(reduceToSupported(histogram({ schema })).schema, schema);
  const reduced = (schema: number) =>
    meaningOf(reduceToSupported(histogram({ schema, positive, negative: positive })));
  assert.deepEqual(reduced(9).positive, ["-1:3", "0:7", "1:11", "2:7", "5:8"]);
  assert.deepEqual(reduced(10).negative, ["0:10", "1:18", "3:8"]);
  assert.deepEqual(reduced(52).positive, ["0:10", "1:26"]);
  const { spans } = reduceToSupported(histogram({ schema: 9, positive })).positive;
  assert.deepEqual(spans, [
    { offset: -1, length: 4 },
    { offset: 2, length: 1 },
  ]);
});

test("spans and indices", () => {
  const indices = Float64Array.of(-3, -2, 0, 5, 6, 7);
  assert.deepEqual(bucketIndices(spansOf(indices)), indices);
  assert.deepEqual(spansOf(new Float64Array(0)), []);
  const spans = [
    { offset: 2, length: 0 },
    { offset: 1, length: 1 },
    { offset: 0, length: 2 },
  ];
  assert.deepEqual([...bucketIndices(spans)], [3, 4, 5]);
});
