/** Decimal chunks give back every bit, are chosen where they take less, and damage of theirs is an error. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SampleColumns, valueWords } from "../../../lib/chunk/sample-columns.ts";
import { encodeXor2Chunk } from "../../../lib/chunk/xor2-writer.ts";
import type { Samples } from "../../../lib/model/samples.ts";
import { appendDecimalChunk, readDecimalCount } from "../../../lib/storage/parts/decimal-chunk.ts";
import { encodeDecimalChunk } from "../../../lib/storage/parts/decimal-writer.ts";
import { cutStoredChunks } from "../../../lib/storage/parts/float-chunks.ts";
import { Random } from "../../simulation/random.ts";

const SEED = Number(process.env.SEED ?? 20261130);
const ROUNDS = Number(process.env.ROUNDS ?? 2000);
const START = 1_700_000_000_000;
const STEP = 15_000;

function encode({ timestamps, values }: Samples) {
  return encodeDecimalChunk(timestamps, values, valueWords(values), 0, values.length);
}

function samplesOf(values: readonly number[], stepOf: (i: number) => number = () => STEP): Samples {
  let time = START;
  const timestamps = Float64Array.from(values, (_, i) => {
    if (i > 0) time += stepOf(i);
    return time;
  });
  return { timestamps, values: Float64Array.from(values) };
}

function decode(bytes: Uint8Array, { timestamps }: Samples): SampleColumns {
  const columns = new SampleColumns(0);
  columns.appendSample(START - 1, 1, 2);
  appendDecimalChunk(bytes, timestamps[0], timestamps[timestamps.length - 1], columns);
  assert.deepEqual([columns.timestamps[0], columns.words[0], columns.words[1]], [START - 1, 2, 1]);
  return columns;
}

/** Whether there was a chunk. Throws unless it has the samples, bit by bit. */
function checkRoundTrip(samples: Samples, what: string): boolean {
  const bytes = encode(samples);
  if (bytes === undefined) return false;
  const columns = decode(bytes, samples);
  const { length } = samples.values;
  assert.equal(readDecimalCount(bytes), length, what);
  assert.equal(columns.count, length + 1, what);
  assert.deepEqual(columns.timestamps.slice(1, length + 1), samples.timestamps, what);
  const words = valueWords(samples.values);
  assert.deepEqual(columns.words.slice(2, 2 * length + 2), words, what);
  return true;
}

/** Gauges, counters with resets, noise, jumps, lines; of a number of places, some of them not decimals after all. */
function randomValues(random: Random, count: number): number[] {
  const power = 10 ** random.between(0, 12);
  const spread = 2 ** random.between(0, 40);
  const kind = random.pick(["noise", "counter", "walk", "jumps", "line"]);
  const whole = (most: number) => Math.floor(random.next() * most);
  let m = whole(spread) * (random.chance(0.3) ? -1 : 1);
  const values = Array.from({ length: count }, (_, i) => {
    if (kind === "noise") m = whole(spread) - (random.chance(0.1) ? spread : 0);
    else if (kind === "counter") m = random.chance(0.01) ? 0 : m + whole(spread / 16);
    else if (kind === "walk") m += whole(spread / 16) - whole(spread / 16);
    else if (kind === "jumps") m = random.chance(0.05) ? whole(spread) : m;
    else m = 3 * i - 7;
    return (m + 0) / power;
  });
  const odd = random.pick([
    undefined,
    undefined,
    undefined,
    Number.NaN,
    Infinity,
    -Infinity,
    -0,
    Math.PI,
    2 ** 52,
  ]);
  if (odd !== undefined) values[random.between(0, count - 1)] = odd;
  return values;
}

test(`${ROUNDS} random series come back bit by bit, seed ${SEED}`, () => {
  const random = new Random(SEED);
  let chunks = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const count = random.pick([1, 2, 3, 15, 16, 17, 33, random.between(4, 480)]);
    const jitterMs = random.pick([0, 0, 0, 3, 400, 14_000]);
    const missed = random.chance(0.1) ? random.between(0, count - 1) : -1;
    const samples = samplesOf(
      randomValues(random, count),
      (i) => STEP + random.between(-jitterMs, jitterMs) + (i === missed ? 2 ** random.between(10, 36) : 0),
    );
    if (checkRoundTrip(samples, `SEED=${SEED}, round ${round}`)) chunks++;
  }
  assert.ok(chunks > ROUNDS / 5, `${chunks} of ${ROUNDS} are decimal chunks`);
});

test("what has no whole number for each value has no decimal chunk", () => {
  const plain = Array.from({ length: 100 }, (_, i) => (i * 7919) % 1000);
  assert.ok(checkRoundTrip(samplesOf(plain), "plain"));
  for (const odd of [-0, Number.NaN, Infinity, -Infinity, 1 / 3, 2 ** 50, -(2 ** 50), 1e-13, 5e-324])
    assert.equal(encode(samplesOf(plain.with(50, odd))), undefined, `${odd}`);
  // 12 places would make it pass 2^50.
  assert.equal(encode(samplesOf(plain.with(50, 1e-12).with(51, 12_345))), undefined);
  assert.ok(checkRoundTrip(samplesOf(plain.map((value) => value / 1000).with(51, 12_345)), "three places"));
  assert.equal(encode(samplesOf(plain.with(50, 2 ** 33))), undefined, "a rest of more than 32 bits");
});

test("seconds with nine places take a third of XOR2, a line a few bytes, a value that jumps now and then is XOR2", () => {
  const random = new Random(SEED);
  const noise = samplesOf(Array.from({ length: 480 }, () => random.between(100_000, 900_000) / 1e9));
  const sizes = [encode(noise)!, encodeXor2Chunk(noise.timestamps, noise.values, 0, 480)].map(
    ({ length }) => length,
  );
  assert.ok(sizes[0] < sizes[1] / 2.5, `${sizes}`);
  const line = encode(samplesOf(Array.from({ length: 480 }, (_, i) => 1000 + 15 * i)))!;
  assert.ok(line.length < 16, `${line.length}`);
  const jumps = samplesOf(
    Array.from({ length: 480 }, (_, i) => [1e9 + 1, 3, 77_777_777][((i / 40) % 3) | 0]),
  );
  assert.deepEqual(
    [...cutStoredChunks(jumps)].map(({ form }) => form),
    ["xor2"],
  );
  assert.deepEqual(
    [...cutStoredChunks(noise)].map(({ form }) => form),
    ["decimal"],
  );
});

test("the bits are those that decimal-chunk.ts describes", () => {
  const step = uvarint(2 * STEP);
  for (const [values, head, column] of [
    [[0.5, 0.4, 0.3], "00000011 00000001", "11 00001010 00000001"],
    [[5, 12, 5, 12, 5, 12], "00000110 00000000", "00 00001010 000011 000111000111000111"],
    [[10, 11, 10, 11, 12, 13, 14, 13], "00001000 00000000", "01 00010100 000010 10011010101001"],
    [[0, 1, 3, 6, 10, 14, 18, 22], "00001000 00000000", "10 00000000 00000010 000010 101010000000"],
  ] as const) {
    const expected = `${head} 11 00000000 ${step} ${column}`.replaceAll(" ", "");
    const bytes = encode(samplesOf(values))!;
    assert.equal(bitsOf(bytes), expected.padEnd(8 * Math.ceil(expected.length / 8), "0"), `${values}`);
  }
});

function bitsOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
}

function uvarint(value: number): string {
  return value < 128
    ? value.toString(2).padStart(8, "0")
    : `1${(value % 128).toString(2).padStart(7, "0")}${uvarint(value >>> 7)}`;
}

test("cut at any length, with any bit turned, a chunk is refused or has other samples of the same times", () => {
  const random = new Random(SEED);
  for (const samples of [
    samplesOf(Array.from({ length: 40 }, () => random.between(0, 99) / 100)),
    samplesOf(
      Array.from({ length: 40 }, (_, i) => i * i),
      () => random.between(1, 30_000),
    ),
  ]) {
    const bytes = encode(samples)!;
    const from = Uint8Array.from([0xff, ...bytes]).subarray(1);
    assert.equal(decode(from, samples).count, 41);
    for (let length = 0; length < bytes.length; length++)
      assert.throws(() => decode(bytes.subarray(0, length), samples), { kind: "data" }, `${length} bytes`);
    assert.throws(() => decode(Uint8Array.from([...bytes, 0]), samples), { kind: "data" });
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const turned = bytes.slice();
      turned[bit >> 3] ^= 0x80 >> (bit & 7);
      const columns = new SampleColumns(0);
      try {
        appendDecimalChunk(turned, samples.timestamps[0], samples.timestamps[39], columns);
        const times = columns.samples().timestamps;
        assert.ok(times.every((time, i) => i === 0 || time > times[i - 1]));
        assert.equal(times[times.length - 1], samples.timestamps[39]);
      } catch (error) {
        assert.equal((error as { kind?: string }).kind, "data", `bit ${bit}: ${error}`);
        assert.equal(columns.count, 0);
      }
    }
  }
});
