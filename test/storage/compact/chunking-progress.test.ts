/** A note of half a chunking is taken up by versions that know all of what it says, and by no other. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ByteReader } from "../../../lib/storage/codec/bytes.ts";
import {
  type ChunkingProgress,
  loadProgress,
  storeProgress,
} from "../../../lib/storage/compact/chunking-progress.ts";
import { newDayContext } from "../../../lib/storage/compact/day-context.ts";
import { dayOf, progressKey } from "../../../lib/storage/layout/keys.ts";
import type { Part } from "../../../lib/storage/layout/manifest.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";

const DAY = dayOf(MIDNIGHT_MS);
const EXTENT = { samples: 3, minTime: MIDNIGHT_MS, maxTime: MIDNIGHT_MS + 1 };
const INPUT: Part = {
  kind: "run",
  id: "0123456789abcdef",
  bucket: 0,
  shardBits: 0,
  createdMs: MIDNIGHT_MS,
  ...EXTENT,
};
const PLAN = { kind: "chunk", bucket: 0, inputs: [INPUT], sparseSamples: 2 } as const;

const CASES = [undefined, { id: "11".repeat(8), shardBits: 1, extent: EXTENT, ends: "01".repeat(6) }].flatMap(
  (sparse) => [0, 7].map((deletedTo) => ({ sparse, deletedTo })),
);

for (const { sparse, deletedTo } of CASES)
  test(`a note ${sparse ? "with" : "without"} a run of few samples a series, after ${deletedTo} deletions`, async () => {
    const table = new MemoryTable();
    const clock = () => MIDNIGHT_MS;
    const context = newDayContext({ table, tenant: "t", day: DAY, retentionMs: 0, clock, randomBytes });
    const progress: ChunkingProgress = {
      bits: 1,
      groups: 1,
      chunks: { id: "22".repeat(8), shardBits: 1, extent: EXTENT, ends: "0a".repeat(12) },
      sparse,
      counts: [{ samples: 6, damaged: 0 }],
      expiresAtSeconds: 0,
      deletedTo,
    };
    await storeProgress(context, PLAN, progress);
    assert.deepEqual(await loadProgress(context, PLAN), progress);
    assert.equal(await loadProgress(context, { ...PLAN, inputs: [INPUT, INPUT] }), undefined);
    // The first version compares the ids of the inputs and goes on after its own fields: it would drop the run.
    const item = await table.get(progressKey("t", DAY, 0), { consistent: true });
    assert.notEqual(new ByteReader(item!.value, "note").readString(), INPUT.id);
  });
