/** What is worth doing and what is read, as tables: nothing here touches a table. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import {
  BUCKET_GRACE_MS,
  FLUSH_INTERVAL_MS,
  isSettled,
  isWorthFlushing,
  LATE_RUN_MS,
  MAX_CHUNK_PARTS,
  MAX_INDEX_PARTS,
  planChunking,
  planFlush,
  planIndexMerge,
  SMALL_FLUSH_INTERVAL_MS,
  SMALL_RUN_SAMPLES,
} from "../../../lib/storage/compact/plan-compaction.ts";
import { BUCKET_MS } from "../../../lib/storage/layout/bucket.ts";
import {
  EMPTY_MANIFEST,
  type IndexPart,
  type Manifest,
  type Part,
} from "../../../lib/storage/layout/manifest.ts";
import { chunkRange, chunkSpanRange, runRange } from "../../../lib/storage/layout/part-keys.ts";
import { SETTLE_MS } from "../../../lib/storage/log/settling.ts";
import type { FoundMetric } from "../../../lib/storage/read/find-series.ts";
import { planDay } from "../../../lib/storage/read/read-plan.ts";

const DAY = 20_780;
const START = DAY * DAY_MS;
const CLOSED = START + BUCKET_MS + BUCKET_GRACE_MS;
let ids = 0;

function part(kind: Part["kind"], change: Partial<Part> = {}): Part {
  const id = (++ids).toString(16).padStart(16, "0");
  const extent = { samples: 100, minTime: START, maxTime: START + HOUR_MS };
  return { kind, id, bucket: 0, shardBits: 0, createdMs: START + HOUR_MS, ...extent, ...change };
}

describe("flush", () => {
  test("nothing younger than a settle time, and each record once", () => {
    const nowMs = START + 12 * HOUR_MS;
    const flushedToMs = nowMs - 2 * HOUR_MS;
    const plan = planFlush({ ...EMPTY_MANIFEST, flushedToMs, parts: [part("run")] }, nowMs);
    assert.deepEqual(plan, { kind: "flush", fromMs: flushedToMs + 1, toMs: nowMs - SETTLE_MS });
  });

  test("not again before its time, and never backwards", () => {
    const nowMs = START + 12 * HOUR_MS;
    for (const flushedToMs of [nowMs - SETTLE_MS - MINUTE_MS, nowMs - SETTLE_MS, nowMs + HOUR_MS]) {
      assert.equal(planFlush({ ...EMPTY_MANIFEST, flushedToMs, parts: [part("run")] }, nowMs), undefined);
    }
  });

  /** Of a day flushed up to START, with these runs: after how long the next flush is due. */
  function intervalOf(parts: readonly Part[], isEager = false): number | undefined {
    const manifest = { ...EMPTY_MANIFEST, flushedToMs: START, parts };
    const dueAfter = (ms: number) => planFlush(manifest, START + SETTLE_MS + ms, { isEager }) !== undefined;
    return [1, FLUSH_INTERVAL_MS, SMALL_FLUSH_INTERVAL_MS].find((ms) => dueAfter(ms) && !dueAfter(ms - 1));
  }
  const runs = (...all: readonly (readonly [minutesAgo: number, samples: number, bucket?: number])[]) =>
    all.map(([minutes, samples, bucket = 0]) =>
      part("run", { createdMs: START - minutes * MINUTE_MS, samples, bucket }),
    );
  const MUCH = SMALL_RUN_SAMPLES;
  const INTERVALS: readonly (readonly [what: string, parts: Part[], intervalMs: number])[] = [
    ["without a run, as if there was much", [], FLUSH_INTERVAL_MS],
    ["with only chunks, the same", [part("chunks")], FLUSH_INTERVAL_MS],
    ["a first run of much", runs([0, MUCH]), FLUSH_INTERVAL_MS],
    ["a first run of little", runs([0, MUCH - 1]), SMALL_FLUSH_INTERVAL_MS],
    ["much in an hour is little in ten minutes", runs([60, 1], [0, 6 * MUCH - 1]), SMALL_FLUSH_INTERVAL_MS],
    ["so much in an hour is much", runs([60, 1], [0, 6 * MUCH]), FLUSH_INTERVAL_MS],
    ["little in less time is much", runs([5, 1], [0, MUCH / 2]), FLUSH_INTERVAL_MS],
    ["a run of the same flush says nothing", runs([0, 1, 1], [0, MUCH]), FLUSH_INTERVAL_MS],
    ["nor one of another bucket", runs([60, 1, 1], [0, MUCH]), FLUSH_INTERVAL_MS],
  ];
  for (const [what, parts, intervalMs] of INTERVALS) {
    test(`interval: ${what}`, () => assert.equal(intervalOf(parts), intervalMs));
  }

  test("an eager one is due at once, whatever came before", () => {
    assert.deepEqual([intervalOf(runs([0, 1]), true), intervalOf(runs([0, MUCH]), true)], [1, 1]);
    const nowMs = START + SETTLE_MS;
    assert.equal(planFlush({ ...EMPTY_MANIFEST, flushedToMs: START }, nowMs, { isEager: true }), undefined);
  });

  test("a day's first records wait for an interval's, later ones do not", () => {
    const plan = { kind: "flush", fromMs: 1, toMs: START + FLUSH_INTERVAL_MS } as const;
    const isWorth = (flushedToMs: number, firstMs: number) =>
      isWorthFlushing({ ...EMPTY_MANIFEST, flushedToMs }, plan, firstMs);
    assert.deepEqual(
      [isWorth(0, START), isWorth(0, START + 1), isWorth(START - 1, START + FLUSH_INTERVAL_MS)],
      [true, false, true],
    );
  });
});

describe("chunking", () => {
  const run = part("run");
  const other = part("run", { bucket: 1 });
  const chunks = Array.from({ length: MAX_CHUNK_PARTS }, () => part("chunks"));
  const late = part("run", { createdMs: CLOSED });
  const final = part("run", { isFinal: true });
  const CASES: readonly (readonly [
    what: string,
    parts: Part[],
    flushedToMs: number,
    nowMs: number,
    inputs: Part[],
  ])[] = [
    ["no parts", [], CLOSED, CLOSED, []],
    ["an open bucket", [run], CLOSED, CLOSED - 1, []],
    ["a closed bucket", [run], CLOSED, CLOSED, [run]],
    ["a closed bucket with log of its time", [run], START + BUCKET_MS - 1, CLOSED, []],
    ["a closed bucket beside an open one", [other, run], CLOSED, CLOSED, [run]],
    ["late samples at first", [chunks[0], late], CLOSED, CLOSED + LATE_RUN_MS - 1, []],
    ["late samples in the end", [chunks[0], late], CLOSED, CLOSED + LATE_RUN_MS, [late]],
    ["too many chunk parts", [...chunks, late], CLOSED, CLOSED + LATE_RUN_MS, [...chunks, late]],
    [
      "a final run is taken in",
      [chunks[0], final, late],
      CLOSED,
      CLOSED + LATE_RUN_MS,
      [chunks[0], final, late],
    ],
  ];
  for (const [what, parts, flushedToMs, nowMs, inputs] of CASES) {
    test(what, () => {
      const plan = planChunking({ ...EMPTY_MANIFEST, flushedToMs, parts }, DAY, nowMs);
      assert.deepEqual(
        plan,
        inputs.length === 0 ? undefined : { kind: "chunk", bucket: 0, inputs, sparseSamples: 0 },
      );
    });
  }

  test("a day is settled when it is over and without runs", () => {
    const over = START + DAY_MS + BUCKET_GRACE_MS;
    const settled = (parts: Part[], nowMs: number) => isSettled({ ...EMPTY_MANIFEST, parts }, DAY, nowMs);
    assert.deepEqual(
      [settled(chunks, over), settled(chunks, over - 1), settled([run], over)],
      [true, false, false],
    );
  });
});

describe("merging the index", () => {
  const over = START + DAY_MS + BUCKET_GRACE_MS;
  const partsOf = (...sizes: number[]) =>
    sizes.map((series, i) => ({ id: `${i}`, shardBits: 0, createdMs: START, series, blocks: 1 }));
  const merged = (index: IndexPart[], nowMs: number, parts: Part[] = []) =>
    planIndexMerge({ ...EMPTY_MANIFEST, index, parts }, DAY, nowMs)?.inputs.map(({ series }) => series);
  const full = Array.from({ length: MAX_INDEX_PARTS }, (_, i) => i + 1);

  test("not while there are few", () => {
    assert.equal(merged(partsOf(...full), over - 1), undefined);
  });

  test("the smallest of too many, and what is no larger than they are together", () => {
    assert.deepEqual(merged(partsOf(10_000, 3, 5, 4, 400, 2, 13), over - 1), [2, 3, 4, 5, 13]);
    assert.deepEqual(merged(partsOf(1, 1, 1, 1, 4, 8, 16), over - 1), [1, 1, 1, 1, 4, 8, 16]);
    assert.deepEqual(merged(partsOf(9, 9, 9, 9, 37, 80, 200), over - 1), [9, 9, 9, 9]);
  });

  test("all of a day that is over and in chunks; one part is left alone", () => {
    assert.deepEqual(merged(partsOf(10_000, 1), over), [10_000, 1]);
    assert.equal(merged(partsOf(10_000, 1), over, [part("run")]), undefined);
    assert.equal(merged(partsOf(10_000), over), undefined);
  });
});

describe("reading a day", () => {
  /** Metrics of the shards 0 and 3 (of 4). */
  const low = { hash: Uint8Array.of(0x10, 0, 0, 0), total: 8, series: ["10aa", "10bb"] };
  const rare = { hash: Uint8Array.of(0x11, 0, 0, 0), total: 100, series: ["11bb", "11aa"] };
  const high = { hash: Uint8Array.of(0xf0, 0, 0, 0), total: 1, series: ["f0aa"] };
  const pad = (hex: string) => hex.padEnd(40, "0");
  const metrics = [low, rare, high].map((metric) => ({ ...metric, series: metric.series.map(pad) }));
  const query = { tenant: "t", day: DAY, minTime: START, maxTime: START + DAY_MS - 1, maxFutureMs: 600_000 };
  const shards = [0, 2].flatMap((bits) =>
    Array.from({ length: 2 ** bits }, (_, prefix) => ({ bits, prefix })),
  );

  /** The plan for some of the day's metrics, all unless others are named. */
  const planned = (manifest: Partial<Manifest>, some: FoundMetric[], all = some) =>
    planDay(query, { manifest: { ...EMPTY_MANIFEST, ...manifest }, shards, metrics: all }, some);

  test("parts in order, runs by shard, chunks by span where most of a metric is wanted, else one by one", () => {
    const run = part("run", { shardBits: 2 });
    const chunks = part("chunks");
    const plan = planned({ parts: [chunks, run] }, metrics);
    const place = { tenant: "t", day: DAY, bucket: 0, part: chunks.id, shard: { bits: 0, prefix: 0 } };
    const span = (first: string, last: string, spanSeries: number) => ({
      kind: "chunks",
      range: chunkSpanRange(place, pad(first), pad(last)),
      part: chunks,
      spanSeries,
    });
    assert.deepEqual(plan.parts, [
      span("10aa", "10bb", 8),
      span("11aa", "11aa", 1),
      span("11bb", "11bb", 1),
      span("f0aa", "f0aa", 1),
      { kind: "run", range: runRange("t", DAY, run.id, { bits: 2, prefix: 0 }), part: run },
      { kind: "run", range: runRange("t", DAY, run.id, { bits: 2, prefix: 3 }), part: run },
    ]);
  });

  test("a partition of many metrics is read whole", () => {
    const chunks = part("chunks", { bucket: 2 });
    const plan = planned({ parts: [chunks] }, [...metrics, metrics[0]]);
    const place = { tenant: "t", day: DAY, bucket: 2, part: chunks.id, shard: { bits: 0, prefix: 0 } };
    assert.deepEqual(plan.parts, [
      { kind: "chunks", range: chunkRange(place), part: chunks, isFilled: true },
    ]);
  });

  test("a partition is not read whole for a group that wants less of it than the query", () => {
    const chunks = part("chunks");
    const four = [...metrics, metrics[2]];
    for (const [all, reads] of [
      [[...four, metrics[2]], 1],
      [[...four, ...metrics], 5],
    ] as const) {
      assert.equal(planned({ parts: [chunks] }, four, [...all]).parts.length, reads);
    }
  });

  test("parts of other times and shards without a selected metric are left out", () => {
    const parts = [
      part("run", { minTime: START - 2, maxTime: START - 1 }),
      part("run", { minTime: START + DAY_MS }),
    ];
    const plan = planned({ parts }, metrics);
    assert.deepEqual(plan.parts, []);
    assert.deepEqual(plan.log.shards, [
      { bits: 0, prefix: 0 },
      { bits: 2, prefix: 0 },
      { bits: 2, prefix: 3 },
    ]);
  });

  test("the log from the watermark on, or from where a sample of the range can have been received first", () => {
    const from = (flushedToMs: number) => planned({ flushedToMs }, metrics).log.receivedFromMs;
    assert.deepEqual([from(0), from(START + HOUR_MS)], [START - 600_000, START + HOUR_MS + 1]);
  });
});
