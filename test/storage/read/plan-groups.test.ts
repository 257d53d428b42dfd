/** Where groups end, as tables: nothing here touches a table. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DAY_MS, HOUR_MS } from "../../../lib/model/time.ts";
import { NO_DELETIONS } from "../../../lib/storage/deletion/deletion.ts";
import { BUCKET_MS } from "../../../lib/storage/layout/bucket.ts";
import { EMPTY_MANIFEST, type Part } from "../../../lib/storage/layout/manifest.ts";
import { SERIES_BYTES } from "../../../lib/storage/parts/series-data.ts";
import { expectedBytes, planGroup } from "../../../lib/storage/read/plan-groups.ts";

const DAY = 20_780;
const START = DAY * DAY_MS;

/** Series of metrics by the first character of their hash. */
function selected(metrics: string) {
  const hashes = [...metrics].map((metric, i) => `${metric.repeat(8)}${String(i).padStart(32, "0")}`);
  return { labels: [], hashes, days: [] };
}

describe("a group", () => {
  const LIMITS = { wholeBytes: 200, groupBytes: 100 };
  const CASES: readonly (readonly [what: string, metrics: string, bytes: number[], ends: number[]])[] = [
    ["is the whole query if that fits", "aabb", [50, 50, 50, 50], [4]],
    ["ends with a metric", "aabbcc", [40, 40, 40, 40, 40, 40], [2, 4, 6]],
    ["goes on over metrics that fit", "abcdef", [40, 40, 40, 40, 40, 40], [2, 4, 6]],
    ["ends within a metric that does not fit", "aaaaaa", [40, 40, 40, 40, 40, 40], [2, 4, 6]],
    ["does not end with a metric that is next to nothing", "abbbbbb", [5, 40, 40, 40, 40, 40, 40], [3, 5, 7]],
    ["is all that is left if that fits beside another", "aabbc", [90, 90, 30, 30, 30], [1, 2, 5]],
    ["has one series at least", "abc", [500, 10, 500], [1, 2, 3]],
  ];
  for (const [what, metrics, bytes, expected] of CASES) {
    test(what, () => {
      const series = selected(metrics);
      const ends: number[] = [];
      for (let start = 0; start < metrics.length; start = ends[ends.length - 1]) {
        ends.push(planGroup(series, Float64Array.from(bytes), start, 1, LIMITS));
      }
      assert.deepEqual(ends, expected);
    });
  }

  test("is smaller where series have taken more than was expected", () => {
    const ends = [0.5, 1, 2, 10].map((factor) =>
      planGroup(
        selected("abcdefgh"),
        Float64Array.from("abcdefgh", () => 30),
        1,
        factor,
        LIMITS,
      ),
    );
    assert.deepEqual(ends, [7, 4, 2, 2]);
  });
});

describe("what a series is expected to take", () => {
  const nowMs = START + 10 * HOUR_MS;
  const range = { minTime: START, maxTime: START + DAY_MS };
  const part = (kind: Part["kind"], change: Partial<Part> = {}): Part => {
    const extent = { samples: 1e6, minTime: START, maxTime: START + BUCKET_MS - 1 };
    return { kind, id: "00".repeat(8), bucket: 0, shardBits: 0, createdMs: 0, ...extent, ...change };
  };
  const bytesOf = (parts: Part[], change: object = {}) => {
    const manifest = { ...EMPTY_MANIFEST, parts, flushedToMs: nowMs, ...change };
    const metrics = [{ hash: new Uint8Array(4), total: 2, series: Int32Array.of(1) }];
    const days = [{ day: DAY, shards: [], manifest, deletions: NO_DELETIONS, metrics }];
    const [other, bytes] = expectedBytes({ ...selected("aa"), days }, range, nowMs);
    assert.equal(other, SERIES_BYTES);
    return bytes - SERIES_BYTES;
  };

  test("a sample every 15 s: 1.5 bytes in chunks, 32 in runs and in the log up to now", () => {
    assert.deepEqual(
      [
        bytesOf([part("chunks")]),
        bytesOf([part("run")]),
        bytesOf([part("run", { samples: 3 })]),
        bytesOf([], { flushedToMs: nowMs - HOUR_MS }),
        bytesOf([]),
      ],
      [1920 * 1.5 + 250, 1920 * 32, 3 * 32, 240 * 32, 0],
    );
  });
});
