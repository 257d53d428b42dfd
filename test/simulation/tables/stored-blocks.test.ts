import assert from "node:assert/strict";
import { test } from "node:test";
import zlib from "node:zlib";

// In a process of its own these are the platform's.
const { inflateRawSync, zstdDecompressSync } = zlib;
const { deflateStored, storeBlocks, zstdStored } = await import("./stored-blocks.ts");

const BODIES = [0, 1, 255, 256, 0xffff].map((length) => Buffer.alloc(length, "metric"));

test("the platform reads what is stored", () => {
  for (const body of BODIES) {
    assert.deepEqual(inflateRawSync(deflateStored(body)), body);
    assert.deepEqual(zstdDecompressSync(zstdStored(body)), body);
  }
});

test("what was stored and what was compressed is read", () => {
  for (const isStored of [true, false]) {
    storeBlocks(isStored);
    for (const body of [...BODIES, Buffer.alloc(200_000, "metric")]) {
      assert.deepEqual(zlib.inflateRawSync(zlib.deflateRawSync(body)), body);
      assert.deepEqual(zlib.zstdDecompressSync(zlib.zstdCompressSync(body)), body);
    }
  }
});

test("a body that is larger than it may be is refused as the platform refuses it", () => {
  const body = Buffer.alloc(100);
  const tooLarge = { code: "ERR_BUFFER_TOO_LARGE" };
  assert.throws(() => zlib.inflateRawSync(deflateStored(body), { maxOutputLength: 99 }), tooLarge);
  assert.throws(() => zlib.zstdDecompressSync(zstdStored(body), { maxOutputLength: 99 }), tooLarge);
});
