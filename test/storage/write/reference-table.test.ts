/** Places of a batch's series, some of which the registry remembers: always those that the table has. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Label } from "../../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { Rejections } from "../../../lib/model/rejections.ts";
import { BatchSeries } from "../../../lib/storage/series/batch-series.ts";
import { HASH_WORDS, newHashFactors, wordsOf } from "../../../lib/storage/series/hash-index.ts";
import { seriesHash } from "../../../lib/storage/series/series-hash.ts";
import { SeriesRegistry, UNKNOWN } from "../../../lib/storage/series/series-registry.ts";
import {
  NO_DICTIONARY,
  placeOf,
  ReferenceTable,
  SEVERAL,
} from "../../../lib/storage/write/reference-table.ts";
import { batchOf } from "../../helpers/write-requests.ts";

const SERIES = 6;
const fixedBytes = (count: number) => new Uint8Array(count).fill(7);
const newRegistry = () => new SeriesRegistry(DEFAULT_LIMITS, seriesHash, fixedBytes);
const newTable = () => new ReferenceTable(newHashFactors(fixedBytes));

const labelsOf = (i: number): Label[] => [
  ["__name__", "up"],
  ["instance", `host-${i}`],
];
const wordsOfSeries = Array.from({ length: SERIES }, (_, i) => wordsOf(seriesHash(labelsOf(i))));

/** A batch of the series, their numbers its order. */
function resolved(registry: SeriesRegistry, series: readonly number[]): BatchSeries {
  const batch = batchOf(...series.map((i) => ({ labels: labelsOf(i), samples: [] })));
  const ofBatch = new BatchSeries(batch, 0, series.length, registry, DEFAULT_LIMITS);
  for (let i = 0; i < series.length; i++) assert.equal(ofBatch.resolve(i, new Rejections()), i);
  return ofBatch;
}

/** The places of all series of a batch, and the dictionary that has them. */
function placesIn(table: ReferenceTable, ofBatch: BatchSeries) {
  const numbers = Int32Array.from({ length: ofBatch.count }, (_, i) => i);
  const places = new Int32Array(ofBatch.count).fill(UNKNOWN);
  const dictionary = table.findPlaces(ofBatch, numbers, numbers, places);
  return { places: [...places], dictionary };
}

const ALL = Array.from({ length: SERIES }, (_, i) => i);

/** Makes the registry forget, and give series other numbers. */
function renumber(registry: SeriesRegistry, order: readonly number[]): void {
  const { epoch } = registry;
  registry.limit(1);
  registry.limit(Number.POSITIVE_INFINITY);
  assert.notEqual(registry.epoch, epoch);
  resolved(registry, order);
}

type Step =
  | { readonly kind: "set"; readonly table: number; readonly series: number; readonly reference: number }
  | {
      readonly kind: "look";
      readonly table: number;
      readonly series: readonly number[];
      readonly keeps: boolean;
      readonly order: readonly number[] | undefined;
    }
  | { readonly kind: "keep"; readonly table: number; readonly count: number };

const table = fc.integer({ min: 0, max: 1 });
const series = fc.integer({ min: 0, max: SERIES - 1 });
const set = fc.record({
  kind: fc.constant("set" as const),
  table,
  series,
  reference: fc.integer({ min: 0, max: 3 }),
});
const look = fc.record({
  kind: fc.constant("look" as const),
  table,
  series: fc.shuffledSubarray(ALL, { minLength: 1 }),
  keeps: fc.integer({ min: 0, max: 7 }).map((one) => one === 7),
  order: fc.option(fc.shuffledSubarray(ALL, { minLength: SERIES }), { nil: undefined, freq: 8 }),
});
const keep = fc.record({
  kind: fc.constant("keep" as const),
  table,
  count: fc.integer({ min: 0, max: SERIES }),
});
// Mostly what lets the registry remember places.
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: set, weight: 6 },
  { arbitrary: look, weight: 6 },
  { arbitrary: keep, weight: 1 },
);

test("a batch's places are those of the table, whatever was remembered, changed and forgotten", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 40, size: "max" }), (steps) => {
      const registry = newRegistry();
      resolved(registry, ALL);
      const tables = [newTable(), newTable()];
      /** A copy of each that no registry ever looked into. */
      const twins = [newTable(), newTable()];
      for (const one of steps) {
        const [own, twin] = [tables[one.table], twins[one.table]];
        if (one.kind === "set") {
          const place = placeOf(0, one.reference, true);
          for (const each of [own, twin]) each.set(wordsOfSeries[one.series], 0, place);
        } else if (one.kind === "keep") {
          for (const each of [own, twin]) each.keepUsed(one.count);
        } else {
          const ofBatch = resolved(registry, one.series);
          if (one.keeps) ofBatch.keepHashes();
          if (one.order !== undefined) renumber(registry, one.order);
          const { places } = placesIn(own, ofBatch);
          assert.deepEqual(
            places,
            one.series.map((i) => twin.find(wordsOfSeries[i], 0)),
          );
          one.series.forEach((i, number) => {
            const hash = ofBatch.hashes.slice(number * HASH_WORDS, (number + 1) * HASH_WORDS);
            assert.deepEqual([...hash], [...wordsOfSeries[i]]);
          });
        }
      }
    }),
  );
});

test("a series whose place was remembered counts as used", () => {
  const [registry, own] = [newRegistry(), newTable()];
  for (const words of wordsOfSeries) own.set(words, 0, placeOf(0, 1, true));
  own.keepUsed(SERIES);
  const some = [3, 5];
  for (let round = 0; round < 3; round++) placesIn(own, resolved(registry, some));
  own.keepUsed(SERIES);
  assert.equal(own.count, some.length);
  placesIn(own, resolved(registry, some));
  own.keepUsed(SERIES);
  assert.equal(own.count, some.length);
});

test("one dictionary has all series of a batch, or none", () => {
  const [registry, own] = [newRegistry(), newTable()];
  const put = (i: number, dictionary: number, isRecorded: boolean) =>
    own.set(wordsOfSeries[i], 0, placeOf(dictionary, i, isRecorded));
  put(0, 4, true);
  put(1, 4, true);
  put(2, 5, true);
  put(3, 4, false);
  const cases: (readonly [readonly number[], number])[] = [
    [[], NO_DICTIONARY],
    [[0], 4],
    [[0, 1], 4],
    [[2], 5],
    [[0, 2], SEVERAL],
    [[3], SEVERAL],
    [[0, 3], SEVERAL],
    [[3, 0], SEVERAL],
    [[0, 9], SEVERAL],
    [[9, 0], SEVERAL],
  ];
  for (let round = 0; round < 2; round++)
    for (const [some, expected] of cases)
      assert.equal(placesIn(own, resolved(registry, some)).dictionary, expected, `${some}`);
});
