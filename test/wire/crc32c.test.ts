import assert from "node:assert/strict";
import test from "node:test";
import { crc32c as theirs } from "@aws-crypto/crc32c";
import { crc32c } from "../../lib/wire/crc32c.ts";
import { atOffset } from "./prometheus-proto.ts";

const ASCENDING = Uint8Array.from({ length: 32 }, (_, i) => i);

/** RFC 3720, appendix B.4, and the usual check value. */
const KNOWN: [bytes: Uint8Array, crc: number][] = [
  [new Uint8Array(0), 0],
  [new Uint8Array(32), 0x8a9136aa],
  [new Uint8Array(32).fill(0xff), 0x62a8ab43],
  [ASCENDING, 0x46dd794e],
  [ASCENDING.toReversed(), 0x113fdb5c],
  [new TextEncoder().encode("123456789"), 0xe3069283],
];

test("crc32c has the known values", () => {
  for (const [bytes, crc] of KNOWN) assert.equal(crc32c(bytes), crc);
});

test("crc32c equals another implementation at every length and offset", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 13);
  for (let length = 0; length <= bytes.length; length++) {
    const part = atOffset(bytes.subarray(0, length));
    assert.equal(crc32c(part), theirs(part));
  }
});
