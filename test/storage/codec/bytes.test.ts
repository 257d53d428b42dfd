import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../../lib/storage/codec/bytes.ts";

test("whole numbers up to the largest come back", () => {
  for (const value of [0, 1, 0x7f, 0x80, 2 ** 32, 2 ** 52 - 1]) {
    const bytes = new ByteWriter().writeVarint(value).writeSigned(value).writeSigned(-value).finish();
    const reader = new ByteReader(bytes, "numbers");
    assert.deepEqual(
      [reader.readVarint(), reader.readSigned(), reader.readSigned() + value],
      [value, value, 0],
    );
  }
});

test("what is no whole number of this size is refused: an infinite one would be written for ever", () => {
  for (const value of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 2 ** 53]) {
    assert.throws(() => new ByteWriter().writeVarint(value), { kind: "internal", message: /^varint: / });
    assert.throws(() => new ByteWriter().writeSigned(value), { kind: "internal", message: /^varint: / });
  }
});
