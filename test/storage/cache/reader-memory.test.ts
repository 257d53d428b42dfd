import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Matcher, newMatcher } from "../../../lib/model/matcher.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import type { Writers } from "../../../lib/storage/write/writers.ts";
import { bucketsOf, histogram } from "../../helpers/histograms.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { ALL_TIME, assertSame, NaiveStore } from "../../helpers/storage/naive-store.ts";
import { bitsOf, type SentSeries, series } from "../../helpers/write-requests.ts";
import { batchOfSamples, type Sample, toldSamples } from "../../simulation/model/sample.ts";
import { Random } from "../../simulation/random.ts";

const MEMORY_BYTES = 10_000_000;
const START_MS = MIDNIGHT_MS + 9 * HOUR_MS;
const UP = newMatcher("=", "__name__", "up");

/** An engine whose clock stands unless it is moved, one series, a model of it, and a reader that remembers. */
class Watched {
  readonly table = new FaultyTable();
  readonly engine = new Engine({ table: this.table });
  readonly model = new NaiveStore();
  readonly memory: ReaderMemory;
  readonly #writers = this.engine.newWriters();

  constructor(memoryBytes = MEMORY_BYTES) {
    this.memory = new ReaderMemory(memoryBytes);
    this.engine.nowMs = START_MS;
  }

  /** A sample every 15 s, the clock going with them. */
  async write(minutes: number, metric = "up"): Promise<void> {
    for (let i = 0; i < minutes * 4; i++) {
      this.engine.nowMs += 15 * SECOND_MS;
      await this.writeAt(this.engine.nowMs, i, metric);
    }
  }

  async writeAt(timestampMs: number, value: number, metric = "up"): Promise<void> {
    await this.append([series(metric, { job: "a" }, [timestampMs, value])]);
  }

  async append(request: SentSeries[]): Promise<void> {
    await this.engine.append(this.#writers, request);
    this.model.append(request);
  }

  /** The answer must be right. Says what was read of the log, dictionaries, runs and chunks, a letter for each, sorted. */
  async read(minTime = START_MS, metric = UP, maxTime = this.engine.nowMs + HOUR_MS): Promise<string> {
    const before = this.table.calls.length;
    const selection = { matchers: [metric], minTime, maxTime };
    await assertSame(this.engine.reader("t", this.memory), this.model, selection);
    const kinds = this.table.calls.slice(before).map((call) => call.replace("query ", ""));
    return kinds
      .filter((kind) => "LDRC".includes(kind))
      .sort()
      .join("");
  }
}

describe("what a warm reader reads again", () => {
  test("of the log what was received in the last two minutes", async () => {
    const watched = new Watched();
    await watched.write(10);
    assert.equal(await watched.read(), "DL");
    assert.equal(await watched.read(), "L");
    await watched.writeAt(watched.engine.nowMs - 30 * SECOND_MS, 77);
    await watched.write(3);
    assert.equal(await watched.read(), "L");
  });

  test("of parts nothing, and of later ones only these", async () => {
    const watched = new Watched();
    await watched.write(20);
    await watched.engine.compact();
    assert.equal(await watched.read(), "LR");
    assert.equal(await watched.read(), "L");
    await watched.write(10);
    await watched.engine.compact();
    assert.equal(await watched.read(), "LR", "one run of two");
    assert.equal(await watched.read(START_MS + 5 * MINUTE_MS), "L", "a part of the range");
    assert.equal(await watched.read(START_MS + 25 * MINUTE_MS), "L");
  });

  test("all of what was asked of the end first", async () => {
    const watched = new Watched();
    await watched.write(20);
    await watched.engine.compact();
    await watched.write(20);
    await watched.engine.compact();
    assert.equal(await watched.read(START_MS + 30 * MINUTE_MS), "LR");
    assert.equal(await watched.read(), "LRR", "the earlier run counts less, so both are read");
    assert.equal(await watched.read(), "L");
  });

  test("all, where what is missing counts less than what is known", async () => {
    const watched = new Watched();
    await watched.write(20);
    await watched.engine.compact();
    await watched.writeAt(START_MS + 8 * MINUTE_MS, 1);
    await watched.write(10);
    await watched.engine.compact();
    await watched.writeAt(START_MS + 5 * MINUTE_MS, 2);
    await watched.writeAt(START_MS + 8 * MINUTE_MS, 3);
    await watched.engine.compact();
    assert.equal(
      await watched.read(START_MS, UP, START_MS + 5 * MINUTE_MS),
      "LRR",
      "the first run and the third",
    );
    assert.equal(await watched.read(START_MS + 12 * MINUTE_MS), "LRR", "the first and the second");
    assert.equal(await watched.read(START_MS), "LR");
    assert.equal(await watched.read(START_MS), "L");
  });

  test("all of two series that know different parts", async () => {
    const watched = new Watched();
    const read = async (job: string, fromMinute: number, toMinute: number) => {
      const range = { minTime: START_MS + fromMinute * MINUTE_MS, maxTime: START_MS + toMinute * MINUTE_MS };
      const matchers = [UP, newMatcher("=~", "job", job)];
      await assertSame(watched.engine.reader("t", watched.memory), watched.model, { matchers, ...range });
    };
    const flush = async (...samples: [job: string, minute: number, value: number][]) => {
      for (const [job, minute, value] of samples)
        await watched.append([series("up", { job }, [START_MS + minute * MINUTE_MS, value])]);
      await watched.engine.compact();
    };
    watched.engine.nowMs += HOUR_MS;
    await flush(["a", 0, 1], ["b", 0, 1], ["a", 20, 1], ["b", 20, 1]);
    await flush(["a", 8, 2], ["a", 30, 2]);
    await flush(["a", 5, 3], ["a", 8, 3]);
    await read("a", 0, 60);
    await read("b", 0, 4);
    await flush(["a", 40, 4], ["b", 40, 4]);
    // Of this range b lacks the second run and the fourth, a the fourth alone, and has the third, which is not of the range.
    await read("a|b", 9, 60);
    await read("a", 0, 60);
  });

  test("of the log what was received before, in the same minute too", async () => {
    const watched = new Watched();
    await watched.write(15);
    watched.engine.nowMs += 5 * SECOND_MS;
    await watched.writeAt(watched.engine.nowMs + 10 * MINUTE_MS, 88);
    await watched.write(25);
    // A sample is sought in what was received up to ten minutes before its time.
    await watched.read(START_MS + 25 * MINUTE_MS + 20 * SECOND_MS);
    await watched.read(START_MS + 25 * MINUTE_MS);
  });

  test("chunks that have taken the place of runs, once", async () => {
    const watched = new Watched();
    await watched.write(20);
    await watched.engine.compact();
    await watched.read();
    watched.engine.nowMs += 9 * HOUR_MS;
    await watched.engine.compact();
    assert.equal(await watched.read(), "CL");
    assert.equal(await watched.read(), "L");
    await watched.writeAt(START_MS + MINUTE_MS, 99);
    await watched.engine.compact();
    assert.equal(await watched.read(), "LR", "a late sample's run");
    assert.equal(await watched.read(), "L");
  });

  test("another metric, without the first one being forgotten", async () => {
    const watched = new Watched();
    const load = newMatcher("=", "__name__", "load");
    await watched.write(5);
    await watched.write(5, "load");
    await watched.engine.compact();
    await watched.read();
    assert.ok((await watched.read(START_MS, load)).includes("R"));
    assert.ok(!(await watched.read()).includes("R"));
    assert.ok(!(await watched.read(START_MS, load)).includes("R"));
  });

  test("of the index what is new, and by another matcher nothing", async () => {
    const watched = new Watched();
    const indexReads = async (...matchers: Matcher[]) => {
      const before = watched.table.calls.length;
      const reader = watched.engine.reader("t", watched.memory);
      await assertSame(reader, watched.model, { matchers });
      await reader.series({ matchers, ...ALL_TIME });
      return watched.table.calls.slice(before).filter((call) => call === "query I").length;
    };
    await watched.write(5);
    await watched.write(1, "load");
    await watched.engine.compact();
    assert.equal(await indexReads(UP), 1);
    assert.equal(await indexReads(UP, newMatcher("=", "job", "a")), 0);
    assert.equal(await indexReads(UP, newMatcher("!=", "job", "a")), 0);
    assert.equal(await indexReads(newMatcher("=", "__name__", "load")), 1);
    assert.equal(
      await indexReads(newMatcher("=", "job", "a")),
      2,
      "of no metric, once for samples and once for series",
    );
    await watched.append([series("up", { job: "b" }, [watched.engine.nowMs, 1])]);
    await watched.engine.compact();
    assert.equal(await indexReads(UP), 1, "the new part");
    assert.equal(await indexReads(UP), 0);
  });

  test("all, where hardly anything can be remembered", async () => {
    const watched = new Watched(300);
    await watched.write(20);
    await watched.engine.compact();
    await watched.write(5);
    assert.equal(await watched.read(), "DLR");
    assert.equal(await watched.read(), "DLR");
    assert.ok(watched.memory.sizeBytes <= 300);
  });

  test("all, of another tenant's series by the same name", async () => {
    const watched = new Watched();
    await watched.write(5);
    await watched.engine.compact();
    await watched.read();
    const request = [series("up", { job: "a" }, [START_MS + MINUTE_MS, 5])];
    await watched.engine.append(watched.engine.newWriters(), request, "u");
    await watched.engine.compact();
    const model = new NaiveStore();
    model.append(request);
    await assertSame(watched.engine.reader("u", watched.memory), model);
    await watched.read();
  });
});

/** Floats and histograms with starts, of one series, as simulated writers send them. */
async function appendMixed(engine: Engine, writers: Writers, samples: readonly Sample[]): Promise<void> {
  const labels = [["__name__", "up"] as const];
  await writers
    .appender({ tenant: "t", retentionMs: 0 }, engine.table)
    .append(batchOfSamples([{ labels, samples }]));
}

async function readMixed(engine: Engine, memory?: ReaderMemory) {
  const told = [];
  for await (const { labels, ...samples } of engine
    .reader("t", memory)
    .select({ matchers: [UP], ...ALL_TIME }))
    told.push({ labels, samples: toldSamples(samples, true) });
  return told;
}

test("a series of native histograms is not read again either, and stays what it was", async () => {
  const table = new FaultyTable();
  const engine = new Engine({ table });
  const memory = new ReaderMemory(MEMORY_BYTES);
  const writers = engine.newWriters();
  const partsRead = async () => {
    const before = table.calls.length;
    const answer = await readMixed(engine, memory);
    assert.deepEqual(answer, await readMixed(engine));
    return [answer[0].samples.length, table.calls.slice(before).filter((call) => /[RC]$/.test(call)).length];
  };
  let count = 0;
  for (const kind of ["floats", "histograms", "both", "floats"]) {
    for (let i = 0; i < 20; i++) {
      engine.nowMs += 15 * SECOND_MS;
      const time = engine.nowMs;
      const counts = bucketsOf([0, i], [1, 2 * i], [5, 3]);
      const isFloat = kind === "floats" || (kind === "both" && i % 3 === 0);
      const value = isFloat ? bitsOf(i) : histogram({ positive: counts });
      await appendMixed(engine, writers, [{ time, value, startMs: i % 2 === 0 ? time - 5 : 0 }]);
    }
    count += 20;
    await engine.compact();
    // Whoever remembers nothing reads all runs.
    const runs = count / 20;
    assert.deepEqual(await partsRead(), [count, 1 + runs]);
    assert.deepEqual(await partsRead(), [count, runs]);
  }
  engine.nowMs += 9 * HOUR_MS;
  await engine.compact();
  assert.deepEqual(await partsRead(), [count, 2]);
  assert.deepEqual(await partsRead(), [count, 1]);
});

const NAMES = ["up", "load", "rss"];
const JOBS = ["a", "b", "c"];

function randomRequest(random: Random, nowMs: number): SentSeries[] {
  return Array.from({ length: random.between(1, 4) }, () => {
    const aboutMs = nowMs - random.pick([0, 0, MINUTE_MS, 20 * MINUTE_MS, 9 * HOUR_MS, 30 * HOUR_MS]);
    const samples = Array.from({ length: random.between(1, 5) }, () => {
      const sample: [number, number] = [aboutMs - random.between(0, 40) * 1000, random.between(0, 1000)];
      return sample;
    });
    return series(random.pick(NAMES), { job: random.pick(JOBS) }, ...samples);
  });
}

for (const seed of [20261127, 2]) {
  test(`answers what a cold one would, whatever happened in between, seed ${seed}`, async () => {
    const random = new Random(seed);
    const engine = new Engine();
    const model = new NaiveStore();
    const writers = engine.newWriters();
    const memories = [MEMORY_BYTES, 30_000].map((bytes) => new ReaderMemory(bytes));
    for (let turn = 0; turn < 300; turn++) {
      engine.nowMs += random.between(0, random.pick([SECOND_MS, MINUTE_MS, HOUR_MS]));
      if (random.chance(0.6)) {
        const request = randomRequest(random, engine.nowMs);
        await engine.append(writers, request);
        model.append(request);
      }
      if (random.chance(0.1)) await engine.compact();
      const matchers = random.pick([[], [UP], [newMatcher("=", "job", random.pick(JOBS))]]);
      const minTime = engine.nowMs - random.pick([10 * MINUTE_MS, HOUR_MS, 10 * HOUR_MS, 40 * HOUR_MS]);
      const maxTime = engine.nowMs - random.pick([0, 0, 30 * MINUTE_MS]);
      const selection = { matchers, minTime, maxTime };
      for (const memory of memories) await assertSame(engine.reader("t", memory), model, selection);
    }
  });
}
