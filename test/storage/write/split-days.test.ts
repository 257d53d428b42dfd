/** Accepted samples by day: the short way for whole batches of one day finds what the long way finds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { Rejections } from "../../../lib/model/rejections.ts";
import type { AppendBatch } from "../../../lib/model/sample-batch.ts";
import { DAY_MS } from "../../../lib/model/time.ts";
import { BatchSeries } from "../../../lib/storage/series/batch-series.ts";
import { seriesHash } from "../../../lib/storage/series/series-hash.ts";
import { REJECTED, SeriesRegistry } from "../../../lib/storage/series/series-registry.ts";
import { acceptFloats } from "../../../lib/storage/write/accept-batch.ts";
import { splitIndices } from "../../../lib/storage/write/locate-series.ts";
import { splitByDay } from "../../../lib/storage/write/split-days.ts";

const DAY = 20_000;
const OLDEST = (DAY - 1) * DAY_MS;
const NEWEST = (DAY + 2) * DAY_MS - 1;

/** One byte of each series stands for its labels; 0 stands for labels that are refused. */
function newBatch(
  samples: readonly (readonly [series: number, time: number])[],
  seriesCount: number,
): AppendBatch {
  const bytes = Uint8Array.from({ length: seriesCount }, (_, i) => i);
  return {
    bytes,
    seriesCount,
    labelStarts: Int32Array.from(bytes),
    labelEnds: Int32Array.from(bytes, (i) => i + 1),
    sampleCount: samples.length,
    sampleSeries: Int32Array.from(samples, ([series]) => series),
    timestamps: Float64Array.from(samples, ([, time]) => time),
    values: new Float64Array(samples.length),
    startTimestamps: undefined,
    decodeLabels: (all, start) => [["__name__", all[start] === 0 ? "" : `m${all[start]}`]],
  };
}

const sample = fc.tuple(
  fc.integer({ min: 0, max: 9 }),
  fc.oneof(
    fc.integer({ min: DAY * DAY_MS, max: (DAY + 1) * DAY_MS - 1 }),
    fc.integer({ min: OLDEST - DAY_MS, max: NEWEST + DAY_MS }),
    fc.constantFrom(OLDEST, NEWEST, DAY * DAY_MS, (DAY + 1) * DAY_MS, OLDEST - 1, NEWEST + 1),
  ),
);
const whole = fc.tuple(
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: DAY * DAY_MS, max: (DAY + 1) * DAY_MS - 1 }),
);

test("samples are split by day and shard, refused ones left out", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.array(whole), fc.array(sample)),
      fc.integer({ min: 1, max: 8 }),
      (unsorted, bits) => {
        const samples = unsorted.toSorted(([a], [b]) => a - b);
        const batch = newBatch(samples, 10);
        const random = (count: number) => new Uint8Array(count).fill(7);
        const registry = new SeriesRegistry(DEFAULT_LIMITS, seriesHash, random);
        const series = new BatchSeries(batch, 0, 10, registry, DEFAULT_LIMITS);
        const times = {
          nowMs: NEWEST,
          oldest: OLDEST,
          newest: NEWEST,
          days: new Set<number>(),
          maxDays: 2,
          hourDays: new Set<number>(),
          maxHourDays: 400,
        };
        const accepted = acceptFloats(batch, series, times, new Rejections());
        const expected = new Map<number, number[]>();
        const days = new Set<number>();
        samples.forEach(([one, time], i) => {
          const day = Math.floor(time / DAY_MS);
          const isTaken = one !== 0 && time >= OLDEST && time <= NEWEST && (days.has(day) || days.size < 2);
          assert.equal(accepted.series[i] !== REJECTED, isTaken);
          if (!isTaken) return;
          days.add(day);
          expected.set(day, [...(expected.get(day) ?? []), i]);
        });
        const split = splitByDay(accepted);
        assert.deepEqual(new Map([...split].map(([day, indices]) => [day, [...indices]])), expected);
        for (const indices of split.values()) {
          const shards = splitIndices({ ...accepted, indices }, bits, series);
          const prefix = (i: number) => series.hash(accepted.series[i])[0] >>> (8 - bits);
          const wanted = Array.from({ length: 2 ** bits }, (_, shard) =>
            [...indices].filter((i) => prefix(i) === shard),
          );
          assert.deepEqual(
            shards.map((shard) => [...shard]),
            wanted,
          );
        }
      },
    ),
    { numRuns: 300 },
  );
});
