/** Blocks that promtool made of OpenMetrics text are imported: every sample is found, once, a day whole or not at all. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { printLabels } from "../../lib/model/labels.ts";
import { newMatcher } from "../../lib/model/matcher.ts";
import { ALL_TIME, DAY_MS, HOUR_MS, MAX_TIMESTAMP_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { type BulkSeries, storeDay } from "../../lib/storage/bulk/bulk-day.ts";
import { DayLease } from "../../lib/storage/bulk/day-lease.ts";
import { newDayContext } from "../../lib/storage/compact/day-context.ts";
import { deleteSeries } from "../../lib/storage/erase/delete-series.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { NO_LEASE } from "../../lib/storage/layout/manifest.ts";
import { loadManifest } from "../../lib/storage/layout/manifest-store.ts";
import type { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import type { Finding } from "../../lib/storage/verify/finding.ts";
import { verifyDay } from "../../lib/storage/verify/verify-day.ts";
import type { DayReport } from "../../lib/transfer/import-blocks.ts";
import { NO_EDITS } from "../../lib/transfer/label-edits.ts";
import { type BlockBytes, fixturePath, readBlocks } from "../helpers/storage/block-files.ts";
import { runCompactor } from "../helpers/storage/compaction.ts";
import { itemsOf } from "../helpers/storage/damage.ts";
import { Engine } from "../helpers/storage/engine.ts";
import { runImport } from "../helpers/storage/run-import.ts";
import { bitsOf } from "../helpers/write-requests.ts";

/** 22:00 of a day to 1:20 of the next, in two blocks that meet at midnight. */
const BLOCKS = fixturePath("promtool");
const FIRST_DAY = dayOf(Date.parse("2026-11-28T22:00:00Z"));

type Found = Record<string, (readonly [timeMs: number, value: number])[]>;

/** The samples of the text that promtool read. */
function samplesOfText(): Found {
  const found: Record<string, [number, number][]> = {};
  for (const line of readFileSync(fixturePath("promtool.om"), "utf8").split("\n")) {
    const [, series, value, seconds] = /^([^#]\S*\{.*\}) (\S+) (\d+)$/.exec(line) ?? [];
    if (series === undefined) continue;
    found[series] ??= [];
    found[series].push([Number(seconds) * 1000, Number(value)]);
  }
  return found;
}

async function samplesOf(engine: Engine): Promise<Found> {
  const found: Found = {};
  const matchers = [newMatcher("!=", "__name__", "")];
  const all = { matchers, minTime: -MAX_TIMESTAMP_MS, maxTime: MAX_TIMESTAMP_MS };
  for await (const { labels, timestamps, values } of engine.reader().select(all))
    found[printLabels(labels)] = Array.from(timestamps, (time, i) => [time, values[i]]);
  return found;
}

function newEngine(): Engine {
  const engine = new Engine();
  engine.nowMs = (FIRST_DAY + 3) * DAY_MS;
  return engine;
}

async function expectNothingWrong(engine: Engine): Promise<void> {
  const findings: Finding[] = [];
  for (const day of [FIRST_DAY, FIRST_DAY + 1])
    await verifyDay(engine.table, { tenant: "t", day, retentionMs: 0, nowMs: engine.clock() }, (finding) =>
      findings.push(finding),
    );
  assert.deepEqual(findings, []);
}

test("every sample is found after an import, and after the compactor has come by", async () => {
  const engine = newEngine();
  const reports = await runImport(engine, readBlocks(BLOCKS));
  assert.deepEqual(
    reports.map(({ outcome, series, samples }) => [outcome, series, samples]),
    [
      ["imported", 4, 248],
      ["imported", 4, 168],
    ],
  );
  assert.deepEqual(await samplesOf(engine), samplesOfText());
  await expectNothingWrong(engine);
  engine.nowMs += HOUR_MS;
  const { errors } = await runCompactor(engine);
  assert.deepEqual(errors, []);
  assert.deepEqual(await samplesOf(engine), samplesOfText());
  await expectNothingWrong(engine);
});

test("a second import writes nothing", async () => {
  const engine = newEngine();
  await runImport(engine, readBlocks(BLOCKS));
  engine.nowMs += HOUR_MS;
  await runCompactor(engine);
  const reports = await runImport(engine, readBlocks(BLOCKS));
  assert.deepEqual(
    reports.map(({ outcome }) => outcome),
    ["known", "known"],
  );
  assert.deepEqual(await samplesOf(engine), samplesOfText());
});

test("an import that is stopped goes on with the day it was at", async () => {
  const engine = newEngine();
  const stop = new AbortController();
  const onDay = () => stop.abort(new Error("stopped"));
  await assert.rejects(runImport(engine, readBlocks(BLOCKS), { signal: stop.signal, onDay }), /stopped/);
  const midnight = (FIRST_DAY + 1) * DAY_MS;
  const firstDay = Object.fromEntries(
    Object.entries(samplesOfText()).map(([series, all]) => [series, all.filter(([time]) => time < midnight)]),
  );
  assert.deepEqual(await samplesOf(engine), firstDay);
  const reports = await runImport(engine, readBlocks(BLOCKS));
  assert.deepEqual(
    reports.map(({ outcome }) => outcome),
    ["known", "imported"],
  );
  assert.deepEqual(await samplesOf(engine), samplesOfText());
});

const DAMAGES: readonly {
  readonly name: string;
  readonly damage: (block: BlockBytes) => void;
  readonly expected: RegExp;
}[] = [
  {
    name: "a chunk with a flipped bit",
    damage: (block) => flip(block, "chunks/000001", 40),
    expected: /^block-1\/chunks\/000001: chunk at \d+: checksum 0x\w+, expected 0x\w+; the block is damaged/,
  },
  {
    name: "a chunk file that was cut",
    damage: (block) => block.set("chunks/000001", block.get("chunks/000001")!.slice(0, 300)),
    expected: /^block-1\/chunks\/000001: .*300.*; the block is damaged or not whole$/,
  },
  {
    name: "no chunk file",
    damage: (block) => block.delete("chunks/000001"),
    expected: /^block-1: the index names chunk file 1, and there are 0/,
  },
  {
    name: "an index of another version",
    damage: (block) => {
      block.get("index")![4] = 9;
    },
    expected: /^block-1\/index: index of version 9, expected 1 or 2/,
  },
  {
    name: "an index with a flipped bit in its series",
    damage: (block) => flip(block, "index", seriesOffset(block)),
    expected: /^block-1\/index: series at \d+.*/,
  },
  {
    name: "an index that was cut",
    damage: (block) => block.set("index", block.get("index")!.slice(0, 200)),
    expected: /^block-1\/index: table of contents: checksum/,
  },
  {
    name: "no index",
    damage: (block) => block.delete("index"),
    expected: /^block-1: the index is missing/,
  },
];

for (const { name, damage, expected } of DAMAGES) {
  test(`${name}: an error says so, and nothing of the day counts`, async () => {
    const engine = newEngine();
    const blocks = readBlocks(BLOCKS);
    damage(blocks[1]);
    await assert.rejects(runImport(engine, blocks), (error: Error) => {
      assert.match(error.message, expected);
      return true;
    });
    const midnight = (FIRST_DAY + 1) * DAY_MS;
    const found = Object.values(await samplesOf(engine)).flat();
    assert.equal(found.length, 248);
    assert.ok(found.every(([time]) => time < midnight));
    await runImport(engine, readBlocks(BLOCKS));
    assert.deepEqual(await samplesOf(engine), samplesOfText());
  });
}

test("every bit of a block's index and chunks is checked", async () => {
  const [block] = readBlocks(BLOCKS);
  const whole = new Engine();
  await runImport(whole, [block]);
  const expected = await samplesOf(whole);
  for (const path of ["index", "chunks/000001"]) {
    const original = block.get(path)!;
    for (let at = 0; at < original.length; at += 7) {
      const damaged = new Map(block).set(path, original.slice());
      flip(damaged, path, at);
      const engine = newEngine();
      try {
        await runImport(engine, [damaged]);
      } catch {
        assert.deepEqual(await samplesOf(engine), {}, `${path} at ${at}`);
        continue;
      }
      // Of the index, postings and offset tables are not read.
      assert.deepEqual(await samplesOf(engine), expected, `${path} at ${at}`);
    }
  }
});

test("of a sample that is stored already the stored one stays", async () => {
  const engine = newEngine();
  const timeMs = FIRST_DAY * DAY_MS + 22 * HOUR_MS + 5 * MINUTE_MS;
  const labels = [
    ["__name__", "shop_requests_total"],
    ["zone", "a"],
  ] as const;
  await engine.append(engine.newWriters(), [{ labels, samples: [[timeMs, bitsOf(-7)]] }]);
  for (const step of ["import", "compact"]) {
    if (step === "import") await runImport(engine, readBlocks(BLOCKS));
    else await engine.compact();
    const found = (await samplesOf(engine))['shop_requests_total{zone="a"}'];
    assert.deepEqual(
      found.find(([time]) => time === timeMs),
      [timeMs, -7],
      step,
    );
    assert.equal(found.length, 200, step);
  }
});

test("labels are edited, series and times chosen", async () => {
  const engine = newEngine();
  await runImport(engine, readBlocks(BLOCKS), {
    edits: { add: [["cluster", "eu"]], drop: [], rename: [["zone", "area"]] },
    matcherSets: [[newMatcher("=", "area", "b"), newMatcher("=", "__name__", "temp_celsius")]],
    minTime: (FIRST_DAY + 1) * DAY_MS,
    choiceWords: ["x"],
  });
  const found = await samplesOf(engine);
  assert.deepEqual(Object.keys(found), ['temp_celsius{area="b",cluster="eu"}']);
  assert.equal(found['temp_celsius{area="b",cluster="eu"}'].length, 4);
});

test("series that an edit makes one are merged", async () => {
  const engine = newEngine();
  await runImport(engine, readBlocks(BLOCKS), { edits: { ...NO_EDITS, drop: ["zone"] }, choiceWords: ["x"] });
  const found = await samplesOf(engine);
  assert.deepEqual(Object.keys(found), ["shop_requests_total{}", "temp_celsius{}"]);
  assert.equal(found["shop_requests_total{}"].length, 200);
});

function flip(block: BlockBytes, path: string, at: number): void {
  block.get(path)![at] ^= 1;
}

/** Within the first series, by the table of contents. */
function seriesOffset(block: BlockBytes): number {
  const index = block.get("index")!;
  return Number(new DataView(index.buffer, index.byteOffset).getBigUint64(index.length - 52 + 8)) + 20;
}

/** As a compactor or another import opens the first day. */
function firstDayOf({ table, clock }: Engine) {
  return newDayContext({ table, tenant: "t", day: FIRST_DAY, retentionMs: 0, clock, randomBytes });
}

test("a compactor's lease is waited for, held while the day is written, and given back", async () => {
  const engine = newEngine();
  const context = firstDayOf(engine);
  const compactor = new DayLease(context);
  assert.ok(await compactor.hold());
  const waits: number[] = [];
  let isHeld = false;
  await runImport(engine, readBlocks(BLOCKS), {
    sleep: async (ms) => {
      waits.push(ms);
      engine.nowMs += ms;
    },
    onSamples: () => {
      isHeld ||= waits.length > 0;
    },
  });
  // The other's lease lapses after five minutes.
  assert.deepEqual([waits.length, isHeld], [30, true]);
  const { manifest } = await loadManifest(engine.table, "t", FIRST_DAY);
  assert.deepEqual(manifest.lease, NO_LEASE);
  assert.deepEqual(await samplesOf(engine), samplesOfText());
});

test("of two imports at once the second waits, and stores nothing that the first has stored", async () => {
  const engine = newEngine();
  const first = firstDayOf(engine);
  const lease = new DayLease(first);
  assert.ok(await lease.hold());
  const waits: number[] = [];
  const reports: DayReport[] = [];
  let items = 0;
  await runImport(engine, readBlocks(BLOCKS), {
    onWait: (day) => waits.push(day),
    onDay: (report) => reports.push(report),
    sleep: async () => {
      // Meanwhile the first one ends.
      await lease.release();
      await runImport(engine, readBlocks(BLOCKS));
      items = (await itemsOf(engine.inner as MemoryTable, "CRI")).length;
    },
  });
  assert.deepEqual(waits, [FIRST_DAY]);
  assert.ok(reports.every(({ outcome }) => outcome === "known"));
  assert.equal((await itemsOf(engine.inner as MemoryTable, "CRI")).length, items);
});

test("an import that fails gives the lease back", async () => {
  const engine = newEngine();
  const blocks = readBlocks(BLOCKS);
  flip(blocks[0], "chunks/000001", 40);
  await assert.rejects(runImport(engine, blocks));
  const { manifest } = await loadManifest(engine.table, "t", FIRST_DAY);
  assert.deepEqual(manifest.lease, NO_LEASE);
});

test("what was deleted comes back with another import, and only once", async () => {
  const engine = newEngine();
  await runImport(engine, readBlocks(BLOCKS));
  const place = { table: engine.table, tenant: "t", retentionMs: 0, clock: engine.clock, randomBytes };
  const selector = [newMatcher("=", "zone", "a")];
  await deleteSeries({ ...place, accessKeyId: "" }, [selector], ALL_TIME);
  assert.deepEqual(Object.keys(await samplesOf(engine)), [
    'shop_requests_total{zone="b"}',
    'temp_celsius{zone="b"}',
  ]);
  for (const outcome of ["imported", "known"]) {
    const reports = await runImport(engine, readBlocks(BLOCKS));
    assert.deepEqual(
      reports.map((report) => report.outcome),
      [outcome, outcome],
    );
    assert.deepEqual(await samplesOf(engine), samplesOfText());
    engine.nowMs += DAY_MS;
    const { errors } = await runCompactor(engine);
    assert.deepEqual(errors, []);
    assert.deepEqual(await samplesOf(engine), samplesOfText());
  }
});

test("nothing is stored behind the back of an import that has ended", async () => {
  const engine = newEngine();
  let underWay = 0;
  const slow: Table = Object.create(engine.table);
  slow.putAll = async (items) => {
    underWay++;
    await setImmediate();
    await engine.table.putAll(items);
    underWay--;
  };
  const context = newDayContext({
    table: slow,
    tenant: "t",
    day: FIRST_DAY,
    retentionMs: 0,
    clock: engine.clock,
    randomBytes,
  });
  const endless = async function* (): AsyncGenerator<BulkSeries> {
    for (let i = 0; ; i++) {
      if (underWay > 0) throw new Error("stopped");
      const hash = `00${i.toString(16).padStart(38, "0")}`;
      const labels = [["__name__", `m${i}`]] as const;
      const timestamps = Float64Array.of(FIRST_DAY * DAY_MS);
      yield { hash, labels, samples: { timestamps, values: Float64Array.of(1) } };
    }
  };
  const expected = { series: 1, samples: [1e9, 1e9, 1e9], withoutRuns: new Set<number>() };
  await assert.rejects(storeDay(context, expected, endless()), /stopped/);
  assert.equal(underWay, 0);
});
