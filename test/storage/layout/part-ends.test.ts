import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeManifest,
  EMPTY_MANIFEST,
  encodeManifest,
  type Part,
} from "../../../lib/storage/layout/manifest.ts";
import { endOf, endsWith, partitionsOf } from "../../../lib/storage/layout/part-ends.ts";

const hashes = fc.uniqueArray(fc.uint8Array({ minLength: 20, maxLength: 20 }), {
  minLength: 1,
  maxLength: 40,
});

test("the ends of a part are the last series of its partitions, however its series come in groups", () => {
  fc.assert(
    fc.property(hashes, fc.nat(8), fc.nat(40), (all, shardBits, split) => {
      const sorted = all.map((hash) => Buffer.from(hash).toString("hex")).sort();
      const first = endsWith("", sorted.slice(0, split), shardBits);
      const ends = endsWith(first, sorted.slice(split), shardBits);
      const byPartition = Map.groupBy(
        sorted,
        (hash) => Number.parseInt(hash.slice(0, 2), 16) >> (8 - shardBits),
      );
      assert.deepEqual(partitionsOf(ends, shardBits), [...byPartition.keys()]);
      for (let prefix = 0; prefix < 2 ** shardBits; prefix++) {
        const expected = byPartition.get(prefix)?.at(-1)?.slice(0, 12) ?? "none";
        assert.equal(endOf({ ends, shardBits }, prefix), expected);
      }
    }),
  );
});

test("a manifest keeps the ends of its chunk parts; of others none are known", () => {
  const part: Part = {
    kind: "chunks",
    id: "01".repeat(8),
    bucket: 0,
    shardBits: 1,
    createdMs: 1,
    samples: 2,
    minTime: 3,
    maxTime: 4,
  };
  const parts = [part, { ...part, ends: "00".repeat(6) + "ff".repeat(6) }];
  const decoded = decodeManifest(encodeManifest({ ...EMPTY_MANIFEST, parts }));
  assert.deepEqual(decoded.parts, parts);
  assert.equal(endOf(part, 0), undefined);
});
