import assert from "node:assert/strict";
import { test } from "node:test";
import {
  printGeneralFloat,
  printOpenMetricsFloat,
  printRoundedFloat,
} from "../../lib/number/print-general-float.ts";
import { xxHash64 } from "../../lib/promql/aggregate/xxhash64.ts";

/** What Go prints with `%g`. */
const GENERAL: readonly (readonly [number, string])[] = [
  [0, "0"],
  [-0, "-0"],
  [100000, "100000"],
  [123456, "123456"],
  [1e6, "1e+06"],
  [12345678.5, "1.23456785e+07"],
  [1e21, "1e+21"],
  [0.0001, "0.0001"],
  [0.00001, "1e-05"],
  [-1.5e-7, "-1.5e-07"],
  [Infinity, "+Inf"],
  [-Infinity, "-Inf"],
  [Number.NaN, "NaN"],
];

for (const [value, text] of GENERAL) test(text, () => assert.equal(printGeneralFloat(value), text));

test("with two digits", () => {
  const texts = [100000, 123456, 999999, 21, 0.00012345, 0.5, 0, 0.0625, 0.1875].map((value) =>
    printRoundedFloat(value, 2),
  );
  assert.deepEqual(texts, ["1e+05", "1.2e+05", "1e+06", "21", "0.00012", "0.5", "0", "0.062", "0.19"]);
});

test("as OpenMetrics has them", () => {
  const texts = [1, 0.5, 1e6, Infinity, Number.NaN].map(printOpenMetricsFloat);
  assert.deepEqual(texts, ["1.0", "0.5", "1e+06", "+Inf", "NaN"]);
});

/** From the reference implementation. */
const HASHES: readonly (readonly [text: string, hash: bigint])[] = [
  ["", 0xef46db3751d8e999n],
  ["a", 0xd24ec4f1a98c6e5bn],
  ["abc", 0x44bc2cf5ad770999n],
  ["Nobody inspects the spammish repetition", 0xfbcea83c8a378bf1n],
];

for (const [text, hash] of HASHES) {
  test(`XXH64 of ${JSON.stringify(text)}`, () =>
    assert.equal(xxHash64(new TextEncoder().encode(text)), hash));
}
