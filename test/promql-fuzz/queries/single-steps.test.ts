/** What a range query is asked step by step for, how, and what it should answer then. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { printExpr } from "../../../lib/promql/syntax/print.ts";
import { type Answer, differenceOf } from "../answer.ts";
import { withFixedTimes } from "./fixed-times.ts";
import { parsed } from "./parsed.ts";
import type { Question } from "./question.ts";
import { joinSteps, singleSteps } from "./single-steps.ts";

const RANGE = { startMs: 10_000, endMs: 31_000, stepMs: 10_000 };

const ask = (query: string): Question => ({ query, ...RANGE });

test("times of a query in numbers", () => {
  const fixed = (query: string) => printExpr(withFixedTimes(parsed(query)!, ask(query)));
  assert.equal(
    fixed("abs(a @ start() offset step()) + start() - end()"),
    "abs(a @ 10.000 offset 10s) + 10 - 31",
  );
  assert.equal(fixed("rate(a[step()] @ end())"), "rate(a[10s] @ 31.000)");
  assert.equal(
    fixed("max_over_time(vector(range())[range():step()] @ end() offset -step())"),
    "max_over_time(vector(21)[21s:10s] @ 31.000 offset -10s)",
  );
  assert.equal(fixed("avg_over_time(a[5m:])"), "avg_over_time(a[5m:])");
  for (const query of ["rate(a[step() % (range() - range())])", "rate(a[step() - range()])"])
    assert.equal(fixed(query), query);
});

test("step by step are asked ranges with `@` in the parameter of an aggregation", () => {
  assert.deepEqual(
    singleSteps(ask("topk(scalar(a @ end()), b)"))?.map((one) => [one.query, one.startMs, one.stepMs]),
    [10_000, 20_000, 30_000].map((timeMs) => ["topk(scalar(a @ 31.000), b)", timeMs, undefined]),
  );
  for (const query of [
    "sum(limitk(scalar(rate(a[1m] @ 5)), b))",
    "quantile(scalar(sum_over_time(a[1m:] @ 5)), b)",
  ])
    assert.equal(singleSteps(ask(query))?.length, 3, query);
  const others = [
    ask("topk(scalar(a), b @ end())"),
    ask("sum(a @ end())"),
    { ...ask("topk(scalar(a @ end()), b)"), stepMs: undefined },
    { ...ask("topk(scalar(a @ end()), b)"), endMs: 10_010_000 },
  ];
  for (const one of others) assert.equal(singleSteps(one), undefined, JSON.stringify(one));
});

test("steps put together", () => {
  const instant = (time: number, value: string, warnings: readonly string[] = []): Answer => ({
    status: "success",
    data: { resultType: "vector", result: [{ metric: { i: "a" }, value: [time, value] }] },
    warnings,
  });
  const whole = (...values: readonly (readonly [number, string])[]): Answer => ({
    status: "success",
    data: { resultType: "matrix", result: [{ metric: { i: "a" }, values }] },
    warnings: ["w"],
  });
  const options = { isOrdered: false, tolerance: 1e-9 };
  const joined = joinSteps([instant(10, "1", ["w"]), instant(20, "2", ["w"])]);
  assert.equal(differenceOf(whole([10, "1"], [20, "2"]), joined, options), undefined);
  // What Hearth has to answer is neither less nor another value.
  assert.notEqual(differenceOf(whole([10, "1"]), joined, options), undefined);
  assert.notEqual(differenceOf(whole([10, "1"], [20, "3"]), joined, options), undefined);
  const scalar: Answer = { status: "success", data: { resultType: "scalar", result: [10, "1"] } };
  assert.deepEqual(joinSteps([scalar]).data, {
    resultType: "matrix",
    result: [{ metric: {}, values: [[10, "1"]], histograms: [] }],
  });
  const failed: Answer = { status: "error", errorType: "execution", error: "no" };
  assert.equal(joinSteps([instant(10, "1"), failed]), failed);
});
