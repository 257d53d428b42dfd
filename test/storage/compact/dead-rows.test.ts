/** What a compaction that dies leaves of hourly rows that are kept for ever. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { DAY_MS, HOUR_MS } from "../../../lib/model/time.ts";
import { compact } from "../../../lib/storage/compact/compactor.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { firstDayOf, monthOf } from "../../../lib/storage/layout/rollup-keys.ts";
import { withPending } from "../../../lib/storage/rollups/pending-parts.ts";
import {
  decodeRollupManifest,
  EMPTY_ROLLUP_MANIFEST,
  encodeRollupManifest,
} from "../../../lib/storage/rollups/rollup-manifest.ts";
import { loadRollupManifest } from "../../../lib/storage/rollups/rollup-store.ts";
import type { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { runCompactor } from "../../helpers/storage/compaction.ts";
import { itemsOf } from "../../helpers/storage/damage.ts";
import { dyingTable } from "../../helpers/storage/dying-table.ts";
import { Engine } from "../../helpers/storage/engine.ts";
import { series } from "../../helpers/write-requests.ts";

const MONTH = monthOf(20_780) + 1;
const START_MS = firstDayOf(MONTH) * DAY_MS;
/** Eight days become one part. */
const DAYS = 8;

/** A month whose days have rows but for the last, which is about to get them, and to be merged with the others. */
async function newMonth(): Promise<Engine> {
  const engine = new Engine();
  const writers = engine.newWriters();
  for (let day = 0; day < DAYS; day++) {
    engine.nowMs = START_MS + day * DAY_MS + 2 * HOUR_MS;
    await engine.append(writers, [series("cpu", { zone: `${day}` }, [engine.nowMs, day])]);
    engine.nowMs += HOUR_MS;
    await runCompactor(engine, { isEager: true });
  }
  engine.nowMs = START_MS + DAYS * DAY_MS + HOUR_MS;
  await runCompactor(engine, { isEager: true });
  engine.nowMs += DAY_MS;
  return engine;
}

/** Items of rows and of their index that never leave, and that the month's manifest does not name. */
async function unnamedItems({ table, inner }: Engine): Promise<string[]> {
  const { manifest } = await loadRollupManifest(table, "t", MONTH);
  const named = manifest.parts.flatMap(({ id, index }) => [id, ...index.map((part) => part.id)]);
  return (await itemsOf(inner as MemoryTable, "UV"))
    .filter(({ expiresAtSeconds }) => expiresAtSeconds === undefined)
    .map(({ pk }) => Buffer.from(pk).toString("hex"))
    .filter((key) => !named.some((id) => key.includes(id)));
}

test("leaves by later sweeps, whatever call it dies at", async () => {
  let died = true;
  let left = 0;
  for (let call = 1; died; call++) {
    const engine = await newMonth();
    let calls = 0;
    const table = dyingTable(engine.table, () => ++calls === call);
    const { clock } = engine;
    const options = { clock, randomBytes, retentionOf: () => 0, sparseSamples: 0, isEager: true };
    await compact(table, { ...options, deadlineMs: Number.POSITIVE_INFINITY }).catch(() => {});
    died = calls >= call;
    left += (await unnamedItems(engine)).length;
    for (let day = 0; day < 3; day++) {
      engine.nowMs += DAY_MS + HOUR_MS;
      const { errors } = await runCompactor(engine, { isEager: true });
      assert.deepEqual(errors, []);
    }
    assert.deepEqual(await unnamedItems(engine), [], `died at call ${call}`);
    const { manifest } = await loadRollupManifest(engine.table, "t", MONTH);
    assert.deepEqual(manifest.superseded, []);
    assert.equal(manifest.days.length, DAYS);
    assert.equal(
      manifest.parts.reduce((sum, { rows }) => sum + rows, 0),
      DAYS,
    );
  }
  assert.ok(left > 0, "some deaths left items behind");
});

test("a part that is being written has its place in the manifest", () => {
  const day = dayOf(START_MS);
  const place = { id: "0102030405060708", day, shardBits: 2 };
  const first = { id: "1112131415160000", shardBits: 1 };
  const second = { id: "2122232425260000", shardBits: 1 };
  const once = withPending(EMPTY_ROLLUP_MANIFEST, place, first, START_MS);
  const twice = withPending(once, place, second, START_MS + HOUR_MS);
  assert.deepEqual(decodeRollupManifest(MONTH, encodeRollupManifest(MONTH, twice)), twice);
  assert.deepEqual(
    twice.superseded.map(({ sinceMs, part }) => [sinceMs, part.index.map(({ id }) => id)]),
    [[START_MS + HOUR_MS, [first.id, second.id]]],
  );
});
