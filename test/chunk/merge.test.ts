import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { mergeSamples, sortSamples } from "../../lib/chunk/merge.ts";
import type { Samples } from "../../lib/model/samples.ts";
import { columnBits } from "../helpers/write-requests.ts";
import { printSamples, samplesOf } from "./bits.ts";

/** Signalling NaNs that tell samples apart by their payload. */
function numbered(timestamps: readonly number[], first = 1): Samples {
  return samplesOf(
    timestamps,
    timestamps.map((_, i) => 0x7ff0000000000000n + BigInt(first + i)),
  );
}

function sortNaively(samples: Samples): string[] {
  const last = new Map(printSamples(samples).map((line, i) => [samples.timestamps[i], line]));
  return [...last].sort(([a], [b]) => a - b).map(([, line]) => line);
}

function sort({ timestamps, values }: Samples): Samples {
  return sortSamples({ timestamps, values }, timestamps.length);
}

describe("sortSamples: time:arrival", () => {
  const cases: [string, number[], string][] = [
    ["nothing", [], ""],
    ["one", [5], "5:1"],
    ["ascending", [1, 2, 3], "1:1 2:2 3:3"],
    ["descending", [3, 2, 1], "1:3 2:2 3:1"],
    ["the last of a time wins", [1, 1, 1], "1:3"],
    ["the last wins across runs", [1, 2, 3, 2, 3, 4, 1], "1:7 2:4 3:5 4:6"],
    ["a run within another", [1, 5, 9, 2, 3, 4], "1:1 2:4 3:5 4:6 5:2 9:3"],
    ["before the epoch", [0, -1, 1], "-1:2 0:1 1:3"],
  ];
  for (const [name, timestamps, expected] of cases) {
    test(name, () => {
      const lines = printSamples(sort(numbered(timestamps)));
      assert.equal(lines.map((line) => line.replace(/:7ff0+/, ":")).join(" "), expected);
    });
  }
});

test("agrees with a map of the last sample of each time", () => {
  const ascending = fc
    .uniqueArray(fc.integer({ min: -50, max: 200 }), { maxLength: 90 })
    .map((times) => times.sort((a, b) => a - b));
  const arrival = fc.oneof(
    fc.array(fc.integer({ min: -20, max: 60 })),
    fc.array(ascending, { maxLength: 8 }).map((runs) => runs.flat()),
  );
  fc.assert(
    fc.property(arrival, (timestamps) => {
      const samples = numbered(timestamps);
      assert.deepEqual(printSamples(sort(samples)), sortNaively(samples));
      const startTimestamps = Float64Array.from(timestamps, (_, i) => i + 1);
      const sorted = sortSamples({ ...samples, startTimestamps }, timestamps.length);
      assert.deepEqual(printSamples(sorted), sortNaively(samples));
      const numbers = columnBits(sorted.values).map((bits) => Number(bits & 0xffffffffn));
      assert.deepEqual([...sorted.startTimestamps!], numbers, "each start stays with its sample");
    }),
    { numRuns: 2000 },
  );
});

test("takes only the first samples, from columns with an offset, and returns memory of its own", () => {
  for (const timestamps of [
    [9, 1, 2, 3, 0],
    [9, 3, 2, 1, 0],
  ]) {
    const whole = numbered(timestamps);
    const [times, values] = [whole.timestamps.subarray(1), whole.values.subarray(1)];
    const sorted = sortSamples({ timestamps: times, values }, 3);
    whole.timestamps.fill(0);
    whole.values.fill(0);
    assert.deepEqual(Array.from(sorted.timestamps), [1, 2, 3]);
    assert.equal(
      printSamples(sorted)
        .join()
        .match(/7ff00000/g)?.length,
      3,
    );
    const memory = [...new Set([sorted.timestamps.buffer, sorted.values.buffer])];
    assert.equal(
      memory.reduce((bytes, { byteLength }) => bytes + byteLength, 0),
      2 * 24,
    );
  }
});

test("mergeSamples: a later part wins, whatever the order of times", () => {
  const merged = mergeSamples([
    numbered([5, 6, 7], 1),
    numbered([1, 6], 4),
    numbered([], 9),
    numbered([7, 0], 6),
  ]);
  const lines = printSamples(merged).map((line) => line.replace(/:7ff0+/, ":"));
  assert.deepEqual(lines, ["0:7", "1:4", "5:1", "6:5", "7:6"]);
  assert.deepEqual(printSamples(mergeSamples([])), []);
  assert.deepEqual(Array.from(mergeSamples([numbered([2, 1])]).timestamps), [1, 2]);
});
