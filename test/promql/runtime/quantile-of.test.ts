import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { quantileOf } from "../../../lib/promql/runtime/quantile-of.ts";

test("selecting gives what sorting gives", () => {
  const values = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double()), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, quantile) => {
      const sorted = list.toSorted((a, b) => {
        if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
        return a - b || 0;
      });
      const rank = quantile * (list.length - 1);
      const lower = Math.floor(rank);
      const upper = Math.min(list.length - 1, lower + 1);
      // Of one value alone an infinite neighbour is no part.
      const weight = rank - lower;
      const expected = weight === 0 ? sorted[lower] : sorted[lower] * (1 - weight) + sorted[upper] * weight;
      const actual = quantileOf(quantile, Float64Array.from(list), list.length);
      assert.ok(
        actual === expected || (Number.isNaN(actual) && Number.isNaN(expected)),
        `${actual} ${expected}`,
      );
    }),
    { examples: [[[Number.POSITIVE_INFINITY, 0], 0]] },
  );
});

test("only the first values count", () => {
  assert.equal(quantileOf(0.5, Float64Array.of(3, 1, 2, -99, -99), 3), 2);
  assert.equal(quantileOf(0.5, Float64Array.of(1), 0), Number.NaN);
});
