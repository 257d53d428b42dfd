/** Native histograms from plain data and from chance, and what two of them have in common. */
import { inspect } from "node:util";
import fc from "fast-check";
import { bucketIndices, spansOf, staleHistogram } from "../../lib/histogram/spans.ts";
import type { Buckets, CounterResetHint, Histogram } from "../../lib/model/histogram.ts";
import { bitsOf } from "./write-requests.ts";

/** Buckets from `[index, count]`, by ascending index. */
export function bucketsOf(...counts: readonly (readonly [index: number, count: number])[]): Buckets {
  return {
    spans: spansOf(Float64Array.from(counts, ([index]) => index)),
    counts: Float64Array.from(counts, ([, count]) => count),
  };
}

/** A histogram of schema 0 with whole counts that add up; what is given replaces that. */
export function histogram(fields: Partial<Histogram> = {}): Histogram {
  const { positive = bucketsOf([0, 1], [1, 2], [4, 3]), negative = bucketsOf(), zeroCount = 0 } = fields;
  const count = [...positive.counts, ...negative.counts, zeroCount].reduce((total, one) => total + one, 0);
  return {
    kind: "integer",
    counterResetHint: "unknown",
    schema: 0,
    zeroThreshold: 0,
    sum: 1.5,
    customBounds: new Float64Array(0),
    isStale: false,
    ...fields,
    positive,
    negative,
    zeroCount,
    count: fields.count ?? count,
  };
}

/** What a histogram says, whatever way its spans are spelled: empty buckets are left away. */
export function meaningOf(one: Histogram) {
  if (one.isStale) return { kind: one.kind, isStale: true, positive: [], negative: [] };
  const { kind, schema, zeroThreshold, zeroCount, count, sum } = one;
  const sides = { positive: filledBuckets(one.positive), negative: filledBuckets(one.negative) };
  return {
    kind,
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum: bitsOf(sum),
    ...sides,
    bounds: [...one.customBounds],
  };
}

function filledBuckets({ spans, counts }: Buckets): string[] {
  const indices = bucketIndices(spans);
  return Array.from(counts, (count, i) => `${indices[i]}:${count}`).filter((_, i) => counts[i] !== 0);
}

/** What two histograms must have in common to be the same: also whether they are gauges. */
export function histogramText(one: Histogram): string {
  return inspect(
    { ...meaningOf(one), isGauge: one.counterResetHint === "gauge" },
    { depth: 4, breakLength: 1e6, maxArrayLength: null },
  );
}

const whole = fc.oneof(fc.nat(20), fc.nat(2 ** 31), fc.maxSafeNat());
const hint = fc.constantFrom<CounterResetHint>(
  "unknown",
  "unknown",
  "unknown",
  "not reset",
  "reset",
  "gauge",
);

function side(count: fc.Arbitrary<number>): fc.Arbitrary<Buckets> {
  return fc
    .uniqueArray(fc.tuple(fc.integer({ min: -12, max: 12 }), count), {
      selector: ([index]) => index,
      maxLength: 7,
    })
    .map((counts) => bucketsOf(...counts.toSorted(([a], [b]) => a - b)));
}

const float = fc.oneof(
  fc.double({ min: 0, noNaN: true }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY),
  fc.nat(9),
);
const fields = {
  counterResetHint: hint,
  schema: fc.constantFrom(-4, 0, 3, 3, 3, 8),
  zeroThreshold: fc.constantFrom(0.001, 0.001, 0, 2 ** -128, 2 ** -244, 3),
  sum: fc.oneof(fc.double(), fc.constant(-0)),
};

/** Whole counts up to 2^53 - 1, which need not add up. */
const integer: fc.Arbitrary<Histogram> = fc
  .record({ ...fields, positive: side(whole), negative: side(whole), zeroCount: whole, count: whole })
  .map((some) => histogram(some));

const floats: fc.Arbitrary<Histogram> = fc
  .record({ ...fields, positive: side(float), negative: side(float), zeroCount: float, count: float })
  .map((some) => histogram({ ...some, kind: "float" }));

const custom: fc.Arbitrary<Histogram> = fc
  .record({
    positive: side(whole),
    bounds: fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 40 }),
  })
  .map(({ positive, bounds }) => {
    const customBounds = Float64Array.from(bounds).sort();
    const indices = bucketIndices(positive.spans);
    const kept = [...indices].flatMap((index, i) =>
      index >= 0 && index <= customBounds.length ? [[index, positive.counts[i]] as const] : [],
    );
    return histogram({ schema: -53, customBounds, positive: bucketsOf(...kept), count: kept.length });
  });

const stale = fc
  .tuple(fc.constantFrom<Histogram["kind"]>("integer", "float"), hint)
  .map(([kind, counterResetHint]) => staleHistogram(kind, counterResetHint));

export const anyHistogram: fc.Arbitrary<Histogram> = fc.oneof(
  { arbitrary: integer, weight: 5 },
  { arbitrary: floats, weight: 4 },
  { arbitrary: custom, weight: 2 },
  { arbitrary: stale, weight: 1 },
);

/** A counter that grows, bucket by bucket, with an accident now and then. */
export const grownHistograms: fc.Arbitrary<Histogram[]> = fc
  .tuple(
    fc.constantFrom<Histogram["kind"]>("integer", "float"),
    fc.array(
      fc.record({
        grown: fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.nat(5)), { maxLength: 4 }),
        fate: fc.nat(30),
      }),
      { maxLength: 40 },
    ),
  )
  .map(([kind, steps]) => {
    const counts = new Map<number, number>();
    return steps.map(({ grown, fate }) => {
      if (fate === 0) counts.clear();
      for (const [index, count] of grown) counts.set(index, (counts.get(index) ?? 0) + count);
      if (fate === 1) return staleHistogram(kind, "unknown");
      const schema = fate === 2 ? 5 : 2;
      const positive = bucketsOf(...[...counts].toSorted(([a], [b]) => a - b));
      return histogram({ kind, schema, positive });
    });
  });
