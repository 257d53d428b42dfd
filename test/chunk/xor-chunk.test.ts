import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { appendXorChunk, decodeXorChunk, encodeXorChunk, readChunkCount } from "../../lib/chunk/xor-chunk.ts";
import { HearthError } from "../../lib/model/errors.ts";
import type { Samples } from "../../lib/model/samples.ts";
import { MAX_TIMESTAMP_MS } from "../../lib/model/time.ts";
import { withoutUpstream } from "../helpers/upstream.ts";
import { printSamples, samplesOf } from "./bits.ts";
import { type GoldenChunk, readRecordedChunks, readUpstreamChunks } from "./golden.ts";
import { encodeNaively } from "./naive-xor-chunk.ts";

const recorded = readRecordedChunks();
const withoutChunks = withoutUpstream("readHandlerTest");
const isData = { name: "HearthError", kind: "data" };
const isTooShort = { ...isData, message: /input ends within a sample|impossible length|no sample count/ };
const isInternal = { name: "HearthError", kind: "internal" };

/** The one recorded chunk that ends with the spare zero byte of Prometheus before 3.0. */
const WITH_SPARE_BYTE = "one from 0";

function encode({ timestamps, values }: Samples): Uint8Array<ArrayBuffer> {
  return encodeXorChunk(timestamps, values, 0, timestamps.length);
}

/** The same bytes in the middle of others. */
function offsetView(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 20).fill(0xff);
  larger.set(bytes, 7);
  return larger.subarray(7, 7 + bytes.length);
}

// First of all, while the decoder's memory is small: the samples missing here would be read from behind it.
test("a count far beyond the bytes does not read on", () => {
  const wide = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 0n : 0x8000000000000001n));
  const bytes = encode(samplesOf([...wide.keys()], wide));
  new DataView(bytes.buffer).setUint16(0, 13_000);
  assert.throws(() => decodeXorChunk(bytes), { ...isData, message: /input ends within a sample/ });
});

/** Leaves 0xff where chunks are decoded, so that reading past the end of the next one shows. */
function poisonReader(): void {
  assert.throws(() => decodeXorChunk(new Uint8Array(20_000).fill(0xff)), isData);
}

function testGolden({ name, samples, bytes }: GoldenChunk): void {
  const needed = name === WITH_SPARE_BYTE ? bytes.subarray(0, -1) : bytes;
  test(`${name}: encodes byte for byte`, () => assert.deepEqual(encode(samples), new Uint8Array(needed)));
  test(`${name}: decodes bit for bit, from an offset view too`, () => {
    for (const input of [bytes, needed, offsetView(bytes)]) {
      assert.deepEqual(printSamples(decodeXorChunk(input)), printSamples(samples));
    }
  });
  test(`${name}: cut at any length is refused`, () => {
    for (let length = 0; length < needed.length; length++) {
      if (length % 16 === 0) poisonReader();
      assert.throws(() => decodeXorChunk(bytes.subarray(0, length)), isTooShort, `length=${length}`);
    }
  });
  test(`${name}: bytes after the last sample are refused`, () => {
    assert.throws(() => decodeXorChunk(Uint8Array.of(...needed, 0, 0)), isData);
  });
}

describe("chunks of Prometheus 2.42", () => {
  for (const golden of recorded) testGolden(golden);
});

describe("chunks of TestStreamReadEndpoint", { skip: withoutChunks }, () => {
  if (withoutChunks === false) for (const golden of readUpstreamChunks()) testGolden(golden);
});

describe("any samples", () => {
  const word = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constantFrom(
      0n,
      1n << 63n,
      0x7ff0000000000002n,
      0x7ff8000000000001n,
      0xfff0dead0000beefn,
      0x7ff0000000000000n,
    ),
    fc.bigInt({ min: 0x3ff0000000000000n, max: 0x3ff000000000ffffn }),
  );
  const step = fc.oneof(
    fc.constant(15_000n),
    fc.bigInt({ min: 14_990n, max: 15_010n }),
    fc.bigInt({ min: 1n, max: 1n << 21n }),
    fc.bigInt({ min: 1n, max: 1n << 44n }),
  );
  const sample = fc.record({ step, word: fc.option(word, { nil: undefined }) });
  const column = fc
    .record({
      first: fc.bigInt({ min: -(2n ** 50n), max: 2n ** 50n }),
      rest: fc.array(sample, { maxLength: 40 }),
    })
    .map(({ first, rest }) => {
      const times = [first];
      const words = [0n];
      for (const { step, word } of rest) {
        times.push(times[times.length - 1] + step);
        words.push(word ?? words[words.length - 1]);
      }
      return { times, words };
    });

  test("encode as the naive encoder does, and come back", () => {
    fc.assert(
      fc.property(column, ({ times, words }) => {
        const samples = samplesOf(times.map(Number), words);
        const bytes = encode(samples);
        assert.deepEqual(bytes, encodeNaively(times, words));
        assert.deepEqual(printSamples(decodeXorChunk(bytes)), printSamples(samples));
      }),
      { numRuns: 2000 },
    );
  });

  const limit = MAX_TIMESTAMP_MS;
  const edges: [string, number[]][] = [
    ["no sample", []],
    ["first and last time", [-limit, limit]],
    ["largest change of step", [-limit, -limit + 1, limit]],
    ["smallest change of step", [-limit, limit - 1, limit]],
  ];
  for (const change of [8192, 8193, 65536, 65537, 524288, 524289, 2 ** 31, 2 ** 32, 2 ** 40]) {
    edges.push([`step grows by ${change}`, [0, 1, 2 + change]]);
    edges.push([`step shrinks by ${change - 1}`, [0, change, change + 1]]);
  }
  for (const [name, timestamps] of edges) {
    test(name, () => {
      const words = timestamps.map((_, i) => BigInt(i));
      const bytes = encode(samplesOf(timestamps, words));
      assert.deepEqual(bytes, encodeNaively(timestamps.map(BigInt), words));
      assert.deepEqual(Array.from(decodeXorChunk(bytes).timestamps), timestamps);
    });
  }

  test("as many as a chunk can hold", () => {
    const samples = samplesOf(
      Array.from({ length: 65535 }, (_, i) => 15_000 * i),
      Array(65535).fill(7n),
    );
    assert.deepEqual(printSamples(decodeXorChunk(encode(samples))), printSamples(samples));
  });
});

describe("what cannot be encoded", () => {
  const cases: [string, number[]][] = [
    ["one sample too many", Array.from({ length: 65536 }, (_, i) => i)],
    ["the same time twice", [1, 2, 2]],
    ["descending times", [2, 1]],
    ["a time that is no number", [1, Number.NaN, 3]],
    ["only a time that is no number", [Number.NaN]],
    ["a time too early", [-MAX_TIMESTAMP_MS - 1, 0]],
    ["a time too late", [0, MAX_TIMESTAMP_MS + 1]],
  ];
  for (const [name, timestamps] of cases) {
    test(name, () => {
      assert.throws(
        () =>
          encode(
            samplesOf(
              timestamps,
              timestamps.map(() => 0n),
            ),
          ),
        isInternal,
      );
    });
  }
});

describe("impossible bytes", () => {
  const value = "0".repeat(64);
  const count = (n: number) => n.toString(2).padStart(16, "0");
  const head = `${count(2)}00000000${value}00000001`;
  const cases: [string, string, RegExp][] = [
    ["a window before one is set", `${head}10`, /before one is set/],
    ["a window of 31 + 34 bits", `${head}1111111100010${value}`, /leading=31 significant=34/],
    ["a step of zero", `${count(2)}00000000${value}00000000${value}`, /do not ascend, step=0/],
    ["a step that shrinks below one", `${count(3)}00000000${value}0000000101011111111111111`, /step=0/],
    ["a varint of 11 bytes", `${count(1)}${"10000000".repeat(10)}00000000${value}`, /more than 10 bytes/],
    ["a time beyond 2^53", `${count(1)}${"11111111".repeat(9)}00000001${value}`, /beyond 2\^53/],
    ["a step beyond 2^53", `${count(2)}00000000${value}${"11111111".repeat(9)}000000010`, /beyond 2\^53/],
    [
      "a change of step beyond 2^53",
      `${head}0111101${"0".repeat(62)}`.replace(/^.{16}/, count(3)),
      /beyond 2\^53/,
    ],
    ["65535 samples in nothing", count(65535), /impossible length, bytes=2 samples=65535/],
    ["no sample, and three bytes", `${count(0)}${"0".repeat(24)}`, /3 bytes after the last sample/],
  ];
  for (const [name, bits, message] of cases) {
    test(name, () => {
      const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0").match(/.{8}/g) ?? [];
      const input = Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2));
      assert.throws(() => decodeXorChunk(input), { ...isData, message });
    });
  }

  test("random bytes and flipped bytes decode whole or are refused, and leave the columns alone", () => {
    const mutated = fc
      .tuple(fc.constantFrom(...recorded), fc.nat(), fc.integer({ min: 1, max: 255 }))
      .map(([{ bytes }, at, flip]) => bytes.map((byte, i) => (i === at % bytes.length ? byte ^ flip : byte)));
    const columns = new SampleColumns(0);
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), mutated), (bytes) => {
        columns.clear();
        columns.appendSample(1, 0x7ff00000, 2);
        try {
          assert.equal(appendXorChunk(bytes, columns), readChunkCount(bytes));
          const { timestamps } = columns.samples();
          assert.ok(timestamps.every((t, i) => i < 2 || (t > timestamps[i - 1] && Number.isSafeInteger(t))));
        } catch (error) {
          assert.ok(error instanceof HearthError && error.kind === "data", String(error));
          assert.deepEqual(printSamples(columns.samples()), ["1:7ff0000000000002"]);
        }
      }),
      { numRuns: 20_000 },
    );
  });
});

test("chunks append to columns one after the other", () => {
  const columns = new SampleColumns(0);
  for (const { bytes } of recorded) appendXorChunk(bytes, columns);
  const expected = recorded.flatMap(({ samples }) => printSamples(samples));
  assert.deepEqual(printSamples(columns.samples()), expected);
});
