import assert from "node:assert/strict";
import test from "node:test";
import { printJsonFloat } from "../../lib/number/print-float.ts";
import { MAX_FLOAT_BYTES, writeJsonFloat } from "../../lib/number/write-float.ts";

const bytes = new Uint8Array(MAX_FLOAT_BYTES + 2);

/** Written from the second byte on; nothing is written before it, nor behind the room that a number has. */
function written(value: number): string {
  bytes.fill(1);
  const end = writeJsonFloat(value, bytes, 1);
  assert.equal(bytes[0] + bytes[MAX_FLOAT_BYTES + 1], 2, `${value}: outside of its room`);
  return Buffer.from(bytes.subarray(1, end)).toString("latin1");
}

const doubles = new Float64Array(1);
const bits = new BigUint64Array(doubles.buffer);

/** The double `steps` further on. */
function neighbour(value: number, steps: number): number {
  doubles[0] = value;
  bits[0] += BigInt(steps);
  return doubles[0];
}

const SPECIAL = [
  0,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  5e-324,
  Number.MAX_VALUE,
  2 ** 53,
  1e21,
  1e-6,
  9.9e-7,
];

test("special values", () => {
  for (const value of SPECIAL.flatMap((one) => [one, -one]))
    assert.equal(written(value), printJsonFloat(value));
});

test("powers of ten and of two, halves of numbers, and the doubles around them", () => {
  for (let exponent = -30; exponent <= 60; exponent++) {
    for (const base of [
      Number(`1e${exponent}`),
      2 ** exponent,
      Number(`5e${exponent}`),
      2 ** exponent + 0.5,
    ]) {
      for (let steps = -40; steps <= 40; steps++) {
        const value = neighbour(base, steps);
        assert.equal(written(value), printJsonFloat(value));
      }
    }
  }
});

const SEED = 20_261_128;
const NUMBERS = 30_000;

/** 32 bits at a time. https://en.wikipedia.org/wiki/Xorshift */
function newRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Of two random numbers of 32 bits a value of some kind. */
const KINDS: readonly (readonly [name: string, of: (a: number, b: number) => number])[] = [
  ["all doubles", (a, b) => ofBits(a, b)],
  ["doubles that need no exponent", (a, b) => ofBits((a & 0x800fffff) | ((1003 + (b % 91)) << 20), b)],
  ["doubles of few bits", (a, b) => ofBits((a & 0xfffff) | ((1003 + (b % 74)) << 20), 0)],
  ["from 0 to 1", (a, b) => a / 2 ** 32 + b / 2 ** 64],
  ["quotients of whole numbers", (a, b) => (a % 100_000) / ((b % 1000) + 1)],
  ["decimals", (a, b) => (a % 1_000_000) / 10 ** (b % 9)],
  ["long decimals", (a, b) => (a * 2 ** 21 + (b >>> 11)) / 10 ** (b % 16)],
  ["beside decimals", (a, b) => neighbour((a % 1_000_000) / 10 ** (b % 9), (b % 7) - 3)],
  ["quarters", (a, b) => (a - 2 ** 31) / 4 ** (b % 12)],
  ["whole numbers", (a, b) => (a - 2 ** 31) * (b % 1_000_000)],
  [
    "rates, in the order in which they are made",
    (a, b) => ((a % 5000) / ((b % 60_000) / 1000 + 15)) * (60 / 45),
  ],
];

function ofBits(high: number, low: number): number {
  bits[0] = (BigInt(high >>> 0) << 32n) | BigInt(low);
  return doubles[0];
}

for (const [name, of] of KINDS) {
  test(`digits are the engine's: ${name}`, () => {
    const random = newRandom(SEED);
    for (let i = 0; i < NUMBERS; i++) {
      const value = of(random(), random());
      assert.equal(written(value), printJsonFloat(value), `seed=${SEED} number=${i}`);
    }
  });
}
