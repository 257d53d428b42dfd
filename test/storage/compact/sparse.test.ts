/** Series with few samples in a bucket share the blocks of one run, which stays as long as the day. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { SPARSE_SAMPLES } from "../../../lib/storage/compact/plan-compaction.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import { allSamples, manifestOf, runCompactor, runUntil } from "../../helpers/storage/compaction.ts";
import { itemsOf } from "../../helpers/storage/damage.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { type SentSeries, series } from "../../helpers/write-requests.ts";

const DAY = dayOf(MIDNIGHT_MS);
const FEW = { sparseSamples: SPARSE_SAMPLES };

function request(count: number, nowMs: number): SentSeries[] {
  return Array.from({ length: count }, (_, i) =>
    series(`metric_${i % 10}`, { instance: `host-${i}` }, [nowMs, i]),
  );
}

test("a sample every six hours costs a twentieth of an item for each series, and all of it is found", async () => {
  const SERIES = 500;
  const units: Record<string, number> = {};
  for (const [name, sparseSamples] of [
    ["items", 0],
    ["runs", SPARSE_SAMPLES],
  ] as const) {
    const table = new MemoryTable();
    const engine = new Engine({ table });
    const writers = engine.newWriters();
    for (let hour = 0; hour < 24; hour += 6) {
      engine.nowMs = MIDNIGHT_MS + hour * HOUR_MS + MINUTE_MS;
      await engine.append(writers, request(SERIES, engine.nowMs));
    }
    const meter = newMeter();
    const metered = Object.assign(Object.create(engine) as Engine, { table: engine.table.metered(meter) });
    engine.nowMs = MIDNIGHT_MS + 25 * HOUR_MS;
    await runCompactor(metered, { sparseSamples });
    const { parts } = await manifestOf(engine, DAY);
    assert.deepEqual(
      [...new Set(parts.map(({ kind, isFinal }) => (isFinal ? "final" : kind)))],
      [name === "runs" ? "final" : "chunks"],
    );
    assert.equal(
      parts.reduce((sum, { samples }) => sum + samples, 0),
      4 * SERIES,
    );
    units[name] = meter.writeUnits / (4 * SERIES);
    for (const item of await itemsOf(table, "LS")) await table.delete(item);
    assert.equal((await allSamples(engine)).length, 4 * SERIES);
  }
  assert.ok(units.items > 0.75, `${units.items}`);
  assert.ok(units.runs < 0.1, `${units.runs}`);
});

test("a dense bucket stays one of chunks; series that come and go in it share a run only where they are many", async () => {
  const engine = new Engine();
  const writers = engine.newWriters();
  let churned = 0;
  for (let minute = 0; minute < 8 * 60; minute += 2) {
    engine.nowMs = MIDNIGHT_MS + minute * MINUTE_MS;
    const dense = Array.from({ length: 4 }, (_, i) => series("dense", { i: `${i}` }, [engine.nowMs, minute]));
    const pods = Array.from({ length: minute % 10 === 0 ? 2 : 0 }, () =>
      series("pod", { id: `${churned++}` }, [engine.nowMs, 1]),
    );
    await engine.append(writers, [...dense, ...pods]);
    if (minute % 10 === 0) await runCompactor(engine, FEW);
  }
  await runUntil(engine, MIDNIGHT_MS + 10 * HOUR_MS, HOUR_MS, FEW);
  const { parts } = await manifestOf(engine, DAY);
  assert.deepEqual(
    parts.map(({ kind, isFinal, samples }) => [kind, isFinal, samples]),
    [
      ["chunks", undefined, 4 * 240],
      ["run", true, churned],
    ],
  );
  assert.equal((await allSamples(engine)).length, 4 * 240 + churned);
});

test("late samples become final runs of their own; the fourth takes all in, and the later sample counts", async () => {
  const engine = new Engine();
  const writers = engine.newWriters();
  for (let late = 0; late < 5; late++) {
    await engine.append(writers, [series("up", {}, [MIDNIGHT_MS + 1, late], [MIDNIGHT_MS + 2 + late, late])]);
    await runUntil(engine, engine.nowMs + 14 * HOUR_MS, 30 * MINUTE_MS, FEW);
    const rows = await allSamples(engine);
    assert.equal(rows[0], `up ${MIDNIGHT_MS + 1} ${late}`);
    assert.equal(rows.length, late + 2);
    const { parts } = await manifestOf(engine, DAY);
    assert.ok(parts.length <= 3 && parts.every(({ isFinal }) => isFinal), `${late}: ${parts.length}`);
  }
});

test("its items expire with their day", async () => {
  const table = new MemoryTable();
  const retentionMs = 90 * DAY_MS;
  const engine = new Engine({ table, retentionMs });
  await engine.append(engine.newWriters(), request(3, engine.nowMs));
  const options = { ...FEW, retentionOf: () => retentionMs };
  await runUntil(engine, MIDNIGHT_MS + 26 * HOUR_MS, HOUR_MS, options);
  const [final] = (await manifestOf(engine, DAY)).parts;
  const own = (await itemsOf(table, "R")).filter(({ pk }) =>
    Buffer.from(pk).toString("hex").includes(final.id),
  );
  const [index] = await itemsOf(table, "I");
  assert.deepEqual(
    own.map(({ expiresAtSeconds }) => expiresAtSeconds),
    [index.expiresAtSeconds],
  );
});

test("remote read's chunks of it are those of its samples", async () => {
  const engine = new Engine();
  await engine.append(engine.newWriters(), request(7, engine.nowMs));
  await runUntil(engine, MIDNIGHT_MS + 10 * HOUR_MS, HOUR_MS, FEW);
  let count = 0;
  const selection = { matchers: [], minTime: MIDNIGHT_MS, maxTime: MIDNIGHT_MS + DAY_MS };
  for await (const { chunks } of engine.reader().selectChunks(selection)) for (const _ of chunks) count++;
  assert.equal(count, 7);
});
