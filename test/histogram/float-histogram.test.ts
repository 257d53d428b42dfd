import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { exponentialBound, firstIndexAbove } from "../../lib/histogram/bounds.ts";
import { allBuckets } from "../../lib/histogram/buckets.ts";
import { histogramFraction, histogramQuantile, histogramVariance } from "../../lib/histogram/estimates.ts";
import {
  compactHistogram,
  divideHistogram,
  equalHistograms,
  multiplyHistogram,
} from "../../lib/histogram/float-histogram.ts";
import { addHistograms, subtractHistograms } from "../../lib/histogram/pair.ts";
import { printHistogram } from "../../lib/histogram/print-histogram.ts";
import { isReset } from "../../lib/histogram/reset.ts";
import { atLowerSchema, bucketsOf, sideOf } from "../../lib/histogram/side.ts";
import { addToSum, startSum, sumOf } from "../../lib/histogram/sum.ts";
import { trimHistogram } from "../../lib/histogram/trim.ts";
import type { Histogram } from "../../lib/model/histogram.ts";
import { anyHistogram, meaningOf } from "../helpers/histograms.ts";
import { histogram, type Sketch } from "./sketch.ts";

test("bounds of exponential buckets", () => {
  assert.equal(exponentialBound(3, 0), 8);
  assert.equal(exponentialBound(-2, 0), 0.25);
  assert.equal(exponentialBound(1, -2), 16);
  assert.equal(exponentialBound(-1, 1), 0.7071067811865475);
  assert.equal(exponentialBound(-255, 8), 0.5013556375251013);
  assert.equal(exponentialBound(-1, 8), 0.9972960560854698);
  for (let schema = -4; schema <= 8; schema++) {
    const last = 1024 * 2 ** schema;
    assert.equal(exponentialBound(last, schema), Number.MAX_VALUE);
    assert.equal(exponentialBound(last + 1, schema), Infinity);
    assert.ok(exponentialBound(-1070 * 2 ** schema, schema) > 0);
  }
});

test("the first bucket above a threshold ends above it, the one before does not", () => {
  const schemas = fc.integer({ min: -4, max: 8 });
  const thresholds = fc.oneof(
    fc.double({ min: 0, noNaN: true }),
    fc.constantFrom(0, 2 ** -128, 0.001, 0.5, 1),
  );
  fc.assert(
    fc.property(schemas, thresholds, (schema, threshold) => {
      const index = firstIndexAbove(threshold, schema);
      assert.ok(exponentialBound(index - 1, schema) <= threshold);
      assert.ok(exponentialBound(index, schema) > threshold || threshold === Infinity);
      assert.equal(firstIndexAbove(threshold, schema), index);
    }),
  );
});

test("a lower resolution has every other bound", () => {
  const side = { indexes: Int32Array.of(-3, -2, 0, 1, 2, 5), counts: Float64Array.of(1, 2, 4, 8, 16, 32) };
  const reduced = atLowerSchema(side, 1, 0);
  assert.deepEqual([...reduced.indexes], [-1, 0, 1, 3]);
  assert.deepEqual([...reduced.counts], [3, 4, 24, 32]);
});

/** Printed: bounds and counts are what counts. */
const SUMS: readonly (readonly [name: string, a: Sketch, b: Sketch, sum: string])[] = [
  ["same buckets", { positive: { 1: 1 } }, { positive: { 1: 2 } }, "(1,2]:3"],
  ["other buckets", { positive: { 1: 1 } }, { positive: { 0: 2, 4: 1 } }, "(0.5,1]:2, (1,2]:1, (8,16]:1"],
  [
    "both sides",
    { negative: { 1: 1 } },
    { negative: { 2: 2 }, positive: { 1: 4 } },
    "[-4,-2):2, [-2,-1):1, (1,2]:4",
  ],
  ["resolutions", { schema: 1, positive: { 1: 1, 2: 2, 3: 4 } }, { positive: { 1: 8 } }, "(1,2]:11, (2,4]:4"],
  [
    "zero buckets",
    { zero: [1, 2], positive: { 1: 1 } },
    { positive: { "-1": 4, 0: 8, 1: 16 } },
    "[-1,1]:14, (1,2]:17",
  ],
  [
    "a zero bucket that ends in a bucket",
    { zero: [1.5, 2] },
    { positive: { 1: 4 }, negative: { 1: 8 } },
    "[-2,2]:14",
  ],
  [
    "custom bounds",
    { bounds: [1, 2], positive: { 0: 1, 2: 2 } },
    { bounds: [1, 2], positive: { 1: 4 } },
    "[-Inf,1]:1, (1,2]:4, (2,+Inf]:2",
  ],
  [
    "other custom bounds",
    { bounds: [1, 2, 3], positive: { 0: 1, 1: 2, 2: 4, 3: 8 } },
    { bounds: [2, 4], positive: { 0: 16, 1: 32 } },
    "[-Inf,2]:19, (2,+Inf]:44",
  ],
];

for (const [name, a, b, expected] of SUMS) {
  test(`sum: ${name}`, () => {
    for (const [x, y] of [
      [a, b],
      [b, a],
    ]) {
      const { histogram: sum } = addHistograms(histogram(x), histogram(y))!;
      assert.equal(
        printHistogram(sum),
        `{count:${histogram(a).count + histogram(b).count}, sum:0, ${expected}}`,
      );
    }
  });
}

test("the sum less one of the two is the other", () => {
  for (const [, a, b] of SUMS.slice(0, 3)) {
    const { histogram: sum } = addHistograms(histogram(a), histogram(b))!;
    const rest = compactHistogram(subtractHistograms(sum, histogram(b))!.histogram);
    assert.ok(equalHistograms(rest, histogram(a)));
  }
});

test("exponential and custom buckets are not added", () => {
  assert.equal(addHistograms(histogram({}), histogram({ bounds: [1] })), undefined);
});

const HINTS: readonly (readonly [
  Sketch["hint"],
  Sketch["hint"],
  sum: Sketch["hint"],
  isCollision: boolean,
])[] = [
  ["gauge", "reset", "gauge", false],
  ["not reset", "gauge", "gauge", false],
  ["not reset", "not reset", "not reset", false],
  ["unknown", "reset", "unknown", false],
  ["reset", "unknown", "unknown", false],
  ["reset", "not reset", "unknown", true],
];

for (const [a, b, expected, isCollision] of HINTS) {
  test(`${a} and ${b} make ${expected}`, () => {
    const sum = addHistograms(histogram({ hint: a! }), histogram({ hint: b! }))!;
    assert.equal(sum.histogram.counterResetHint, expected);
    assert.equal(sum.counterResetCollision, isCollision);
  });
}

test("a sum carries along what rounding loses", () => {
  const sum = startSum(histogram({ positive: { 0: 1 } }));
  for (const count of [1e100, 1, -1e100]) addToSum(sum, histogram({ positive: { 0: count } }));
  assert.equal(sumOf(sum).positive.counts[0], 2);
});

test("so it does where a finer resolution is reduced, or a zero bucket grows; what adds or subtracts just two does not", () => {
  const coarse = histogram({ positive: { 1: -1e100 } });
  const fine = histogram({ schema: 1, positive: { 1: 1e100, 2: 1 } });
  const narrow = histogram({ zero: [0.25, 1], positive: { 0: 1e100 } });
  const wide = histogram({ zero: [1, -1e100] });
  for (const [first, second] of [
    [coarse, fine],
    [fine, coarse],
  ]) {
    const sum = startSum(first);
    addToSum(sum, second);
    assert.equal(sumOf(sum).positive.counts[0], 1);
    assert.equal(addHistograms(first, second)!.histogram.positive.counts[0], 0);
  }
  for (const [first, second] of [
    [narrow, wide],
    [wide, narrow],
  ]) {
    const sum = startSum(first);
    addToSum(sum, second);
    assert.equal(sumOf(sum).zeroCount, 1);
    assert.equal(addHistograms(first, second)!.histogram.zeroCount, 0);
  }
});

test("sums do not depend on the order of what is added", () => {
  const counts = fc.dictionary(fc.integer({ min: -6, max: 6 }).map(String), fc.integer({ min: 1, max: 99 }));
  const any = fc.record({
    schema: fc.integer({ min: -1, max: 3 }),
    positive: counts,
    negative: counts,
    threshold: fc.constantFrom(0, 0.5, 1, 3),
  });
  fc.assert(
    fc.property(any, any, (x, y) => {
      const [a, b] = [x, y].map(({ threshold, schema, positive, negative }) => {
        const outside = (counts: Record<string, number>) =>
          Object.fromEntries(
            Object.entries(counts).filter(([i]) => exponentialBound(Number(i) - 1, schema) >= threshold),
          );
        return histogram({
          schema,
          positive: outside(positive),
          negative: outside(negative),
          zero: [threshold, 1],
        });
      });
      const ab = compactHistogram(addHistograms(a, b)!.histogram);
      const ba = compactHistogram(addHistograms(b, a)!.histogram);
      assert.ok(equalHistograms(ab, ba));
      const inBuckets = allBuckets(ab).reduce((total, { count }) => total + count, 0);
      assert.ok(inBuckets <= ab.count);
    }),
  );
});

test("scaling", () => {
  const one = histogram({ zero: [1, 2], positive: { 1: 4 }, sum: 6 });
  assert.equal(printHistogram(multiplyHistogram(one, 2)), "{count:12, sum:12, [-1,1]:4, (1,2]:8}");
  assert.equal(printHistogram(divideHistogram(one, 2)), "{count:3, sum:3, [-1,1]:1, (1,2]:2}");
  assert.equal(multiplyHistogram(one, -1).counterResetHint, "gauge");
  assert.equal(printHistogram(divideHistogram(one, 0)), "{count:+Inf, sum:+Inf, [-1,1]:+Inf}");
});

const RESETS: readonly (readonly [name: string, previous: Sketch, current: Sketch, isReset: boolean])[] = [
  ["nothing changes", { positive: { 1: 1 } }, { positive: { 1: 1 } }, false],
  ["a bucket grows", { positive: { 1: 1 } }, { positive: { 1: 2 } }, false],
  ["a bucket shrinks", { positive: { 1: 2, 2: 1 } }, { positive: { 1: 1, 2: 9 } }, true],
  ["a bucket is gone", { positive: { 1: 2 } }, { positive: { 2: 9 } }, true],
  ["an empty bucket is gone", { positive: { 1: 0, 2: 1 } }, { positive: { 2: 9 } }, false],
  ["the hint says so", { positive: { 1: 1 } }, { positive: { 1: 2 }, hint: "reset" }, true],
  ["the hint says no", { positive: { 1: 2 } }, { positive: { 1: 1 }, hint: "not reset" }, false],
  ["a lower resolution", { schema: 1, positive: { 1: 1, 2: 1 } }, { positive: { 1: 2 } }, false],
  ["a higher resolution", { positive: { 1: 2 } }, { schema: 1, positive: { 1: 1, 2: 1 } }, true],
  ["a wider zero bucket", { positive: { 0: 1 } }, { zero: [1, 1] }, false],
  ["a wider zero bucket with less", { positive: { 0: 2 } }, { zero: [1, 1], positive: { 3: 9 } }, true],
  ["a zero bucket that cuts a bucket", { positive: { 1: 1 } }, { zero: [1.5, 9] }, true],
  [
    "other custom bounds",
    { bounds: [1, 2], positive: { 1: 2 } },
    { bounds: [2, 3], positive: { 0: 2 } },
    false,
  ],
  [
    "less in other custom bounds",
    { bounds: [1, 2], positive: { 1: 2 } },
    { bounds: [2, 3], positive: { 0: 1, 1: 9 } },
    true,
  ],
];

for (const [name, previous, current, expected] of RESETS) {
  test(`reset: ${name}`, () => assert.equal(isReset(histogram(current), histogram(previous)), expected));
}

test("histograms that share their spans add up to what others with the same buckets do", () => {
  const ownSpans = ({ spans, counts }: Histogram["positive"]) => ({ spans: [...spans], counts });
  const result = (a: Histogram, b: Histogram) =>
    [addHistograms(a, b), subtractHistograms(a, b)].map(
      (one) =>
        one && { ...one, histogram: { ...meaningOf(one.histogram), hint: one.histogram.counterResetHint } },
    );
  fc.assert(
    fc.property(
      anyHistogram,
      fc.double({ min: -3, max: 3, noNaN: true }),
      anyHistogram,
      (a, factor, other) => {
        const counts = multiplyHistogram(a, factor);
        const b: Histogram = { ...counts, counterResetHint: other.counterResetHint };
        const apart = { ...b, positive: ownSpans(b.positive), negative: ownSpans(b.negative) };
        assert.equal(a.positive.spans, b.positive.spans);
        assert.deepEqual(result(a, b), result(a, apart));
      },
    ),
    { seed: 20261127, numRuns: 3000 },
  );
});

test("spans and indexes are the same", () => {
  const spans = [
    { offset: -2, length: 2 },
    { offset: 3, length: 1 },
    { offset: 1, length: 2 },
  ];
  const buckets = { spans, counts: Float64Array.of(1, 2, 3, 4, 5) };
  assert.deepEqual([...sideOf(buckets).indexes], [-2, -1, 3, 5, 6]);
  const again = bucketsOf(sideOf(buckets));
  assert.deepEqual({ spans: again.spans, counts: again.counts }, buckets);
});

test("empty buckets make no other histogram", () => {
  const plain = histogram({ positive: { 1: 1, 3: 2 } });
  assert.ok(equalHistograms(plain, histogram({ positive: { 0: 0, 1: 1, 2: 0, 3: 2, 4: 0 } })));
  for (const positive of [
    { 1: 1, 2: 0, 4: 2 },
    { 1: 3, 2: 0 },
    { 1: 2, 2: 0, 3: 1 },
  ]) {
    const other = histogram({ positive });
    assert.ok(!equalHistograms(plain, other) && !equalHistograms(other, plain));
  }
});

/** Tables may hold such thresholds from before they were refused. An endless loop here stops a whole server. */
for (const threshold of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
  test(`arithmetic with a stored zero threshold of ${threshold} ends`, () => {
    const odd = histogram({ zero: [threshold, 1], positive: { 1: 2, 3: 4 }, negative: { 0: 1 } });
    const usual = histogram({ zero: [0.001, 2], positive: { 0: 1, 3: 5 }, hint: "unknown" });
    for (const [a, b] of [
      [odd, usual],
      [usual, odd],
      [odd, odd],
    ] as const) {
      const sum = startSum(a);
      addToSum(sum, b);
      assert.equal(sumOf(sum).count, a.count + b.count);
      assert.equal(addHistograms(a, b)?.histogram.count, a.count + b.count);
      subtractHistograms(a, b);
      isReset(a, b);
      equalHistograms(a, b);
    }
    histogramQuantile(0.5, odd);
    histogramFraction(-1, 1, odd);
    histogramVariance(odd);
    compactHistogram(odd);
    trimHistogram(odd, 1, "below");
    allBuckets(odd);
    printHistogram(odd);
  });
}
