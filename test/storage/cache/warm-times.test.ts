import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { WarmCache } from "../../../lib/storage/cache/warm-cache.ts";
import { WarmSamples } from "../../../lib/storage/cache/warm-samples.ts";
import { SERIES_BYTES } from "../../../lib/storage/parts/series-data.ts";
import { HeldBytes } from "../../../lib/storage/read/query-budget.ts";
import { SeriesGroup } from "../../../lib/storage/read/series-group.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { ALL_TIME, assertSame, NaiveStore } from "../../helpers/storage/naive-store.ts";
import { series } from "../../helpers/write-requests.ts";

const MEMORY_BYTES = 10_000_000;
const START_MS = MIDNIGHT_MS + HOUR_MS;

const floats = (timestamps: readonly number[], value = 1) => ({
  timestamps: Float64Array.from(timestamps),
  values: new Float64Array(timestamps.length).fill(value),
});

/** Series of 200 samples, compacted, read twice: what is remembered of them. `timeOf`: of a series' sample. */
async function rememberedBytes(timeOf: (job: number, i: number) => number): Promise<number> {
  const engine = new Engine();
  const model = new NaiveStore();
  const memory = new ReaderMemory(MEMORY_BYTES);
  const writers = engine.newWriters();
  engine.nowMs = START_MS + HOUR_MS;
  const request = Array.from({ length: 20 }, (_, job) => {
    const samples = Array.from({ length: 200 }, (_, i) => [timeOf(job, i), job * 1000 + i] as const);
    return series(
      "up",
      { job: String(job) },
      ...samples.map(([time, value]): [number, number] => [time, value]),
    );
  });
  await engine.append(writers, request);
  model.append(request);
  await engine.compact();
  for (let read = 0; read < 2; read++) await assertSame(engine.reader("t", memory), model);
  await assertSame(engine.reader("t", memory), model, {
    minTime: START_MS + 10 * MINUTE_MS,
    maxTime: START_MS + HOUR_MS,
  });
  return memory.sizeBytes;
}

test("series with the same times have them once in memory, and others have their own", async () => {
  const regular = (i: number) => START_MS + i * 15 * SECOND_MS;
  const shared = await rememberedBytes((_, i) => regular(i));
  const apart = await rememberedBytes((job, i) => regular(i) + job);
  // As many times from the same to the same, and not the same in between.
  const alike = await rememberedBytes((job, i) => regular(i) + (i === 100 ? job : 0));
  const columnBytes = (apart - shared) / 19;
  assert.ok(columnBytes >= 1600 && columnBytes < 1600 + 1000, `apart=${apart} shared=${shared}`);
  assert.ok(
    alike >= shared + 19 * 200 * 8 && alike <= apart,
    `shared=${shared} alike=${alike} apart=${apart}`,
  );
});

test("samples that are given back are never those that are remembered", async () => {
  const engine = new Engine();
  const model = new NaiveStore();
  const memory = new ReaderMemory(MEMORY_BYTES);
  const writers = engine.newWriters();
  for (const day of [0, 1]) {
    engine.nowMs = MIDNIGHT_MS + day * 24 * HOUR_MS + 2 * HOUR_MS;
    const request = ["a", "b", "c"].map((job, number) => {
      const samples = Array.from({ length: 100 }, (_, i): [number, number] => [
        engine.nowMs + i * SECOND_MS,
        1000 * number + i,
      ]);
      return series("up", { job }, ...samples);
    });
    await engine.append(writers, request);
    model.append(request);
  }
  await engine.compact();
  const secondDay = { minTime: MIDNIGHT_MS + 24 * HOUR_MS, maxTime: ALL_TIME.maxTime };
  for (const range of [ALL_TIME, secondDay, ALL_TIME, secondDay]) {
    for await (const { values, release } of engine.reader("t", memory).select({ matchers: [], ...range })) {
      if (release === undefined) continue;
      // As the next series that is decoded to them.
      values.fill(-1);
      release();
    }
    await assertSame(engine.reader("t", memory), model, range);
  }
});

for (const isUsed of [false, true]) {
  test(`times are forgotten after their series, ${isUsed ? "used" : "not used"} in between`, () => {
    const timesOf = (target: number) => Array.from({ length: 50 }, (_, i) => target + i * 15_000);
    const entryOf = (target: number) => ({ parts: [], samples: floats(timesOf(target), target), items: [] });
    const isKnownAfter = (others: number) => {
      // Each time something else is what has to go for the last one.
      const maxBytes = 12_000 + 100 * others;
      const cache = new WarmCache(maxBytes);
      const warm = new WarmSamples(cache).day("t", 1);
      warm.keep("first", entryOf(0));
      for (let target = 1; target <= others; target++) {
        warm.keep(`other ${target}`, entryOf(target));
        if (isUsed) assert.ok(warm.find("first"));
        assert.ok(cache.sizeBytes <= maxBytes);
      }
      const found = warm.find("first");
      // Whoever has the same times gets that very column.
      if (found) assert.equal(warm.keep("second", entryOf(0)).times, found.times, `${others} others`);
      return found !== undefined;
    };
    const known = Array.from({ length: 40 }, (_, others) => isKnownAfter(others));
    assert.equal(known[0], true);
    assert.equal(known[39], isUsed);
  });
}

test("a group holds times that series share once, until it is dropped", () => {
  const held = new HeldBytes();
  const hashes = Array.from({ length: 8 }, (_, i) => `${i}`.padStart(40, "0"));
  const limits = { limitBytes: 20_000, shrunkLimitBytes: 20_000, maxQueryBytes: 30_000 };
  const group = new SeriesGroup({ hashes, start: 0, end: 8, ...limits, held });
  const { timestamps, values } = floats(Array.from({ length: 100 }, (_, i) => i));
  const give = (number: number, times: Float64Array) => {
    group.hold(group.find(hashes[number])!.addDecoded({ timestamps: times, values }));
    group.holdTimes(times);
  };
  for (const number of hashes.keys()) give(number, timestamps.subarray(0));
  assert.equal(group.heldBytes, 8 * (SERIES_BYTES + 800) + 800);
  // Times of their own are too much for all of them; those of the series that are let go of are not held any more.
  for (let number = 0; number < group.end; number++) give(number, timestamps.slice());
  assert.equal(group.end, 6);
  assert.equal(group.heldBytes, 6 * (SERIES_BYTES + 2 * 800) + 800 + 6 * 800);
  for (const [number, data] of group.take()) assert.equal(data.sampleCount, 200, `series ${number}`);
  assert.equal(group.heldBytes, 7 * 800);
  group.drop();
  assert.equal(held.current, 0);
});
