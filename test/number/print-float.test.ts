import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { printFloat } from "../../lib/number/print-float.ts";

/** A value, and what Go makes of it with the format `f`. */
const CASES: readonly (readonly [value: number, plain: string])[] = [
  [0, "0"],
  [-0, "-0"],
  [1e6, "1000000"],
  [123456.75, "123456.75"],
  [-1e20, "-100000000000000000000"],
  [1.25e22, "12500000000000000000000"],
  [0.0001, "0.0001"],
  [0.00001, "0.00001"],
  [-1.5e-7, "-0.00000015"],
  [Number.POSITIVE_INFINITY, "+Inf"],
  [Number.NEGATIVE_INFINITY, "-Inf"],
  [Number.NaN, "NaN"],
];

for (const [value, plain] of CASES) {
  test(`${value}`, () => {
    assert.equal(printFloat(value), plain);
  });
}

test("the digits are those of JavaScript where it needs no exponent", () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -1000, max: 1000, noNaN: true }),
    fc.maxSafeInteger(),
    fc.integer({ min: -4000, max: 4000 }).map((quarters) => quarters / 4),
    fc
      .tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: -9, max: 22 }))
      .map(([n, e]) => n * 10 ** e),
  );
  fc.assert(
    fc.property(number, (value) => {
      const expected = Object.is(value, -0) ? "-0" : String(value);
      if (!expected.includes("e")) assert.equal(printFloat(value), expected);
      assert.ok(Object.is(Number(printFloat(value)), value));
    }),
    { seed: 20261127, numRuns: 20_000 },
  );
});
