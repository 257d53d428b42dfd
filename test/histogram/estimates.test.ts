/** What is estimated of a histogram: quantiles, fractions, variance, and what trimming leaves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { histogramFraction, histogramQuantile, histogramVariance } from "../../lib/histogram/estimates.ts";
import { printHistogram } from "../../lib/histogram/print-histogram.ts";
import { trimHistogram } from "../../lib/histogram/trim.ts";
import { histogram } from "./sketch.ts";

test("quantiles and fractions are inverse", () => {
  const shapes = [
    histogram({ positive: { 0: 3, 1: 5, 4: 2 } }),
    histogram({ zero: [0.5, 4], negative: { 1: 3 }, positive: { 1: 3 } }),
    histogram({ bounds: [1, 2, 4], positive: { 0: 3, 1: 5, 2: 2 } }),
  ];
  for (const shape of shapes) {
    for (const quantile of [0.05, 0.3, 0.5, 0.77, 0.99]) {
      const { value } = histogramQuantile(quantile, shape);
      const back = histogramFraction(-Infinity, value, shape).value;
      assert.ok(Math.abs(back - quantile) < 1e-12, `${back} of ${quantile}`);
    }
  }
});

test("quantiles at the edges", () => {
  const one = histogram({ positive: { 1: 4 }, sum: 6 });
  assert.equal(histogramQuantile(-1, one).value, -Infinity);
  assert.equal(histogramQuantile(2, one).value, Infinity);
  assert.equal(histogramQuantile(0.5, one).value, Math.SQRT2);
  assert.equal(histogramQuantile(0.5, histogram({})).value, Number.NaN);
  const withNaN = { ...one, count: 8, sum: Number.NaN };
  assert.deepEqual(histogramQuantile(0.9, withNaN), { value: Number.NaN, hasNaN: true });
  assert.deepEqual(histogramQuantile(0.25, withNaN), { value: Math.SQRT2, hasNaN: true });
});

test("variance", () => {
  assert.equal(histogramVariance(histogram({ bounds: [2, 4], positive: { 1: 2 }, sum: 6 })), 0);
  const spread = histogram({ zero: [1, 1], positive: { 2: 1 }, sum: Math.sqrt(8) });
  assert.ok(Math.abs(histogramVariance(spread) - 2) < 1e-12);
});

test("trimming cuts the bucket that the value lies in", () => {
  const one = histogram({ bounds: [1, 2, 3], positive: { 0: 2, 1: 2, 2: 2, 3: 2 }, sum: 99 });
  assert.equal(printHistogram(trimHistogram(one, 1.5, "below")), "{count:3, sum:2.25, [-Inf,1]:2, (1,2]:1}");
  assert.equal(printHistogram(trimHistogram(one, 2.5, "above")), "{count:3, sum:8.75, (2,3]:1, (3,+Inf]:2}");
  assert.equal(trimHistogram(one, Infinity, "below").count, 8);
});
