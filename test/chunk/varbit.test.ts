import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BitReader } from "../../lib/chunk/bit-reader.ts";
import { BitWriter } from "../../lib/chunk/bit-writer.ts";
import {
  type Lanes,
  numberOf,
  readSecondDifference,
  readVarbitInt,
  readVarbitUint,
  writeSecondDifference,
  writeVarbitInt,
  writeVarbitUint,
} from "../../lib/chunk/varbit.ts";

const SEED = 20261126;
const [writer, reader] = [new BitWriter(), new BitReader("bits")];

function bitsOf(write: () => void): string {
  writer.reset(20);
  write();
  const bytes = writer.toBytes();
  reader.reset(bytes);
  return Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
}

/** The plain way: every width from the narrowest, in BigInt. */
function naiveInt(value: bigint): string {
  if (value === 0n) return "0";
  const widths = [3, 6, 9, 12, 18, 25, 56, 64];
  const at = widths.findIndex(
    (w) => w === 64 || (value > -(1n << BigInt(w - 1)) && value <= 1n << BigInt(w - 1)),
  );
  const field = BigInt.asUintN(widths[at], value).toString(2).padStart(widths[at], "0");
  return `${"1".repeat(at + 1)}${at === 7 ? "" : "0"}${field}`;
}

function naiveUint(value: bigint): string {
  if (value === 0n) return "0";
  const widths = [3, 6, 9, 12, 18, 25, 56];
  const at = widths.findIndex((w) => value < 1n << BigInt(w));
  return `${"1".repeat(at + 1)}0${value.toString(2).padStart(widths[at], "0")}`;
}

const padded = (bits: string) => bits.padEnd(Math.ceil(bits.length / 8) * 8, "0");

/** Around each power of two, on both sides of zero. */
const EDGES = Array.from({ length: 54 }, (_, i) => 2 ** i)
  .flatMap((n) => [n - 1, n, n + 1])
  .filter(Number.isSafeInteger);

test("signed fields at the edges of their widths", () => {
  for (const value of EDGES.flatMap((n) => [n, -n])) {
    const bits = bitsOf(() => writeVarbitInt(writer, value));
    assert.equal(bits, padded(naiveInt(BigInt(value))), `${value}`);
    const lanes: Lanes = { high: 0, low: 0 };
    readVarbitInt(reader, lanes);
    assert.equal(numberOf(lanes) + 0, value + 0);
  }
});

test("unsigned fields at the edges of their widths", () => {
  for (const value of EDGES) {
    const bits = bitsOf(() => writeVarbitUint(writer, value));
    assert.equal(bits, padded(naiveUint(BigInt(value))), `${value}`);
    assert.equal(readVarbitUint(reader), value);
  }
});

test("second differences are exact, whatever three numbers they are of", () => {
  const number = fc.oneof(
    fc.maxSafeInteger(),
    fc.integer({ min: -50, max: 50 }),
    fc.constantFrom(...EDGES, 0),
  );
  fc.assert(
    fc.property(number, number, number, (newest, middle, oldest) => {
      const bits = bitsOf(() => writeSecondDifference(writer, newest, middle, oldest));
      assert.equal(bits, padded(naiveInt(BigInt(newest) - 2n * BigInt(middle) + BigInt(oldest))));
      const read = readSecondDifference(reader, middle, oldest);
      reader.checkEnd();
      assert.equal(read + 0, newest + 0);
    }),
    { seed: SEED, numRuns: 20_000 },
  );
});
