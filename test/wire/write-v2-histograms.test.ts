/** Native histograms in remote write 2.0. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { histogram, meaningOf } from "../helpers/histograms.ts";
import { encodeV2 } from "../helpers/write-v2-requests.ts";
import { fromHex } from "./prometheus-proto.ts";
import { decode, SEED, UP } from "./write-v2-batches.ts";

describe("histograms", () => {
  const SIDES = {
    positiveSpans: [
      { offset: -2, length: 2 },
      { offset: 3, length: 1 },
    ],
    negativeSpans: [{ offset: 1, length: 1 }],
  };
  const INTEGER = {
    ...SIDES,
    countInt: 12,
    zeroCountInt: 1,
    sum: 2.5,
    schema: 3,
    zeroThreshold: 0.001,
    positiveDeltas: [2, 1, -2],
    negativeDeltas: [5],
    timestamp: 5,
    startTimestamp: 3,
    resetHint: "RESET_HINT_NO",
  };
  const meaning = (fields: object) => {
    const { histograms, rejections } = decode(encodeV2([{ labels: UP.labels, histograms: [{ ...fields }] }]));
    assert.deepEqual(rejections.reasons, []);
    return { hint: histograms[0].histogram.counterResetHint, ...meaningOf(histograms[0].histogram) };
  };

  test("of whole counts", () => {
    assert.deepEqual(meaning(INTEGER), {
      hint: "not reset",
      kind: "integer",
      schema: 3,
      zeroThreshold: 0.001,
      zeroCount: 1,
      count: 12,
      sum: 0x4004000000000000n,
      positive: ["-2:2", "-1:3", "3:1"],
      negative: ["1:5"],
      bounds: [],
    });
  });

  test("of floats, gauges", () => {
    const fields = {
      ...SIDES,
      countFloat: 7.5,
      zeroCountFloat: 0.5,
      positiveCounts: [1.5, 0, 2],
      negativeCounts: [3.5],
      resetHint: "RESET_HINT_GAUGE",
    };
    const { hint, kind, count, zeroCount, positive, negative } = meaning(fields) as ReturnType<
      typeof meaning
    > & {
      count: number;
      zeroCount: number;
    };
    assert.deepEqual([hint, kind, count, zeroCount], ["gauge", "float", 7.5, 0.5]);
    assert.deepEqual([positive, negative], [["-2:1.5", "3:2"], ["1:3.5"]]);
  });

  test("with custom buckets, and of a schema finer than 8", () => {
    const custom = {
      schema: -53,
      countInt: 3,
      positiveSpans: [{ offset: 1, length: 2 }],
      positiveDeltas: [1, 1],
    };
    assert.deepEqual(
      (meaning({ ...custom, customValues: [0.5, 1] }) as { bounds: number[] }).bounds,
      [0.5, 1],
    );
    const fine = {
      schema: 9,
      countInt: 3,
      positiveSpans: [{ offset: 1, length: 2 }],
      positiveDeltas: [1, 1],
    };
    assert.deepEqual(meaning(fine).positive, ["1:3"]);
  });

  test("a staleness marker needs nothing else to be right", () => {
    const stale = "19 020000000000f07f";
    const batch = decode(fromHex(`22 00 2a 0d 1a 0b ${stale} 08 05`));
    assert.equal(batch.histograms[0].histogram.isStale, true);
  });

  const BAD: readonly (readonly [string, object, RegExp])[] = [
    [
      "counts that do not add up",
      { ...INTEGER, countInt: 13 },
      /histogram at 5: 12 observations in the buckets, but a count of 13/,
    ],
    [
      "a bucket below zero",
      { ...INTEGER, positiveDeltas: [2, -3, 1] },
      /positive bucket 2 has a count of -1/,
    ],
    [
      "spans without counts",
      { ...INTEGER, positiveDeltas: [2] },
      /positive spans have 3 buckets, but 1 counts/,
    ],
    ["2^32 buckets", { ...INTEGER, positiveSpans: [{ offset: 0, length: 4294967295 }] }, /beyond 32 bits/],
    ["a count of 2^63", { ...INTEGER, countInt: "9223372036854775808" }, /at most 2\^53 - 1/],
    ["a delta of 2^62", { ...INTEGER, negativeDeltas: ["4611686018427387904"] }, /at most 2\^53 - 1/],
    ["bounds that do not ascend", { schema: -53, customValues: [2, 1] }, /custom bounds do not ascend: 2, 1/],
    ["schema 53", { schema: 53 }, /schema 53/],
  ];
  for (const [name, fields, reason] of BAD) {
    test(`${name}: refused, and the rest of its series is taken`, () => {
      const batch = decode(encodeV2([{ ...UP, histograms: [{ ...fields }, INTEGER] }]));
      assert.deepEqual([batch.sampleCount, batch.histograms.length, batch.rejections.count], [1, 1, 1]);
      assert.match(batch.rejections.reasons[0], reason);
      assert.match(batch.rejections.reasons[0], /^series up\{job="a"\}: /);
    });
  }

  test("any histogram comes back", () => {
    const count = fc.nat(1000);
    const side = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), count), { maxLength: 8 });
    fc.assert(
      fc.property(side, side, count, (positive, negative, zero) => {
        const encoded = (prefix: string, buckets: [number, number][]) => ({
          [`${prefix}Spans`]: buckets.map(([offset]) => ({ offset, length: 1 })),
          [`${prefix}Deltas`]: buckets.map(([, one], i) => one - (i === 0 ? 0 : buckets[i - 1][1])),
        });
        const plain = (buckets: [number, number][]) => ({
          spans: buckets.map(([offset]) => ({ offset, length: 1 })),
          counts: Float64Array.from(buckets, ([, one]) => one),
        });
        const expected = histogram({ positive: plain(positive), negative: plain(negative), zeroCount: zero });
        const { kind: _, ...said } = meaningOf(expected);
        const fields = { countInt: expected.count, zeroCountInt: zero, sum: 1.5 };
        const {
          kind: __,
          hint: ___,
          ...came
        } = meaning({ ...fields, ...encoded("positive", positive), ...encoded("negative", negative) });
        assert.deepEqual(came, said);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
