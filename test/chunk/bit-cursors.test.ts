import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BitReader } from "../../lib/chunk/bit-reader.ts";
import { BitWriter } from "../../lib/chunk/bit-writer.ts";

test("fields of any width come back, and are written highest bit first", () => {
  const field = fc
    .tuple(fc.integer({ min: 1, max: 32 }), fc.nat(0xffffffff))
    .map(([width, bits]) => ({ width, bits: bits >>> (32 - width) }));
  const [writer, reader] = [new BitWriter(), new BitReader("bits")];
  fc.assert(
    fc.property(fc.array(field, { maxLength: 60 }), (fields) => {
      writer.reset(4 * fields.length);
      for (const { bits, width } of fields) writer.writeBits(bits, width);
      const bytes = writer.toBytes();
      const expected = fields.map(({ bits, width }) => bits.toString(2).padStart(width, "0")).join("");
      const written = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
      assert.equal(written, expected.padEnd(Math.ceil(expected.length / 8) * 8, "0"));
      reader.reset(bytes);
      for (const { bits, width } of fields) assert.equal(reader.readBits(width), bits);
      reader.checkEnd();
      assert.equal(reader.unreadBytes(), 0);
    }),
  );
});

for (const value of [
  0,
  1,
  -1,
  63,
  -64,
  64,
  -65,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  1_700_000_000_000,
  2 ** 51,
  -(2 ** 51),
]) {
  test(`varint ${value}`, () => {
    const [writer, reader] = [new BitWriter(), new BitReader("bits")];
    writer.reset(30);
    writer.writeBits(1, 3);
    writer.writeVarint(value);
    writer.writeUvarint(Math.abs(value));
    reader.reset(writer.toBytes());
    reader.skip(3);
    assert.deepEqual([reader.readVarint(), reader.readUvarint()], [value, Math.abs(value)]);
  });
}
