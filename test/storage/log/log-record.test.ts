import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { HearthError } from "../../../lib/model/errors.ts";
import { MAX_TIMESTAMP_MS } from "../../../lib/model/time.ts";
import {
  decodeLogRecord,
  decodeLogRecordHeader,
  encodeLogRecord,
  type LogColumns,
  MAX_RECORD_SAMPLES,
} from "../../../lib/storage/log/log-record.ts";
import { MAX_ITEM_BYTES } from "../../../lib/storage/table/table.ts";
import { bitsOf, columnBits, STALE_BITS } from "../../helpers/write-requests.ts";
import { atOffset } from "../../wire/prometheus-proto.ts";

const SEED = 20261122;

type Row = readonly [reference: number, timestamp: number, bits: bigint];

function columnsOf(rows: readonly Row[]): LogColumns {
  return {
    count: rows.length,
    references: Int32Array.from(rows, ([reference]) => reference),
    timestamps: Float64Array.from(rows, ([, timestamp]) => timestamp),
    values: new Float64Array(BigUint64Array.from(rows, ([, , bits]) => bits).buffer),
  };
}

function rowsOf({ count, references, timestamps, values }: LogColumns): Row[] {
  const bits = columnBits(values);
  return Array.from({ length: count }, (_, i) => [references[i], timestamps[i], bits[i]] as const);
}

function encode(rows: readonly Row[]): Uint8Array {
  return encodeLogRecord(columnsOf(rows), 0, rows.length);
}

const isDamaged = (error: unknown) => error instanceof HearthError && error.kind === "data";

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.1,
  0.3,
  -0.007,
  1e-12,
  1e-13,
  123456.789,
  1.5e-9,
  2 ** 50 - 1,
  2 ** 50,
  2 ** 53,
  -(2 ** 53),
  2 ** 53 + 2,
  1e15,
  1e21,
  1e300,
  -1e300,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  2.225073858507201e-308,
  1 / 3,
  Math.PI,
  99.99999999999999,
  1125899906842.623,
  0.000001234567,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const NANS = [STALE_BITS, 0x7ff8000000000001n, 0x7ff0000000000001n, 0xfff8000000000000n, 0xffffffffffffffffn];
const SPECIAL_BITS = [...NUMBERS.map(bitsOf), ...NANS];

test("keeps the bits of every kind of value", () => {
  const rows = SPECIAL_BITS.map((bits, i) => [i, i, bits] as const);
  assert.deepEqual(rowsOf(decodeLogRecord(encode(rows))), rows);
});

const timestamp = fc.oneof(
  fc.integer({ min: 1_795_336_000_000, max: 1_795_337_000_000 }),
  fc.integer({ min: -MAX_TIMESTAMP_MS, max: MAX_TIMESTAMP_MS }),
  fc.constantFrom(0, -1, 1, MAX_TIMESTAMP_MS, -MAX_TIMESTAMP_MS),
);
const decimal = fc
  .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 15 }))
  .map(([mantissa, exponent]) => bitsOf(Number(`${mantissa}e-${exponent}`)));
const bits = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.double().map(bitsOf),
  decimal,
  fc.constantFrom(...SPECIAL_BITS),
);
const reference = fc.oneof(fc.nat(3000), fc.nat(2 ** 31 - 1));
const rows = fc.array(fc.tuple(reference, timestamp, bits), { minLength: 1, maxLength: 60 });

test("any samples come back as they were, and the header says what they are", () => {
  fc.assert(
    fc.property(rows, (some) => {
      const record = atOffset(encode(some));
      assert.deepEqual(rowsOf(decodeLogRecord(record)), some);
      const times = some.map(([, time]) => time);
      assert.deepEqual(decodeLogRecordHeader(record), {
        count: some.length,
        hasStarts: false,
        minTime: Math.min(...times),
        maxTime: Math.max(...times),
      });
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test("a record of version 1 is still read", () => {
  const record =
    "AQuAyOqlwGiw6gHjYmJi4j7Dz8TExHSWn2HDK8YNrxjvX2HGymD4z8DAyMz8/z8DAwMTIxPvqi33Svn4GhggoM78iU0HQ+mc+g9gLhMA";
  const references = [5, 6, 7, 8, 2, 1000, 1001, 1002, 1003, 1004, 5];
  const values = [0, -0, 1, -1, 0.1, -0.007, 123456.789, 1e300].map(bitsOf);
  const rows = [...values, STALE_BITS, bitsOf(7), bitsOf(7)].map(
    (bits, i) => [references[i], 1_795_336_000_000 + (i % 3) * 15_000, bits] as const,
  );
  assert.deepEqual(rowsOf(decodeLogRecord(Buffer.from(record, "base64"))), rows);
});

test("a part of the columns, which may be longer than they count and lie anywhere", () => {
  const all = SPECIAL_BITS.map((bits, i) => [i * 7, -i, bits] as const);
  const { count, references, timestamps, values } = columnsOf([all[0], ...all, all[0]]);
  const columns = {
    count: count - 2,
    references: references.subarray(1),
    timestamps: timestamps.subarray(1),
    values: values.subarray(1),
  };
  assert.deepEqual(rowsOf(decodeLogRecord(encodeLogRecord(columns, 3, 9))), all.slice(3, 9));
});

test("the largest record of what compresses worst is an item that DynamoDB takes", () => {
  const columns = {
    count: MAX_RECORD_SAMPLES,
    references: new Int32Array(MAX_RECORD_SAMPLES),
    timestamps: new Float64Array(MAX_RECORD_SAMPLES),
    values: new Float64Array(MAX_RECORD_SAMPLES),
  };
  const random = crypto.getRandomValues.bind(crypto);
  const words = new Uint32Array(columns.values.buffer);
  for (let start = 0; start < words.length; start += 8192) random(words.subarray(start, start + 8192));
  for (let i = 0; i < MAX_RECORD_SAMPLES; i++) {
    const [a, b, c] = random(new Uint32Array(3));
    columns.references[i] = i % 2 === 0 ? a >>> 1 : 0;
    columns.timestamps[i] = (i % 2 === 0 ? 1 : -1) * (MAX_TIMESTAMP_MS - (b % 2 ** 20) * 2 ** 30 - (c >>> 2));
  }
  const record = encodeLogRecord(columns, 0, MAX_RECORD_SAMPLES);
  assert.ok(record.length > 300_000, `${record.length}: not the worst`);
  assert.ok(record.length + 1024 < MAX_ITEM_BYTES, `${record.length}`);
  assert.ok(isDeepStrictEqual(decodeLogRecord(record), columns));
});

test("a record cut at every length is damaged", () => {
  const record = encode(SPECIAL_BITS.map((bits, i) => [i, 1_795_336_000_000 + i * 15_000, bits] as const));
  for (let length = 0; length < record.length; length++) {
    assert.throws(() => decodeLogRecord(atOffset(record.subarray(0, length))), isDamaged, `${length}`);
  }
  for (let length = 0; length < 10; length++) {
    assert.throws(() => decodeLogRecordHeader(atOffset(record.subarray(0, length))), isDamaged, `${length}`);
  }
});

test("damaged records decode or are refused, and take no more memory than a record may", () => {
  const record = encode(SPECIAL_BITS.map((bits, i) => [i, i * 1000, bits] as const));
  const edit = fc.tuple(fc.nat(record.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const damaged = record.slice();
      for (const [at, byte] of edits) damaged[at] = byte;
      try {
        assert.ok(decodeLogRecord(damaged).count <= MAX_RECORD_SAMPLES);
      } catch (error) {
        assert.ok(isDamaged(error), `${error}`);
      }
    }),
    { seed: SEED, numRuns: 2000 },
  );
});
