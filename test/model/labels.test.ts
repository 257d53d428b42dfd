import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  compareBytewise,
  compareLabelSets,
  type Label,
  labelValue,
  printLabels,
} from "../../lib/model/labels.ts";

const SEED = 20261122;
const text = fc.string({ unit: fc.constantFrom("a", "b", "\ue000", "\uffff", "😀", "𐀀", "é", "\0") });

test("compares strings as Go does, by their UTF-8 bytes", () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(compareBytewise(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

test("compares label sets label by label, a prefix first", () => {
  const sets: Label[][] = [
    [],
    [["a", "1"]],
    [
      ["a", "1"],
      ["b", "0"],
    ],
    [
      ["a", "1"],
      ["b", "1"],
    ],
    [["a", "10"]],
    [["a", "2"]],
    [["aa", "0"]],
  ];
  assert.deepEqual(sets.toReversed().toSorted(compareLabelSets), sets);
});

test("an absent label equals the empty string", () => {
  assert.equal(labelValue([["a", "1"]], "a"), "1");
  assert.equal(labelValue([["a", "1"]], "b"), "");
});

const PRINTED: readonly (readonly [labels: Label[], text: string])[] = [
  [[], "{}"],
  [[["__name__", "up"]], "up{}"],
  [
    [
      ["a", "1"],
      ["__name__", "up"],
      ["b", 'x"\n'],
    ],
    'up{a="1",b="x\\"\\n"}',
  ],
  [
    [
      ["__name__", "up"],
      ["__name__", "down"],
    ],
    'up{__name__="down"}',
  ],
];

for (const [labels, expected] of PRINTED) {
  test(`prints ${expected}`, () => assert.equal(printLabels(labels), expected));
}
