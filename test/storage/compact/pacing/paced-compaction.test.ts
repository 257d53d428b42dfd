/** A bucket that a paced compactor makes chunks of over many runs: every run is small, and all samples are read meanwhile. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { HOUR_MS, MINUTE_MS } from "../../../../lib/model/time.ts";
import { chunk } from "../../../../lib/storage/compact/chunking.ts";
import { newDayContext } from "../../../../lib/storage/compact/day-context.ts";
import { ChangedGroup, ItemSink, NO_ITEMS } from "../../../../lib/storage/compact/pacing/item-sink.ts";
import { planChunking } from "../../../../lib/storage/compact/plan-compaction.ts";
import { dayOf, progressKey } from "../../../../lib/storage/layout/keys.ts";
import { MemoryTable } from "../../../../lib/storage/table/memory-table.ts";
import { newMeter } from "../../../../lib/storage/table/table.ts";
import { allSamples, manifestOf, runCompactor } from "../../../helpers/storage/compaction.ts";
import { Engine, MIDNIGHT_MS } from "../../../helpers/storage/engine.ts";
import { series } from "../../../helpers/write-requests.ts";

const SERIES = 120;
const SHARE = 0.5;
/** 30 tokens come in the five minutes between two runs. */
const UNITS_PER_SECOND = 0.2;
const TOKENS = UNITS_PER_SECOND * SHARE * 300;
/** Leases, manifests, marks, notes and the bucket of tokens, of two days at most. */
const CONTROL_UNITS = 16;
const SLICE = 4;

/** An engine with an hour's samples in runs, after the end of their bucket. */
async function closedBucket() {
  const meter = newMeter();
  const engine = new Engine({ table: new MemoryTable().metered(meter) });
  const writers = engine.newWriters();
  engine.nowMs = MIDNIGHT_MS + 7 * HOUR_MS;
  for (let minute = 0; minute < 60; minute += 20) {
    engine.nowMs = MIDNIGHT_MS + 7 * HOUR_MS + minute * MINUTE_MS;
    const time = engine.nowMs;
    const request = Array.from({ length: SERIES }, (_, i) => series(`m${i % 3}`, { i: `${i}` }, [time, i]));
    await engine.append(writers, request);
    await runCompactor(engine, { isEager: true });
  }
  engine.nowMs = MIDNIGHT_MS + 8 * HOUR_MS + 2 * MINUTE_MS;
  await runCompactor(engine, { isEager: true });
  engine.nowMs = MIDNIGHT_MS + 9 * HOUR_MS;
  const expected = await allSamples(engine);
  assert.equal(expected.length, 3 * SERIES);
  let throttledCalls = 0;
  const run = async () => {
    const before = meter.writeUnits;
    const { errors } = await runCompactor(engine, {
      storeSlice: SLICE,
      pacing: {
        capacity: { read: async () => UNITS_PER_SECOND, throttledCalls: () => throttledCalls },
        share: SHARE,
        sleep: async (durationMs) => {
          engine.nowMs += durationMs;
        },
      },
    });
    assert.deepEqual(errors, []);
    engine.nowMs += 5 * MINUTE_MS;
    return meter.writeUnits - before;
  };
  const isChunked = async () => (await manifestOf(engine, DAY)).parts.every(({ kind }) => kind === "chunks");
  return { engine, expected, run, isChunked, throttle: () => throttledCalls++ };
}

const DAY = dayOf(MIDNIGHT_MS);

test("every run costs what came since the last, and the samples are all there after each", async () => {
  const { engine, expected, run, isChunked } = await closedBucket();
  let runs = 0;
  for (; !(await isChunked()); runs++) {
    assert.ok(runs < 50, "the bucket is never done");
    const units = await run();
    assert.ok(units <= TOKENS + SLICE + CONTROL_UNITS, `run ${runs} cost ${units} units`);
    assert.deepEqual(await allSamples(engine), expected);
  }
  assert.ok(runs >= 4, `${SERIES} items in ${runs} runs`);
});

test("a note whose items are not those of the group is not believed: the group is stored again", async () => {
  const { engine, expected, run, isChunked } = await closedBucket();
  await run();
  const key = progressKey("t", DAY, 0);
  const note = (await engine.table.get(key, { consistent: true }))!;
  const inputs = note.value[0] + 1;
  // Behind the inputs: how many items are stored, and their digest.
  assert.ok(note.value[inputs] > 0);
  const changed = note.value.slice();
  changed[inputs + 1] ^= 1;
  await engine.table.put({ ...note, value: changed });
  for (let runs = 0; !(await isChunked()); runs++) {
    assert.ok(runs < 100, "the bucket is never done");
    await run();
    assert.deepEqual(await allSamples(engine), expected);
  }
});

test("a run that is throttled stores a slice at most, and the next ones go on", async () => {
  const { engine, expected, run, isChunked, throttle } = await closedBucket();
  await run();
  throttle();
  for (let runs = 0; !(await isChunked()); runs++) {
    assert.ok(runs < 100, "the bucket is never done");
    await run();
  }
  assert.deepEqual(await allSamples(engine), expected);
});

test("what earlier runs stored of a group is not counted as a run's own part of the bucket", async () => {
  const { engine } = await closedBucket();
  const { table, clock } = engine;
  const context = newDayContext({ table, tenant: "t", day: DAY, retentionMs: 0, clock, randomBytes });
  const plan = planChunking(await manifestOf(engine, DAY), DAY, engine.nowMs)!;
  const asked: number[] = [];
  const isTimeUp = (stored: number) => {
    asked.push(stored);
    return true;
  };
  for (let i = 0; i < 3; i++) await chunk(context, { ...plan, sparseSamples: 0 }, { isTimeUp, slice: SLICE });
  // Three samples a series; an item is ready when the next series is known.
  assert.deepEqual(asked, [3 * (SLICE + 1), 3 * SLICE, 3 * SLICE]);
});

test("a sink skips what is stored, and notices a group that is another or shorter", async () => {
  const table = new MemoryTable();
  const [first, second] = [Array.from({ length: 12 }, (_, i) => itemOf(i)), new ItemSink(table, NO_ITEMS, 3)];
  await second.add(first.slice(0, 6));
  const resumed = new ItemSink(table, second.stored, 3);
  assert.ok(resumed.isSkipping);
  await resumed.add(first.slice(0, 5));
  assert.ok(resumed.isSkipping);
  await resumed.add(first.slice(5, 6));
  assert.ok(!resumed.isSkipping);
  const changed = new ItemSink(table, second.stored, 3);
  await assert.rejects(changed.add(first.slice(1, 7)), ChangedGroup);
  const short = new ItemSink(table, second.stored, 3);
  await short.add(first.slice(0, 2));
  assert.throws(() => short.expectSkipped(), ChangedGroup);
});

const itemOf = (number: number) => ({
  pk: Uint8Array.of(1),
  sk: Uint8Array.of(number),
  value: new Uint8Array(1),
});
