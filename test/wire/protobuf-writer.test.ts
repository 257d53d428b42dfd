import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { ProtobufReader } from "../../lib/wire/protobuf-reader.ts";
import { ProtobufWriter, varintSize } from "../../lib/wire/protobuf-writer.ts";
import { encodeMessage, fromHex } from "./prometheus-proto.ts";

const SEED = 20261122;

function written(write: (writer: ProtobufWriter) => void, capacity?: number): Uint8Array {
  const writer = new ProtobufWriter(capacity);
  write(writer);
  return writer.copy();
}

test("int64 is two's complement, the ends of its range included", () => {
  const cases: [value: number, hex: string][] = [
    [0, "00"],
    [127, "7f"],
    [128, "8001"],
    [2 ** 32, "8080808010"],
    [Number.MAX_SAFE_INTEGER, "ffffffffffffff0f"],
    [-1, "ffffffffffffffffff01"],
    [-(2 ** 63), "80808080808080808001"],
    [-(2 ** 70), "80808080808080808001"],
    [2 ** 63, "ffffffffffffffff7f"],
  ];
  for (const [value, hex] of cases)
    assert.deepEqual(
      written((w) => w.writeInt64(value)),
      fromHex(hex),
      `${value}`,
    );
});

test("whole numbers are read back", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      assert.equal(new ProtobufReader(written((w) => w.writeInt64(value))).readInt64(), value);
      const unsigned = Math.abs(value);
      const bytes = written((w) => w.writeUint(unsigned));
      assert.equal(new ProtobufReader(bytes).readUint64(), unsigned);
      assert.equal(bytes.length, varintSize(unsigned));
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test("messages equal those of protobufjs, from any capacity and at every length of length", () => {
  for (const size of [0, 1, 40, 127, 128, 300, 16_383, 16_384, 70_000]) {
    const value = `${"é".repeat(size % 7)}${"x".repeat(size)}`;
    const expected = encodeMessage("TimeSeries", {
      labels: [{ name: "n", value }],
      samples: [{ timestamp: -size }],
    });
    for (const capacity of [1, 64, 4096]) {
      const actual = written((w) => {
        const label = w.begin(1);
        w.writeStringField(1, "n");
        w.writeStringField(2, value);
        w.end(label);
        const sample = w.begin(2);
        w.writeInt64Field(2, -size);
        w.end(sample);
      }, capacity);
      assert.deepEqual(actual, expected);
    }
  }
});

test("strings of any script equal TextEncoder's", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }), (text) => {
      const bytes = written((w) => w.writeStringField(1, text), 1);
      assert.equal(new ProtobufReader(bytes, 1).readString(), text);
    }),
    { seed: SEED },
  );
});

test("zeros and empty values are left out, -0 is not", () => {
  const column = Float64Array.of(0, -0, 1);
  const write = (index: number) => written((w) => w.writeDoubleField(1, column, index));
  assert.deepEqual(write(0), fromHex(""));
  assert.deepEqual(write(1), fromHex("09 0000000000000080"));
  assert.deepEqual(write(2), fromHex("09 000000000000f03f"));
  assert.equal(written((w) => w.writeInt64Field(1, 0)).length, 0);
  assert.equal(written((w) => w.writeStringField(1, "")).length, 0);
  assert.equal(written((w) => w.writeBytesField(1, new Uint8Array(0))).length, 0);
  assert.deepEqual(
    written((w) => w.writeBytesField(4, fromHex("0102"))),
    fromHex("22 02 0102"),
  );
});

test("every bit of a NaN is kept, also by optimised code", () => {
  const column = new Float64Array(fromHex("020000000000f07f 020000000000f8ff").buffer);
  const writer = new ProtobufWriter();
  for (let i = 0; i < 20_000; i++) {
    writer.truncate(0);
    writer.writeDoubleFrom(column, 0);
    writer.writeDoubleFrom(column, 1);
  }
  assert.deepEqual(writer.copy(), new Uint8Array(column.buffer));
});

test("a writer is used again, and a copy stays", () => {
  const writer = new ProtobufWriter(1);
  writer.writeStringField(1, "first");
  const first = writer.copy();
  writer.truncate(0);
  writer.writeStringField(1, "other");
  assert.deepEqual(first, fromHex("0a 05 6669727374"));
  assert.deepEqual(writer.view(), fromHex("0a 05 6f74686572"));
});
