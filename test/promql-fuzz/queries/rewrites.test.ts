/** What is asked in other words, and what is not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { printExpr } from "../../../lib/promql/syntax/print.ts";
import { parsed } from "./parsed.ts";
import type { Question } from "./question.ts";
import { FOR_HEARTH, FOR_PROMETHEUS, reword } from "./rewrites.ts";

function question(query: string): Question {
  return { query, startMs: 1000, endMs: 1000, stepMs: undefined };
}

const printed = (query: string) => printExpr(parsed(query)!);

test("queries in other words", () => {
  const other = (query: string) => reword(question(query), FOR_HEARTH)?.question.query;
  assert.equal(
    other("timestamp(a @ 1000 offset 1m)"),
    "(timestamp(a @ 1000.000 offset 1m) and (timestamp(a @ 1000.000 offset 1m) > 700))",
  );
  assert.equal(
    other("timestamp(a @ 1000 offset -1m)"),
    "(timestamp(a @ 1000.000) and (timestamp(a @ 1000.000) > 760))",
  );
  for (const same of [
    "a - on (i) group_right () fill_left (1) b",
    "timestamp(a @ 1000)",
    "timestamp(a offset 1m)",
  ])
    assert.equal(other(same), undefined);
});

test("queries in other words for Prometheus", () => {
  const other = (query: string) => reword(question(query), FOR_PROMETHEUS)?.question.query;
  // The first step of each is at 1 s, when the query is asked.
  for (const query of [
    "sum_over_time(a @ end()[3s:1s] @ 3)",
    "rate(rate(a[1m] @ 5)[3s:1s] @ start() offset -2s)",
    "quantile_over_time(0.5, (a @ 7)[1m:500ms] @ 60.999)",
  ])
    assert.equal(other(`abs(${query})`), `abs(last_over_time((${printed(query)})[2ms:1ms] @ 1.000))`);
  for (const same of [
    "sum_over_time(a @ end()[3s:1s] @ 4)",
    "sum_over_time(a @ end()[3s:1s] offset -2s)",
    "sum_over_time(a[3s:1s] @ 3)",
  ])
    assert.equal(other(same), undefined);
});
