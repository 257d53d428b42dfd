import assert from "node:assert/strict";
import { test } from "node:test";
import { filledPartitions, isFilled } from "../../../lib/storage/layout/filled-partitions.ts";
import {
  decodeManifest,
  EMPTY_MANIFEST,
  encodeManifest,
  type Part,
} from "../../../lib/storage/layout/manifest.ts";

const PART: Part = {
  kind: "run",
  id: "01".repeat(8),
  bucket: 0,
  shardBits: 8,
  createdMs: 1,
  samples: 3,
  minTime: 0,
  maxTime: 1,
};

test("a partition has items if it was named, of every number", () => {
  for (const prefixes of [
    [],
    [0],
    [7],
    [8],
    [255],
    [0, 1, 2, 3],
    [1, 9, 200],
    Array.from({ length: 256 }, (_, i) => i),
  ]) {
    const filled = filledPartitions(prefixes);
    for (let prefix = 0; prefix < 256; prefix++)
      assert.equal(isFilled({ ...PART, filled }, prefix), prefixes.includes(prefix), `${prefixes} ${prefix}`);
  }
});

test("nothing is known of a part of an earlier version, unless it has one partition", () => {
  assert.equal(isFilled(PART, 0), undefined);
  assert.equal(isFilled({ ...PART, shardBits: 0 }, 0), true);
  assert.equal(isFilled({ ...PART, shardBits: 0, samples: 0 }, 0), undefined);
});

test("a manifest keeps what is known of each part", () => {
  const parts = [PART, { ...PART, filled: filledPartitions([3, 77]) }, { ...PART, isFinal: true } as const];
  assert.deepEqual(decodeManifest(encodeManifest({ ...EMPTY_MANIFEST, parts })).parts, parts);
});
