/** What Hearth makes of Prometheus' last digits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, differenceOf } from "../answer.ts";
import { startHearth } from "../peers.ts";
import { parsed } from "../queries/parsed.ts";
import type { AskedPart, DifferingPart } from "../queries/parts.ts";
import { fromTheirOperands, withNotesOf } from "./their-operands.ts";

/** Of a whole minute, as a subquery looks. */
const END_MS = 1_781_000_040_000;
const SETTINGS = { useStartTimestamps: false, delayedNameRemoval: false, typeAndUnitLabels: false };
const A = '{"i":"a"}';
const B = '{"i":"b"}';

type Values = Readonly<Record<string, number | string>>;

/** Of series with the labels that are the values' keys, in JSON. */
function vector(values: Values, notes: Partial<Answer> = {}): Answer {
  const result = Object.entries(values).map(([labels, value]) => ({
    metric: JSON.parse(labels),
    value: [END_MS / 1000, String(value)] as const,
  }));
  return { status: "success", data: { resultType: "vector", result }, ...notes };
}

/** A part of which the inner parts are `e`, `f` and so on, in their order. */
function partOf(query: string, inner: readonly (readonly [ours: Answer, theirs: Answer])[]): DifferingPart {
  const question = { query, startMs: END_MS, endMs: END_MS, stepMs: undefined };
  const expr = parsed(query)!;
  const parts: AskedPart[] = [];
  const visit = (one: unknown): void => {
    if (typeof one !== "object" || one === null) return;
    if (
      "kind" in one &&
      (one.kind === "vector selector" || ("function" in one && one.function === "scalar"))
    ) {
      const [ours, theirs] = inner[parts.length];
      parts.push({ expr: one as AskedPart["expr"], question, ours, theirs });
    } else for (const child of Object.values(one)) visit(child);
  };
  visit(expr);
  return { expr, question, ours: vector({}), theirs: vector({}), inner: parts };
}

const NEXT = 1 + Number.EPSILON;

const CASES: readonly (readonly [
  query: string,
  inner: readonly (readonly [ours: Values, theirs: Values])[],
  theirs: Values,
])[] = [
  ["asin(e)", [[{ [A]: 1 - Number.EPSILON / 2 }, { [A]: 1 }]], { [A]: Math.PI / 2 }],
  ["e > 1", [[{ [A]: NEXT }, { [A]: 1 }]], {}],
  [
    "e - on (i) f",
    [
      [{ [A]: NEXT }, { [A]: 1 }],
      [{ [A]: 1 }, { [A]: 1 }],
    ],
    { [A]: 0 },
  ],
  [
    "stddev(e)",
    [
      [
        { [A]: 1, [B]: 1 },
        { [A]: 1, [B]: NEXT },
      ],
    ],
    { "{}": Number.EPSILON / Math.SQRT2 },
  ],
  [
    "topk(1, e)",
    [
      [
        { [A]: NEXT, [B]: 1 },
        { [A]: 1, [B]: NEXT },
      ],
    ],
    { [B]: NEXT },
  ],
  [
    "sort(e)",
    [
      [
        { [A]: 1, [B]: NEXT },
        { [A]: NEXT, [B]: 1 },
      ],
    ],
    { [B]: 1, [A]: NEXT },
  ],
  ["year(e)", [[{ [A]: -1 + Number.EPSILON }, { [A]: -1 }]], { [A]: 1969 }],
  ['count_values("v", e)', [[{ [A]: NEXT }, { [A]: 1 }]], { '{"v":"1"}': 1 }],
  ['count_values("v", e)', [[{ [A]: 0 }, { [A]: "-0" }]], { '{"v":"-0"}': 1 }],
  ["changes(e[5m:])", [[{ [A]: NEXT }, { [A]: 1 }]], { [A]: 0 }],
];

for (const [query, inner, theirs] of CASES) {
  test(`of their operands: ${query} of ${JSON.stringify(inner)}`, async () => {
    const given = fromTheirOperands(
      partOf(
        query,
        inner.map(([our, their]) => [vector(our), vector(their)]),
      ),
    )!;
    await using hearth = await startHearth(END_MS, SETTINGS);
    const answer = await hearth.askGiven(given);
    const options = { isOrdered: true, tolerance: 1e-9 };
    assert.equal(differenceOf(answer, vector(theirs), options), undefined);
  });
}

test("their operands: a scalar, and the notes of what is inside", async () => {
  const scalar = (value: string): Answer => ({
    status: "success",
    data: { resultType: "scalar", result: [END_MS / 1000, value] },
    warnings: ["w"],
  });
  const given = fromTheirOperands(
    partOf("floor(e) - scalar(f)", [
      [vector({ [A]: 2 }), vector({ [A]: 2 })],
      [scalar(String(NEXT)), scalar("1")],
    ]),
  )!;
  await using hearth = await startHearth(END_MS, SETTINGS);
  const answer = withNotesOf(await hearth.askGiven(given), given.given);
  const options = { isOrdered: true, tolerance: 1e-9 };
  assert.equal(differenceOf(answer, vector({ [A]: 1 }, { warnings: ["w"] }), options), undefined);
});

test("their operands: none where the digits are the same, or histograms", () => {
  const same = vector({ [A]: 1 });
  assert.equal(fromTheirOperands(partOf("abs(e)", [[same, same]])), undefined);
  const histogram: Answer = {
    status: "success",
    data: {
      resultType: "vector",
      result: [{ metric: { i: "a" }, histogram: [END_MS / 1000, { count: "1", sum: "1" }] }],
    },
  };
  const other: readonly [Answer, Answer] = [vector({ [A]: NEXT }), same];
  assert.equal(fromTheirOperands(partOf("e * f", [other, [histogram, histogram]])), undefined);
});
