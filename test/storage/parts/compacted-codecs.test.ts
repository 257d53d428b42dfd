/** What compaction stores: each codec gives back what it got, and refuses what was cut. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../../lib/model/errors.ts";
import { blocksOf, decodeDirectory, encodeDirectory } from "../../../lib/storage/index/index-directory.ts";
import { decodePairs, encodePairs } from "../../../lib/storage/index/pairs-block.ts";
import { HASH_BYTES } from "../../../lib/storage/layout/keys.ts";
import { decodeManifest, encodeManifest } from "../../../lib/storage/layout/manifest.ts";
import { NO_FACTS } from "../../../lib/storage/layout/manifest-facts.ts";
import { decodeChunkItem, encodeChunkItem } from "../../../lib/storage/parts/chunk-item.ts";
import { decodeRunBlock, encodeRunBlock } from "../../../lib/storage/parts/run-block.ts";
import { columnBits, STALE_BITS } from "../../helpers/write-requests.ts";

const SEED = 20261122;
const isData = (error: unknown) => error instanceof HearthError && error.kind === "data";
const time = fc.integer({ min: -(2 ** 45), max: 2 ** 45 });
const id = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const ms = fc.nat(2 ** 47);

const bits = fc.oneof(
  fc.double().map((value) => new BigUint64Array(Float64Array.of(value).buffer)[0]),
  fc.constantFrom(STALE_BITS, 0xfff8000000000123n, 0x8000000000000000n),
);
const block = fc
  .array(
    fc.tuple(
      fc.uint8Array({ minLength: HASH_BYTES, maxLength: HASH_BYTES }),
      fc.uniqueArray(fc.tuple(time, bits), { minLength: 1, maxLength: 9, selector: ([t]) => t }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((series) => {
    const samples = series.flatMap(([, of]) => of.toSorted(([a], [b]) => a - b));
    let end = 0;
    return {
      hashes: series.map(([hash]) => hash),
      bounds: Int32Array.of(0, ...series.map(([, of]) => (end += of.length))),
      timestamps: Float64Array.from(samples, ([t]) => t),
      values: new Float64Array(BigUint64Array.from(samples, ([, b]) => b).buffer),
    };
  });
const chunks = fc
  .array(fc.tuple(fc.nat(10_000), fc.nat(10_000), fc.uint8Array({ minLength: 1, maxLength: 20 })), {
    minLength: 1,
    maxLength: 6,
  })
  .chain((parts) =>
    time.map((start) => {
      let end = start;
      return parts.map(([gap, span, bytes]) => {
        const minTime = end + gap + 1;
        end = minTime + span;
        return { minTime, maxTime: end, bytes };
      });
    }),
  );
const part = fc.record(
  {
    kind: fc.constantFrom("run" as const, "chunks" as const),
    id,
    bucket: fc.nat(23),
    shardBits: fc.nat(8),
    createdMs: ms,
    samples: fc.nat(),
    minTime: time,
    maxTime: fc.constant(2 ** 46),
  },
  { noNullPrototype: true },
);
const indexPart = fc.record(
  { id, shardBits: fc.nat(8), createdMs: ms, series: fc.nat(), blocks: fc.nat() },
  { noNullPrototype: true },
);
const manifest = fc.record(
  {
    generation: fc.nat(),
    flushedToMs: ms,
    lease: fc.record({ owner: id, untilMs: ms }, { noNullPrototype: true }),
    parts: fc.array(part, { maxLength: 5 }),
    index: fc.array(indexPart, { maxLength: 3 }),
    facts: fc.constant(NO_FACTS),
  },
  { noNullPrototype: true },
);

/** Each length of `bytes` but the whole, and the whole behind other bytes. */
function expectRefused(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array) {
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => decode(bytes.slice(0, length)), isData);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.deepEqual(decode(shifted.subarray(3)), decode(bytes));
}

test("a run block", () => {
  fc.assert(
    fc.property(block, (one) => {
      const encoded = encodeRunBlock(one);
      const { values, ...decoded } = decodeRunBlock(encoded);
      const { values: expected, ...rest } = one;
      assert.deepEqual(columnBits(values), columnBits(expected));
      assert.deepEqual(
        { ...decoded, hashes: decoded.hashes.map((hash) => Uint8Array.from(hash)) },
        { ...rest, hashes: rest.hashes.map((hash) => Uint8Array.from(hash)) },
      );
      expectRefused(decodeRunBlock, encoded);
    }),
    { seed: SEED, numRuns: 30 },
  );
});

test("a chunk item", () => {
  fc.assert(
    fc.property(chunks, (all) => {
      const encoded = encodeChunkItem(all);
      assert.deepEqual(
        decodeChunkItem(encoded).map((one) => ({ ...one, bytes: Uint8Array.from(one.bytes) })),
        all,
      );
      expectRefused(decodeChunkItem, encoded);
    }),
    { seed: SEED, numRuns: 100 },
  );
});

const pairs = fc
  .array(fc.tuple(fc.nat(2 ** 32 - 1), fc.uniqueArray(fc.nat(3000), { minLength: 1, maxLength: 8 })), {
    maxLength: 40,
  })
  .map((all) =>
    all
      .map(([hash, blocks]) => ({ hash, blocks: blocks.sort((a, b) => a - b) }))
      .sort((a, b) => a.hash - b.hash),
  );

test("an index' pairs", () => {
  fc.assert(
    fc.property(pairs, (all) => {
      const items = encodePairs(all);
      assert.deepEqual(
        items.flatMap(({ value }) => decodePairs(value)),
        all,
      );
      for (const { value, lastHash } of items) {
        assert.equal(decodePairs(value).at(-1)?.hash, lastHash);
        expectRefused(decodePairs, value);
      }
    }),
    { seed: SEED, numRuns: 100 },
  );
  const many = Array.from({ length: 20_000 }, (_, i) => ({
    hash: i * 200_000,
    blocks: [i % 7, 200 + (i % 9)],
  }));
  const items = encodePairs(many);
  assert.ok(items.length > 3, `${items.length}`);
  assert.deepEqual(items.flatMap(({ value }) => decodePairs(value)).length, many.length);
});

test("an index' directory", () => {
  const hash = fc.nat(2 ** 32 - 1);
  const blocks = fc
    .array(fc.record({ lastHash: hash, series: fc.nat(5000) }, { noNullPrototype: true }), { maxLength: 20 })
    .map((all) => all.sort((a, b) => a.lastHash - b.lastHash));
  fc.assert(
    fc.property(blocks, hash, (all, wanted) => {
      const values = encodeDirectory(all);
      assert.deepEqual(values.flatMap(decodeDirectory), all);
      for (const value of values) expectRefused(decodeDirectory, value);
      const [first, end] = blocksOf(all, wanted);
      const startOf = (i: number) => all[i - 1]?.lastHash ?? 0;
      const holds = [...all.keys()].filter((i) => startOf(i) <= wanted && wanted <= all[i].lastHash);
      assert.ok(
        holds.every((i) => i >= first && i < end),
        `${holds} of ${first}..${end}`,
      );
    }),
    { seed: SEED, numRuns: 200 },
  );
  const many = Array.from({ length: 9000 }, (_, i) => ({ lastHash: i, series: i }));
  assert.deepEqual(
    encodeDirectory(many).map((value) => decodeDirectory(value).length),
    [4096, 4096, 808],
  );
});

test("a manifest", () => {
  fc.assert(
    fc.property(manifest, (one) => {
      const encoded = encodeManifest(one);
      assert.deepEqual(decodeManifest(encoded), one);
      expectRefused(decodeManifest, encoded);
    }),
    { seed: SEED, numRuns: 100 },
  );
});
