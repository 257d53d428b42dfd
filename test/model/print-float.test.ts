import assert from "node:assert/strict";
import test from "node:test";
import { printFloat } from "../../lib/model/print-float.ts";

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
