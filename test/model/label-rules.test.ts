import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLabels } from "../../lib/model/label-rules.ts";
import type { Label } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";

const LIMITS = {
  ...DEFAULT_LIMITS,
  maxLabelsPerSeries: 4,
  maxLabelNameBytes: 8,
  maxMetricNameBytes: 6,
  maxLabelValueBytes: 10,
  maxLabelSetBytes: 36,
};
const UP: Label = ["__name__", "up"];

const GOOD: readonly (readonly [what: string, sent: Label[], set: Label[]])[] = [
  ["a metric name alone", [UP], [UP]],
  ["labels in any order", [["b", "2"], UP, ["a", "1"]], [UP, ["a", "1"], ["b", "2"]]],
  ["names in order of UTF-8 bytes", [["😀", "1"], ["\uffff", "2"], UP], [UP, ["\uffff", "2"], ["😀", "1"]]],
  ["an empty value, which is no label", [UP, ["a", ""]], [UP]],
  [
    "any name in UTF-8, as Prometheus 3 does",
    [
      ["__name__", "a-b c"],
      ["d.e", "x"],
    ],
    [
      ["__name__", "a-b c"],
      ["d.e", "x"],
    ],
  ],
  [
    "values of the largest size",
    [
      ["__name__", "métri"],
      ["a", "x".repeat(10)],
    ],
    [
      ["__name__", "métri"],
      ["a", "x".repeat(10)],
    ],
  ],
  ["a byte order mark, which is a character", [["__name__", "\ufeffa"]], [["__name__", "\ufeffa"]]],
];

const BAD: readonly (readonly [what: string, sent: Label[], reason: RegExp])[] = [
  ["no label", [], /__name__ is missing/],
  ["no metric name", [["a", "1"]], /__name__ is missing/],
  [
    "an empty metric name",
    [
      ["__name__", ""],
      ["a", "1"],
    ],
    /__name__ is missing or empty/,
  ],
  ["an empty label name", [UP, ["", "1"]], /empty name/],
  ["an empty label name without a value", [UP, ["", ""]], /empty name/],
  ["a name twice", [["a", "1"], UP, ["a", "2"]], /"a" appears twice/],
  ["a name twice with one value", [["a", "1"], UP, ["a", "1"]], /"a" appears twice/],
  ["a name twice, once empty", [["a", "1"], UP, ["a", ""]], /"a" appears twice/],
  ["two metric names", [UP, UP], /"__name__" appears twice/],
  ["too many labels", [UP, ["a", "1"], ["b", "1"], ["c", "1"], ["d", "1"]], /more than 4 labels/],
  ["a long label name", [UP, ["a".repeat(9), "1"]], /"aaaaaaaaa" has 9 bytes, at most 8/],
  ["a long label name in bytes", [UP, ["ééééé", "1"]], /has 10 bytes, at most 8/],
  ["a long metric name", [["__name__", "aaaaaaa"]], /"__name__" has 7 bytes, at most 6/],
  ["a long value", [UP, ["a", "x".repeat(11)]], /"a" has 11 bytes, at most 10/],
  [
    "long labels together",
    [UP, ["a", "x".repeat(10)], ["b", "x".repeat(10)], ["c", "xxxx"]],
    /37 bytes, at most 36/,
  ],
];

for (const [what, sent, set] of GOOD) {
  test(`takes ${what}`, () => assert.deepEqual(checkLabels(sent, LIMITS), { ok: true, labels: set }));
}

for (const [what, sent, reason] of BAD) {
  test(`refuses ${what}`, () => {
    const check = checkLabels(sent, LIMITS);
    assert.ok(!check.ok);
    assert.match(check.reason, reason);
  });
}
