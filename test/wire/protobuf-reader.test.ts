import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { HearthError } from "../../lib/model/errors.ts";
import { LENGTH_DELIMITED, ProtobufReader, tagOf, VARINT } from "../../lib/wire/protobuf-reader.ts";
import { atOffset, fromHex } from "./prometheus-proto.ts";

const SEED = 20261122;

/** A varint of 64 bits, by BigInt. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.of(...bytes, Number(rest));
}

function refuses(bytes: Uint8Array, read: (reader: ProtobufReader) => unknown, message: RegExp): void {
  for (const body of [bytes, atOffset(bytes)]) {
    assert.throws(
      () => read(new ProtobufReader(body)),
      (error) => error instanceof HearthError && error.kind === "invalid" && message.test(error.message),
      `${Buffer.from(bytes).toString("hex")}`,
    );
  }
}

/** Reads every field and knows none. */
function skipAll(reader: ProtobufReader): void {
  while (reader.hasMore()) reader.skip(reader.readTag());
}

const EDGES = [
  0n,
  1n,
  127n,
  128n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n + 1n,
  2n ** 62n + 1n,
  2n ** 63n - 1n,
];

test("int64 and uint64 are the nearest double", () => {
  for (const edge of [...EDGES, ...EDGES.map((e) => -e), -(2n ** 63n)]) {
    assert.equal(new ProtobufReader(varint(edge)).readInt64(), Number(edge));
    assert.equal(new ProtobufReader(varint(edge)).readUint64(), Number(BigInt.asUintN(64, edge)));
  }
  const value = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(value, fc.nat(63), (n, shift) => {
      const bytes = atOffset(varint(n >> BigInt(shift)));
      assert.equal(new ProtobufReader(bytes).readInt64(), Number(n >> BigInt(shift)));
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test("uint32 keeps the low 32 bits, as int32 and enums are read", () => {
  assert.equal(new ProtobufReader(varint(2n ** 32n + 5n)).readUint32(), 5);
  assert.equal(new ProtobufReader(varint(-1n)).readUint32(), 0xffffffff);
  assert.equal(new ProtobufReader(fromHex("8500")).readUint32(), 5);
});

test("malformed varints", () => {
  for (const read of [(r: ProtobufReader) => r.readUint32(), (r: ProtobufReader) => r.readInt64()]) {
    refuses(fromHex(""), read, /the end inside a varint offset=0/);
    refuses(fromHex("ff"), read, /the end inside a varint/);
    refuses(fromHex("ffffffffffffffffff"), read, /the end inside a varint/);
    refuses(fromHex("ffffffffffffffffff02"), read, /beyond 64 bits/);
    refuses(fromHex("8080808080808080808000"), read, /longer than 10 bytes/);
  }
});

test("malformed fields", () => {
  const cases: [hex: string, message: RegExp][] = [
    ["00 01", /field number 0 offset=0/],
    ["02 00", /field number 0/],
    ["0e", /field 1 has wire type 6/],
    ["0f", /field 1 has wire type 7/],
    ["8880808010 00", /beyond 29 bits/],
    ["0a 05 61626364", /a value of 5 bytes where 4 are left offset=1/],
    ["0a ffffffffffffffffff01", /a value of 18446744073709552000 bytes where 0 are left/],
    ["09 01020304050607", /a value of 8 bytes where 7 are left offset=1/],
    ["0d 010203", /a value of 4 bytes where 3 are left/],
    ["08 01 0c", /the end of group 1, which was not begun offset=3/],
    ["0b 14", /the end of group 2, which was not begun/],
    ["0b 08 01", /the end inside a varint/],
    ["0b".repeat(101), /more than 100 nested groups/],
  ];
  for (const [hex, message] of cases) refuses(fromHex(hex), skipAll, message);
});

test("skip passes over every wire type and nested groups", () => {
  const fields =
    "08 9601 | 11 0102030405060708 | 1a 03 616263 | 25 01020304 | 2b 33 08 01 34 1a 00 2c | 38 01";
  const reader = new ProtobufReader(atOffset(fromHex(fields.replaceAll("|", ""))));
  for (let field = 1; field <= 5; field++) {
    const tag = reader.readTag();
    assert.equal(tag >>> 3, field);
    reader.skip(tag);
  }
  assert.equal(reader.readTag(), tagOf(7, VARINT));
  const deep = fromHex(`${"0b".repeat(100)}${"0c".repeat(100)}`);
  skipAll(new ProtobufReader(deep));
  skipAll(new ProtobufReader(fromHex("fbffffff0f fcffffff0f")));
});

test("a known field with another wire type is refused", () => {
  refuses(
    fromHex("18 01"),
    (r) => r.skip(r.readTag(), 3),
    /field 3 with wire type 0, which it must not have/,
  );
  new ProtobufReader(fromHex("20 01")).skip(tagOf(4, VARINT), 3);
});

test("an embedded message ends where its length says, whatever lies behind", () => {
  const reader = new ProtobufReader(fromHex("0a 02 0801 1005"));
  assert.equal(reader.readTag(), tagOf(1, LENGTH_DELIMITED));
  const outerEnd = reader.enter();
  reader.readTag();
  assert.equal(reader.readUint32(), 1);
  assert.equal(reader.hasMore(), false);
  assert.throws(() => reader.readUint32(), /the end inside a varint/);
  assert.throws(() => reader.readDouble(), /a value of 8 bytes where 0 are left/);
  reader.leave(outerEnd);
  assert.equal(reader.readTag(), tagOf(2, VARINT));
  assert.equal(reader.readUint32(), 5);
  assert.equal(reader.hasMore(), false);
});

test("strings are strict UTF-8", () => {
  const cases = ["", "up", "ü", "€", "😀", "\ufeffbom", "a\0b", "\uffff"];
  for (const text of cases) {
    const utf8 = new TextEncoder().encode(text);
    assert.equal(new ProtobufReader(atOffset(Uint8Array.of(utf8.length, ...utf8))).readString(), text);
  }
  for (const hex of ["ff", "c0af", "eda080", "f4908080", "e282", "61c3"]) {
    refuses(fromHex(`0${hex.length / 2}${hex}`), (r) => r.readString(), /not UTF-8 offset=1/);
  }
});

test("bytes are views", () => {
  const body = fromHex("03 010203");
  assert.deepEqual(new ProtobufReader(body).readBytes(), fromHex("010203"));
  assert.equal(new ProtobufReader(body).readBytes().buffer, body.buffer);
});

test("every bit of a NaN is kept, also by optimised code", () => {
  const stale = fromHex("020000000000f07f");
  const column = new Float64Array(1);
  for (let i = 0; i < 20_000; i++) new ProtobufReader(stale).readDoubleInto(column, 0);
  assert.deepEqual(new Uint8Array(column.buffer), stale);
  assert.equal(new ProtobufReader(fromHex("000000000000f03f")).readDouble(), 1);
});

test("garbage is skipped or refused, and never read beyond its end", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const reader = new ProtobufReader(atOffset(bytes));
      try {
        skipAll(reader);
        assert.equal(reader.position, bytes.length);
      } catch (error) {
        assert.ok(error instanceof HearthError && error.kind === "invalid", `${error}`);
      }
    }),
    { seed: SEED, numRuns: 5000 },
  );
});
