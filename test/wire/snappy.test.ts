import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { uncompress as theirs } from "snappyjs";
import { HearthError } from "../../lib/model/errors.ts";
import { compress, uncompress } from "../../lib/wire/snappy.ts";
import { atOffset, fromHex, readFixture } from "./prometheus-proto.ts";

const MIB = 1024 * 1024;
const SEED = 20261122;
const BODIES = ["write-00001", "write-00002", "write-00430", "default_node_cpu.req"].map((n) =>
  readFixture(`${n}.snappy`),
);

/** Every kind of element, by hand from the format description. */
const VALID: [what: string, block: string, output: string][] = [
  ["nothing", "00", ""],
  ["a literal", "03 08 616263", "616263"],
  ["a literal with 1 byte of length", "03 f0 02 616263", "616263"],
  ["a literal with 2 bytes of length", "03 f4 0200 616263", "616263"],
  ["a literal with 3 bytes of length", "03 f8 020000 616263", "616263"],
  ["a literal with 4 bytes of length", "03 fc 02000000 616263", "616263"],
  ["a copy with 1 byte of offset", "08 0c 61626364 01 04", "6162636461626364"],
  ["a copy with 2 bytes of offset", "06 0c 61626364 06 0400", "616263646162"],
  ["a copy with 4 bytes of offset", "06 0c 61626364 07 04000000", "616263646162"],
  ["a copy of what it writes, offset 1", "06 00 61 05 01", "616161616161"],
  ["a copy of what it writes, offset 3", "0b 08 616263 11 03", "6162636162636162636162"],
  ["a length with needless bytes", "8300 08 616263", "616263"],
];

const MALFORMED: [what: string, block: string, message: RegExp][] = [
  ["empty body", "", /ends inside its length offset=0/],
  ["cut length", "80", /ends inside its length/],
  ["length of 6 bytes", "808080808000", /longer than 5 bytes/],
  ["length beyond 32 bits", "ffffffff7f 00", /too large|beyond 32 bits/],
  ["elements end early", "04 08 616263", /make 3 bytes of 4 declared offset=5/],
  ["no elements", "01", /cannot come from 0 compressed bytes/],
  ["a literal runs past", "02 08 616263", /runs past the 2 bytes declared offset=1/],
  ["a copy runs past", "05 0c 61626364 01 04", /runs past the 5 bytes declared offset=6/],
  ["bytes behind the end", "03 08 616263 00 61", /runs past the 3 bytes declared offset=5/],
  ["a literal is cut", "08 1c 616263", /inside a literal offset=1/],
  ["a literal's length is cut", "08 f4 02", /inside an element offset=1/],
  ["a copy is cut", "08 0c 61626364 01", /inside an element offset=6/],
  ["a copy of 2 bytes of offset is cut", "08 0c 61626364 0e 04", /inside an element/],
  ["a copy of 4 bytes of offset is cut", "08 0c 61626364 0f 040000", /inside an element/],
  ["offset 0", "08 0c 61626364 01 00", /a copy from 0 bytes back, 4 are written offset=6/],
  ["offset before the start", "08 0c 61626364 01 05", /a copy from 5 bytes back/],
  ["offset of 32 bits", "08 0c 61626364 0f ffffffff", /a copy from 4294967295 bytes back/],
  ["literal of 2^32 bytes", "08 fc ffffffff 61", /runs past/],
  ["more than the body can hold", "8080800f 00 61 05 01", /cannot come from 4 compressed bytes/],
];

function refuses(block: Uint8Array, kind: string, message: RegExp = /^snappy: /): void {
  for (const bytes of [block, atOffset(block)]) {
    assert.throws(
      () => uncompress(bytes, MIB),
      (error) => error instanceof HearthError && error.kind === kind && message.test(error.message),
    );
  }
}

for (const [what, block, output] of VALID) {
  test(`uncompress takes ${what}`, () => {
    assert.deepEqual(uncompress(fromHex(block), MIB), fromHex(output));
    assert.deepEqual(uncompress(atOffset(fromHex(block)), MIB), fromHex(output));
  });
}

for (const [what, block, message] of MALFORMED) {
  test(`uncompress refuses: ${what}`, () => {
    assert.throws(
      () => uncompress(fromHex(block), 2 ** 40),
      (error) => error instanceof HearthError && error.kind === "invalid" && message.test(error.message),
    );
  });
}

test("snappyjs takes blocks that uncompress refuses", () => {
  assert.deepEqual(theirs(fromHex("04 08 616263")), fromHex("61626300"));
  assert.deepEqual(theirs(fromHex("02 08 616263")), fromHex("6162"));
  assert.equal(theirs(fromHex("08 0c 61626364 01")).length, 8);
});

test("recorded bodies decompress as snappyjs decompresses them", () => {
  const reuse = new Uint8Array(MIB).fill(0xff);
  for (const body of BODIES) {
    const expected = theirs(body);
    assert.deepEqual(uncompress(body, MIB), expected);
    assert.deepEqual(uncompress(atOffset(body), MIB, reuse), expected);
    assert.deepEqual(uncompress(body, expected.length, new Uint8Array(expected.length - 1)), expected);
  }
});

test("the result is a view of the buffer to reuse, and nothing behind it is touched", () => {
  const reuse = new Uint8Array(MIB).fill(0xee);
  const output = uncompress(BODIES[0], MIB, reuse.subarray(5));
  assert.equal(output.buffer, reuse.buffer);
  assert.ok(reuse.subarray(5 + output.length).every((byte) => byte === 0xee));
});

test("a body cut at any length is invalid", () => {
  for (const body of [BODIES[3], BODIES[0].subarray(0, 3000)]) {
    for (let length = 0; length < body.length; length++) refuses(body.subarray(0, length), "invalid");
  }
});

test("a declared length above the limit is too large, before anything is allocated", () => {
  refuses(fromHex("818040 00 61"), "too large", /decompresses to 1048577 bytes, at most 1048576/);
  assert.equal(uncompress(compress(new Uint8Array(MIB)), MIB).length, MIB);
});

test("what is compressed decompresses to itself", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 500 }),
    fc.array(fc.constantFrom(1, 2, 3)).map((a) => Uint8Array.from(a)),
  );
  const long = fc
    .tuple(bytes, fc.integer({ min: 1, max: 60 }))
    .map(([b, n]) => Uint8Array.from({ length: b.length * n }, (_, i) => b[(i * (1 + (i >> 7))) % b.length]));
  fc.assert(
    fc.property(fc.oneof(bytes, long), (input) => {
      assert.deepEqual(uncompress(compress(input), MIB), input);
    }),
    { seed: SEED },
  );
});

test("garbage is refused, or taken as snappyjs takes it", () => {
  const mutated = fc.tuple(fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 })).map(([edits]) => {
    const body = BODIES[0].slice(0, 2000);
    for (const [at, byte] of edits) body[at] = byte;
    return body;
  });
  const garbage = fc.uint8Array({ maxLength: 40 }).map((b) => Uint8Array.of(b.length, ...b));
  fc.assert(
    fc.property(fc.oneof(garbage, mutated), (body) => {
      let output: Uint8Array;
      try {
        output = uncompress(body, MIB);
      } catch (error) {
        assert.ok(error instanceof HearthError && ["invalid", "too large"].includes(error.kind));
        return;
      }
      assert.deepEqual(output, theirs(body));
    }),
    { seed: SEED, numRuns: 5000 },
  );
});

test("hostile bodies cost time by their size", () => {
  const bodies = [
    block(31 * MIB, [0xfe, 0x01, 0x00], 64), // copies of 64 bytes, offset 1
    block(2 * MIB, [0x02, 0x01, 0x00], 1), // copies of one byte
    block(8 * MIB, [0x05, 0x01], 5), // copies of 5 bytes
  ];
  const started = process.cpuUsage();
  for (const body of bodies) uncompress(body, 32 * MIB);
  const { user, system } = process.cpuUsage(started);
  assert.ok(user + system < 3e6, `took ${user + system} us`);
});

/** A literal byte, then one copy again and again. */
function block(size: number, copy: number[], copySize: number): Uint8Array {
  const count = Math.floor((size - 1) / copySize);
  const length = count * copySize + 1;
  const head = [
    (length & 0x7f) | 0x80,
    ((length >>> 7) & 0x7f) | 0x80,
    ((length >>> 14) & 0x7f) | 0x80,
    length >>> 21,
    0x00,
    0x61,
  ];
  const body = new Uint8Array(head.length + count * copy.length);
  body.set(head);
  for (let i = head.length; i < body.length; i += copy.length) body.set(copy, i);
  return body;
}
