/** What the fuzzer takes for the same answer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, differenceOf, isFirstOf } from "./answer.ts";

const OPTIONS = { isOrdered: false, tolerance: 1e-9 };

function vector(...values: readonly (readonly [job: string, value: string])[]): Answer {
  const result = values.map(([job, value]) => ({ metric: { job }, value: [1, value] as const }));
  return { status: "success", data: { resultType: "vector", result } };
}

const SAME: readonly (readonly [string, Answer, Answer])[] = [
  ["floats that differ by rounding", vector(["a", "1"]), vector(["a", "1.0000000001"])],
  ["NaN and infinities", vector(["a", "NaN"], ["b", "+Inf"]), vector(["a", "NaN"], ["b", "+Inf"])],
  ["another order", vector(["a", "1"], ["b", "2"]), vector(["b", "2"], ["a", "1"])],
  [
    "texts with rounded numbers",
    { status: "error", errorType: "execution", error: "got 1.3682623708966451e+149" },
    { status: "error", errorType: "execution", error: "got 1.3682623708966447e+149" },
  ],
  [
    "texts with numbers of which one happens to be round",
    { status: "error", errorType: "execution", error: "got 1e+200" },
    { status: "error", errorType: "execution", error: "got 1.0000000000000002e+200" },
  ],
  [
    "labels that are one number, in another order",
    vector(["1.0", "2"], ["1", "3"]),
    vector(["1", "3"], ["1.0", "2"]),
  ],
  ["labels with rounded numbers", vector(["5859571186401306", "1"]), vector(["5859571186401305", "1"])],
  [
    "labels with numbers of which one happens to be whole",
    vector(["0.9999999999999999", "2"]),
    vector(["1", "2"]),
  ],
];

for (const [name, ours, theirs] of SAME) {
  test(`the same: ${name}`, () => assert.equal(differenceOf(ours, theirs, OPTIONS), undefined));
}

const base = vector(["a", "1"]);
const OTHER: readonly (readonly [string, Answer, Answer])[] = [
  ["labels that are one number", vector(["1", "2"]), vector(["1.0", "2"])],
  ["a value", base, vector(["a", "1.00000001"])],
  ["NaN", base, vector(["a", "NaN"])],
  ["an infinity of the other sign", vector(["a", "+Inf"]), vector(["a", "-Inf"])],
  ["labels", base, vector(["b", "1"])],
  ["a series more", base, vector(["a", "1"], ["b", "1"])],
  ["an error", base, { status: "error", errorType: "execution", error: "no" }],
  ["a warning", base, { ...base, warnings: ["w"] }],
  ["an info", { ...base, infos: ["i"] }, base],
];

for (const [name, ours, theirs] of OTHER) {
  test(`another: ${name}`, () => assert.notEqual(differenceOf(ours, theirs, OPTIONS), undefined));
}

test("another: samples that were read, or series that Prometheus does not touch, where they count", () => {
  const counted = (samplesRead: number, seriesTouched: number): Answer => {
    const samples = { totalQueryableSamples: 3, samplesRead, seriesTouched };
    return { ...base, data: { ...base.data!, stats: { samples } } };
  };
  const difference = (ours: Answer, theirs: Answer) =>
    differenceOf(ours, theirs, { ...OPTIONS, countsSamples: true });
  assert.equal(difference(counted(2, 1), counted(2, 1)), undefined);
  assert.equal(difference(counted(2, 1), counted(2, 4)), undefined);
  assert.equal(difference(counted(2, 2), counted(2, 1)), "series touched: 2, not 1");
  assert.match(difference(counted(2, 1), counted(3, 1))!, /^samples: 3.* 2 read/);
});

test("another: the order, where it counts", () => {
  const [ours, theirs] = [vector(["a", "1"], ["b", "1"]), vector(["b", "1"], ["a", "1"])];
  assert.notEqual(differenceOf(ours, theirs, { ...OPTIONS, isOrdered: true }), undefined);
});

test("what a limit has left of an answer are its first series, as many as it allows", () => {
  const whole = vector(["a", "1"], ["b", "2"], ["c", "3"]);
  const isLeft = (part: Answer, limit: number) => isFirstOf(part, whole, limit, OPTIONS.tolerance);
  assert.ok(isLeft(vector(["a", "1"], ["b", "2"]), 2));
  assert.ok(isLeft(whole, 5));
  assert.ok(!isLeft(vector(["a", "1"]), 2));
  assert.ok(!isLeft(vector(["b", "2"], ["a", "1"]), 2));
  assert.ok(!isLeft(vector(["a", "1"], ["b", "2.1"]), 2));
});
