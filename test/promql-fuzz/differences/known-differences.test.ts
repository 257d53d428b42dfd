/** A difference is known by its values: what is not just as described is a finding. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SAME_LABELS } from "../../../lib/promql/runtime/collect-series.ts";
import { printExpr } from "../../../lib/promql/syntax/print.ts";
import type { Answer } from "../answer.ts";
import { parsed } from "../queries/parsed.ts";
import { type DifferingPart, differingParts } from "../queries/parts.ts";
import type { Question } from "../queries/question.ts";
import { goLog, goPow } from "./go-math.ts";
import { knownDifference } from "./known-differences.ts";
import { passesOverResets } from "./notes.ts";

const TINY = 3e-310;

function question(query: string): Question {
  return { query, startMs: 1000, endMs: 1000, stepMs: undefined };
}

type Values = Readonly<Record<string, number | string>>;

/** Of series with the labels that are the values' keys, in JSON. */
function vector(values: Values): Answer {
  const result = Object.entries(values).map(([labels, value]) => ({
    metric: JSON.parse(labels),
    value: [1, String(value).replace(/^Infinity/, "+Inf")] as const,
  }));
  return { status: "success", data: { resultType: "vector", result } };
}

interface Case {
  readonly query: string;
  readonly ours: Values;
  readonly theirs: Values;
  /** What stands inside, as both answer it. */
  readonly inner: readonly (readonly [ours: Values, theirs: Values])[];
}

function partOf({ query, ours, theirs, inner }: Case): DifferingPart {
  const expr = parsed(query)!;
  const asked = (one: Values, other: Values) => ({
    expr,
    question: question(query),
    ours: vector(one),
    theirs: vector(other),
  });
  return { ...asked(ours, theirs), inner: inner.map(([one, other]) => asked(one, other)) };
}

test("an error with a cut label value is known if the rest is the same", () => {
  const failed = (error: string): Answer => ({ status: "error", errorType: "execution", error });
  const reasonOf = (ours: string, theirs: string) =>
    knownDifference({
      expr: parsed("a + b")!,
      question: question("a + b"),
      inner: [],
      ours: failed(ours),
      theirs: failed(theirs),
    })?.reason;
  assert.match(reasonOf('{v="abc…"}; sum', '{v="abc\\"d"}; sum') ?? "", /first 100 characters/);
  for (const theirs of ['{v="abcd"}; count', '{v="abx"}; sum', '{v="abc"}; sum', '{v="abcd", w="e"}; sum'])
    assert.equal(reasonOf('{v="abc…"}; sum', theirs), undefined);
  assert.equal(reasonOf('{v="abc"}; sum', '{v="abcd"}; sum'), undefined);
});

const A = '{"i":"a"}';
const B = '{"i":"b"}';
const both = (values: Values) => [values, values] as const;

/** Fourteen: a twelve of numbers, and the two in which the order of equals is seen. */
function sortedAs(...equals: readonly (readonly [name: string, value: number | string])[]): Values {
  const numbers = Array.from({ length: 12 }, (_, i) => [`{"i":"${i}"}`, i + 1]);
  return Object.fromEntries([...equals.map(([name, value]) => [`{"i":"${name}"}`, value]), ...numbers]);
}

interface KnownCase extends Case {
  /** What differs from it and is not known. */
  readonly others?: readonly Partial<Case>[];
}

const KNOWN: readonly KnownCase[] = [
  {
    query: "ln(e)",
    ours: { [A]: Math.log(TINY) },
    theirs: { [A]: goLog(TINY) },
    inner: [both({ [A]: TINY })],
    others: [{ theirs: { [A]: -1 } }, { inner: [both({ [A]: 3e-300 })] }, { query: "abs(e)" }],
  },
  {
    query: "e ^ 1e-9",
    ours: { [A]: TINY ** 1e-9 },
    theirs: { [A]: goPow(TINY, 1e-9) },
    inner: [both({ [A]: TINY })],
    others: [{ theirs: { [A]: 0.5 } }],
  },
  {
    query: "e ^ f",
    ours: { [A]: (1 + 2 ** -30) ** 1_781_415_720 },
    theirs: { [A]: goPow(1 + 2 ** -30, 1_781_415_720) },
    inner: [both({ [A]: 1 + 2 ** -30 }), both({ [A]: 1_781_415_720 })],
  },
  {
    query: "exp(e)",
    ours: { [A]: Math.exp(709.78) },
    theirs: { [A]: Infinity },
    inner: [both({ [A]: 709.78 })],
    others: [{ ours: { [A]: 1 } }],
  },
  { query: "cosh(e)", ours: { [A]: Math.cosh(710) }, theirs: { [A]: Infinity }, inner: [both({ [A]: 710 })] },
  {
    query: "acos(e)",
    ours: { [A]: 4.2146848510894035e-8 },
    theirs: { [A]: 4.214684845571526e-8 },
    inner: [both({ [A]: 1 - 4 * Number.EPSILON })],
    others: [{ theirs: { [A]: 4.3e-8 } }, { inner: [both({ [A]: 0.5 })] }, { query: "asin(e)" }],
  },
  {
    query: "log2(e)",
    ours: { [A]: Math.log2(1 + 2 ** -40) },
    theirs: { [A]: Math.log2(1 + 2 ** -40) + Number.EPSILON },
    inner: [both({ [A]: 1 + 2 ** -40 })],
  },
  {
    query: "histogram_quantile(0.5, native_sparse)",
    ours: { [A]: 0 },
    theirs: { [A]: 0.2 },
    inner: [both({})],
    others: [{ theirs: { [A]: 2 } }, { query: "histogram_quantile(0.5, native_seconds)" }],
  },
  {
    query: "changes(native_sparse[5m])",
    ours: { [A]: 2 },
    theirs: { [A]: 3 },
    inner: [],
    others: [{ ours: { [A]: 4 } }],
  },
  {
    query: 'histogram_quantiles(b, "q", 0.5, 0.9)',
    ours: { '{"i":"a","q":"0.9"}': 1 },
    theirs: { '{"i":"a","q":"0.9"}': 2 },
    inner: [both({ '{"i":"a","le":"1"}': 1, '{"i":"a","le":"1.0"}': 1 })],
    others: [{ inner: [both({ '{"i":"a","le":"1"}': 1, '{"i":"a","le":"2"}': 1 })] }],
  },
  {
    query: 'histogram_quantiles(b, "i", 0.5, 0.9)',
    ours: { '{"i":"0.9"}': 1 },
    theirs: { '{"i":"0.9"}': 2 },
    inner: [both({ '{"i":"a","le":"1"}': 1, '{"i":"a","le":"1.0"}': 1 })],
  },
  {
    query: 'absent(e{i="a",i=~"b"})',
    ours: { "{}": 1 },
    theirs: { [A]: 1 },
    inner: [both({})],
    others: [{ query: 'absent(e{i="a",j=~"b"})' }],
  },
  {
    query: "sort(e)",
    ours: sortedAs(["a", 0], ["b", "-0"]),
    theirs: sortedAs(["b", "-0"], ["a", 0]),
    inner: [],
    others: [
      { query: "abs(e)" },
      { ours: sortedAs(["a", 0.5], ["b", 0]), theirs: sortedAs(["b", 0], ["a", 0.5]) },
      { ours: { [A]: 1, [B]: 1 }, theirs: { [B]: 1, [A]: 1 } },
    ],
  },
  {
    query: "last_over_time(sort(e @ 5)[1m:])",
    ours: { [A]: 1, [B]: 1 },
    theirs: { [B]: 1, [A]: 1 },
    inner: [],
    others: [{ query: "last_over_time((e @ 5)[1m:])" }],
  },
];

for (const { others = [], ...one } of KNOWN) {
  test(`known: ${one.query}`, () => assert.notEqual(knownDifference(partOf(one)), undefined));
  for (const other of others)
    test(`not known: ${one.query} with ${JSON.stringify(other)}`, () =>
      assert.equal(knownDifference(partOf({ ...one, ...other })), undefined));
}

test("known: a quantile and a rate of negative counts, where another's last bucket is an empty one", () => {
  const negated = (count: string): Answer => ({
    status: "success",
    data: {
      resultType: "vector",
      result: [
        { metric: { i: "a" }, histogram: [1, { count, sum: "-1", buckets: [[0, "0.25", "0.5", count]] }] },
      ],
    },
  });
  const part = (count: string, ours: number, theirs = 64): DifferingPart => {
    const asked = partOf({
      query: "histogram_quantile(0, -native_sparse)",
      ours: { [A]: ours },
      theirs: { [A]: theirs },
      inner: [],
    });
    return { ...asked, inner: [{ ...asked, ours: negated(count), theirs: negated(count) }] };
  };
  const rate = (count: string) => ({ ...part(count, 1, 2), expr: parsed("rate((-native_sparse)[5m:])")! });
  assert.notEqual(knownDifference(rate("-3")), undefined);
  assert.equal(knownDifference(rate("3")), undefined);
  assert.notEqual(knownDifference(part("-3", 0.5)), undefined);
  assert.notEqual(knownDifference(part("-3", 0.5, 0.125)), undefined);
  assert.equal(knownDifference(part("3", 0.5)), undefined);
  assert.equal(knownDifference(part("-3", 0.75)), undefined);
});

test("known: histograms that are equal but for empty buckets, which are not printed", () => {
  const histograms = (...counts: readonly string[]): Answer => ({
    status: "success",
    data: {
      resultType: "vector",
      result: counts.map((count, i) => ({
        metric: { i: String(i) },
        histogram: [1, { count, sum: "2", buckets: [[0, "1", "2", count]] }],
      })),
    },
  });
  const part = (operator: string, ours: Answer, theirs: Answer, right = histograms("3", "4")) => {
    const asked = partOf({ query: `h ${operator} g`, ours: {}, theirs: {}, inner: [both({}), both({})] });
    const inner = [histograms("3", "4"), right].map((one, i) => ({
      ...asked.inner[i],
      ours: one,
      theirs: one,
    }));
    return { ...asked, ours, theirs, inner };
  };
  const [one, none] = [histograms("3"), histograms()];
  assert.notEqual(knownDifference(part("==", one, none)), undefined);
  assert.notEqual(knownDifference(part("!=", none, one)), undefined);
  assert.notEqual(knownDifference(part("== bool", vector({ [A]: 1 }), vector({ [A]: 0 }))), undefined);
  assert.equal(knownDifference(part("==", none, one)), undefined);
  assert.equal(knownDifference(part("==", one, none, histograms("5"))), undefined);
  assert.equal(knownDifference(part("== bool", vector({ [A]: 0 }), vector({ [A]: 1 }))), undefined);
});

test("known: which series an error tells of, when a sort before it has an order of its own", () => {
  const failed = (error: string): Answer => ({ status: "error", errorType: "execution", error });
  const of = (inner: string, ours: string): DifferingPart => {
    const asked = partOf({ query: "a - sort(b)", ours: {}, theirs: {}, inner: [] });
    const sorted = partOf({ query: "sort(b)", ours: {}, theirs: {}, inner: [] });
    const other = failed('found duplicate series for the match group {i="b"}');
    return { ...asked, ours: failed(ours), theirs: other, inner: [{ ...sorted, ours: failed(inner) }] };
  };
  const same = "vector cannot contain metrics with the same labelset";
  const duplicate = 'found duplicate series for the match group {i="a"}';
  assert.notEqual(knownDifference(of(same, duplicate)), undefined);
  assert.equal(knownDifference(of("another", duplicate)), undefined);
  assert.equal(knownDifference(of(same, "another")), undefined);
});

test("the innermost part that differs is found, at the times at which it is looked at", async () => {
  const query = "sum(max_over_time((ln(e @ end()))[5m:30s])) + f";
  const asked: string[] = [];
  const parts = await differingParts(
    { expr: parsed(query)!, question: question(query), ours: vector({}), theirs: vector({ [A]: 1 }) },
    {
      ask: async (one) => {
        asked.push(`${one.query} @ ${one.startMs}..${one.endMs} by ${one.stepMs}`);
        return [vector({}), vector(one.query.includes("ln(e ") ? { [A]: 1 } : {})];
      },
      isSame: ({ ours, theirs }) => JSON.stringify(ours) === JSON.stringify(theirs),
      span: { startMs: 10_000, endMs: 95_000 },
    },
  );
  assert.deepEqual(
    parts.map(({ question }) => question.query),
    ["ln(e @ 1.000)"],
  );
  assert.deepEqual(asked, [
    "sum(max_over_time((ln(e @ 1.000))[5m:30s])) @ 1000..1000 by undefined",
    "f @ 1000..1000 by undefined",
    "max_over_time((ln(e @ 1.000))[5m:30s]) @ 1000..1000 by undefined",
    "ln(e @ 1.000) @ 0..95000 by 30000",
    "e @ 1.000 @ 0..95000 by 30000",
  ]);
});

test("what alone is an error of names that are dropped is asked with them", async () => {
  const query = "sum(a % {__name__=~'b|c'})";
  const other = `label_replace(a % {__name__=~"b|c"}, "name", "$1", "__name__", "(.*)")`;
  const failed: Answer = { status: "error", errorType: "execution", error: SAME_LABELS };
  const ask = async (one: Question): Promise<[Answer, Answer]> => {
    if (one.query === other) return [vector({ [A]: 1 }), vector({ [A]: 2 })];
    return one.query.startsWith("a %") ? [failed, failed] : [vector({}), vector({})];
  };
  const parts = await differingParts(
    { expr: parsed(query)!, question: question(query), ours: vector({}), theirs: vector({ [A]: 1 }) },
    {
      ask,
      isSame: ({ ours, theirs }) => JSON.stringify(ours) === JSON.stringify(theirs),
      span: { startMs: 0, endMs: 1 },
    },
  );
  assert.deepEqual(
    parts.map((part) => [printExpr(part.expr), part.ours, part.theirs]),
    [[`a % {__name__=~"b|c"}`, vector({ [A]: 2 }), vector({ [A]: 1 })]],
  );
});

test("known: resets that are passed over where buckets do not matter, when a step is no shorter than the lookback", () => {
  const passes = (query: string, stepMs: number | undefined, lookbackMs?: number) =>
    passesOverResets({ ...question(query), stepMs, lookbackMs });
  assert.ok(passes("histogram_sum(avg(h))", 60_000, 15_000));
  assert.ok(passes("histogram_sum(avg(h))", 300_000));
  assert.ok(!passes("histogram_sum(avg(h))", 60_000));
  assert.ok(!passes("histogram_sum(avg(h))", undefined, 15_000));
  assert.ok(passes("start_timestamp(sum(h))", 60_000, 15_000));
  assert.ok(!passes("avg(h)", 60_000, 15_000));
  assert.ok(!passes("absent_over_time(h[5m])", 60_000, 15_000));
});

test("known: a zero bucket of NaN that Prometheus fails to print", () => {
  const theirs: Answer = {
    status: "error",
    errorType: "execution",
    error: "histograms with custom buckets have no zero bucket",
  };
  const part = (query: string) => ({ ...partOf({ query, ours: {}, theirs: {}, inner: [] }), theirs });
  assert.notEqual(knownDifference(part('count_values("v", h * Inf)')), undefined);
  assert.equal(knownDifference(part("sum(h * Inf)")), undefined);
});
