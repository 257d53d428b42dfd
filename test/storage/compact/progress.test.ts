/** Progress comes from the data: whatever clocks say, no sample stays hidden behind a watermark or a cursor. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { loadCursor } from "../../../lib/storage/compact/marks.ts";
import { dayOf, hourOf } from "../../../lib/storage/layout/keys.ts";
import type { Writers } from "../../../lib/storage/write/writers.ts";
import { allSamples, itemsOf, manifestOf, runCompactor, runUntil } from "../../helpers/storage/compaction.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { series } from "../../helpers/write-requests.ts";

const DAY = dayOf(MIDNIGHT_MS);

/** Stores a sample with the clock of its writer set off by `skewMs`. */
async function append(engine: Engine, writers: Writers, time: number, value: number, skewMs = 0) {
  const nowMs = engine.nowMs;
  engine.nowMs += skewMs;
  await engine.append(writers, [series("up", {}, [time, value])]);
  engine.nowMs = nowMs;
}

test("the watermark is the receive time of the newest record flushed", async () => {
  const engine = new Engine();
  engine.nowMs = MIDNIGHT_MS + HOUR_MS;
  const receivedMs = engine.nowMs;
  await append(engine, engine.newWriters(), engine.nowMs, 1);
  engine.nowMs += 30 * MINUTE_MS;
  for (const skewMs of [0, DAY_MS]) {
    await runCompactor(engine, { skewMs });
    const { flushedToMs } = await manifestOf(engine, DAY);
    assert.ok(
      flushedToMs >= receivedMs && flushedToMs < receivedMs + SECOND_MS,
      `${flushedToMs - receivedMs}`,
    );
  }
});

for (const skewMs of [MINUTE_MS, DAY_MS, 20 * DAY_MS]) {
  test(`a compactor's clock that is ${skewMs} ms ahead hides nothing that comes later`, async () => {
    const engine = new Engine();
    const writers = engine.newWriters();
    engine.nowMs = MIDNIGHT_MS + HOUR_MS;
    const times: number[] = [];
    for (let i = 0; i < 100; i++) {
      engine.nowMs += 15 * SECOND_MS;
      times.push(engine.nowMs);
      await append(engine, writers, engine.nowMs, i);
      if (i % 20 === 10) await runCompactor(engine, { skewMs });
      assert.equal((await allSamples(engine)).length, i + 1);
    }
    await runUntil(engine, MIDNIGHT_MS + 2 * DAY_MS, HOUR_MS);
    assert.deepEqual(
      await allSamples(engine),
      times.map((time, i) => `up ${time} ${i}`),
    );
    const { parts } = await manifestOf(engine, DAY);
    assert.ok(parts.length > 0 && parts.every(({ kind }) => kind === "chunks"));
  });
}

test("a sweep whose clock is a day ahead takes a day for settled: what its writer stores afterwards is compacted", async () => {
  const engine = new Engine();
  const writers = engine.newWriters();
  const times: number[] = [];
  for (const minute of [10, 20, 45]) {
    engine.nowMs = MIDNIGHT_MS + 23 * HOUR_MS + minute * MINUTE_MS;
    for (const skewMs of minute === 45 ? [0, DAY_MS] : []) await runCompactor(engine, { skewMs });
    times.push(engine.nowMs);
    await append(engine, writers, engine.nowMs, minute);
  }
  await runUntil(engine, MIDNIGHT_MS + 4 * DAY_MS, HOUR_MS);
  const { parts, facts } = await manifestOf(engine, DAY);
  assert.equal(
    parts.reduce((sum, { samples }) => sum + samples, 0),
    times.length,
  );
  assert.notEqual(facts.settledMarks, undefined);
});

test("a writer whose clock is a day behind: what it stores is found once its days have settled, in the order of reception", async () => {
  const engine = new Engine();
  const [good, late] = [engine.newWriters(), engine.newWriters()];
  engine.nowMs = MIDNIGHT_MS + 3 * HOUR_MS;
  const [first, second] = [engine.nowMs - 25 * HOUR_MS, engine.nowMs - 26 * HOUR_MS];
  // The newer of both in truth: its key says that it was received a day earlier, which is what counts.
  await append(engine, good, first, 1);
  engine.nowMs += 30 * MINUTE_MS;
  await runCompactor(engine);
  await append(engine, late, first, 2, -DAY_MS);
  await append(engine, late, second, 3, -DAY_MS);
  await runCompactor(engine);
  await runUntil(engine, MIDNIGHT_MS + 3 * DAY_MS, HOUR_MS);
  assert.deepEqual(await allSamples(engine), [`up ${second} 3`, `up ${first} 1`]);
  const { parts } = await manifestOf(engine, DAY - 1);
  assert.ok(parts.every(({ kind }) => kind === "chunks"));
});

test("a mark that came in behind the cursor, of a day that had settled, is found within a day", async () => {
  const engine = new Engine();
  await append(engine, engine.newWriters(), engine.nowMs, 1);
  await runUntil(engine, MIDNIGHT_MS + 27 * HOUR_MS, HOUR_MS);
  // Somebody else moves the cursor on.
  await engine.append(engine.newWriters(), [series("up", {}, [engine.nowMs, 1])], "other");
  await runUntil(engine, MIDNIGHT_MS + 30 * HOUR_MS, HOUR_MS);
  const settled = await manifestOf(engine, DAY);
  assert.notEqual(settled.facts.settledMarks, undefined);
  const { hourMs } = await loadCursor(engine.table);
  // The clock is behind by as much as the mark of before: even its key is the same.
  await append(
    engine,
    engine.newWriters(),
    MIDNIGHT_MS + 1000,
    2,
    MIDNIGHT_MS - engine.nowMs + 30 * MINUTE_MS,
  );
  assert.ok(hourOf(MIDNIGHT_MS) < hourMs);
  await runUntil(engine, engine.nowMs + 31 * HOUR_MS, HOUR_MS);
  assert.deepEqual(
    (await allSamples(engine)).map((row) => row.at(-1)),
    ["1", "2"],
  );
  assert.ok((await manifestOf(engine, DAY)).parts.every(({ kind }) => kind === "chunks"));
});

test("a day whose marks have vanished is compacted all the same, within a day", async () => {
  const engine = new Engine();
  await append(engine, engine.newWriters(), engine.nowMs, 1);
  await engine.append(engine.newWriters(), [series("up", {}, [engine.nowMs - DAY_MS, 0])]);
  engine.nowMs += MINUTE_MS;
  await runCompactor(engine);
  for (const mark of await itemsOf(engine.table, Uint8Array.of(0x41))) await engine.table.delete(mark);
  await runUntil(engine, MIDNIGHT_MS + 50 * HOUR_MS, HOUR_MS);
  for (const day of [DAY - 1, DAY]) {
    const { parts, facts } = await manifestOf(engine, day);
    assert.deepEqual(
      parts.map(({ kind, samples }) => [kind, samples]),
      [["chunks", 1]],
    );
    assert.notEqual(facts.settledMarks, undefined);
  }
  // Settled, each costs nothing at the next sweep.
  const { days } = await runCompactor(engine, { skewMs: 25 * HOUR_MS });
  assert.equal(days, 0);
});

test("the cursor never passes the newest mark, however far ahead the compactor's clock is", async () => {
  const engine = new Engine();
  const writers = engine.newWriters();
  await append(engine, writers, engine.nowMs, 1);
  await runCompactor(engine, { skewMs: 40 * DAY_MS });
  await runCompactor(engine, { skewMs: 41 * DAY_MS });
  assert.ok((await loadCursor(engine.table)).hourMs <= hourOf(MIDNIGHT_MS));
  engine.nowMs += 2 * HOUR_MS;
  await append(engine, writers, engine.nowMs, 2);
  engine.nowMs += HOUR_MS;
  assert.equal((await runCompactor(engine)).days, 1);
  assert.ok((await manifestOf(engine, DAY)).flushedToMs > MIDNIGHT_MS + HOUR_MS);
});

test("a damaged cursor is as good as none", async () => {
  const engine = new Engine();
  await append(engine, engine.newWriters(), engine.nowMs, 1);
  await runUntil(engine, MIDNIGHT_MS + 30 * HOUR_MS, HOUR_MS);
  for await (const [item] of engine.inner.query({ pk: Uint8Array.of(0x5a) }))
    await engine.inner.put({ ...item, value: item.value.map((byte) => byte ^ 1) });
  const { errors, days } = await runCompactor(engine);
  assert.deepEqual([errors, days], [[], 1]);
});

test("lag is that of the oldest record in the log alone, and none once it is empty", async () => {
  const engine = new Engine();
  engine.nowMs = MIDNIGHT_MS + HOUR_MS;
  await append(engine, engine.newWriters(), engine.nowMs, 1);
  engine.nowMs += 5 * MINUTE_MS;
  const waiting = await runCompactor(engine);
  assert.ok(waiting.lagMs >= 5 * MINUTE_MS - SECOND_MS && waiting.lagMs < 6 * MINUTE_MS, `${waiting.lagMs}`);
  engine.nowMs += 2 * HOUR_MS;
  await runCompactor(engine);
  for (let i = 0; i < 10; i++) {
    engine.nowMs += 5 * MINUTE_MS;
    assert.equal((await runCompactor(engine)).lagMs, 0, `${i}`);
  }
});

test("a day with nothing due costs one read", async () => {
  const engine = new Engine();
  const writers = engine.newWriters();
  engine.nowMs = MIDNIGHT_MS + 10 * HOUR_MS;
  // Some days of far past, and today, which is not over.
  for (let daysAgo = 0; daysAgo < 20; daysAgo++)
    await append(engine, writers, engine.nowMs - daysAgo * DAY_MS, daysAgo);
  engine.nowMs += 30 * MINUTE_MS;
  await runCompactor(engine);
  for (let daysAgo = 1; daysAgo < 20; daysAgo++) {
    const { parts, facts } = await manifestOf(engine, DAY - daysAgo);
    assert.ok(
      parts.every(({ kind }) => kind === "chunks"),
      `${daysAgo}`,
    );
    assert.notEqual(facts.settledMarks, undefined);
  }
  engine.nowMs += 90 * MINUTE_MS;
  await runCompactor(engine);
  engine.nowMs += 5 * MINUTE_MS;
  const { reports } = await runCompactor(engine);
  assert.deepEqual(
    reports.map(({ meter: { readUnits, writeUnits } }) => [readUnits, writeUnits]),
    Array.from({ length: 20 }, () => [1, 0]),
  );
});
