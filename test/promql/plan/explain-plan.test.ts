/**
 * Plans and reads of expressions, as text: over an hour from 10:00 to 11:00 in steps of a minute. Each read is a line:
 * its series, its times, and what takes its series one by one, if anything does.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR_MS, MINUTE_MS, printTime } from "../../../lib/model/time.ts";
import { ALL_EXPERIMENTS } from "../../../lib/promql/parse/options.ts";
import { parseExpr } from "../../../lib/promql/parse/parse-expr.ts";
import { printPlan } from "../../../lib/promql/plan/describe-plan.ts";
import { type ExplainedRead, explainPlan } from "../../../lib/promql/plan/explain-plan.ts";
import { gridBetween } from "../../../lib/promql/plan/grid.ts";
import { printMatchers } from "../../../lib/promql/syntax/print.ts";

const START_MS = Date.UTC(2026, 4, 1, 10);
const TIMES = { startMs: START_MS, endMs: START_MS + HOUR_MS, stepMs: MINUTE_MS };

function linesOf(text: string): string[] {
  const grid = gridBetween(TIMES.startMs, TIMES.endMs, TIMES.stepMs);
  const options = { times: TIMES, defaultSubqueryStepMs: MINUTE_MS, lookbackDeltaMs: 5 * MINUTE_MS };
  const { plan, reads } = explainPlan(parseExpr(text, ALL_EXPERIMENTS), grid, options);
  return [...printPlan(plan), ...reads.map(printRead)];
}

function printRead({ selection, selectors, streamsInto, skipsBuckets }: ExplainedRead): string {
  const [from, to] = [selection.minTime, selection.maxTime].map((time) => printTime(time).slice(8, -1));
  const shared = selectors > 1 ? ` for ${selectors} selectors` : "";
  const into = streamsInto.length > 0 ? ` into ${streamsInto.join(", ")}` : "";
  const buckets = skipsBuckets ? " without buckets" : "";
  return `read ${printMatchers(selection.matchers)} ${from} to ${to}${shared}${into}${buckets}`;
}

const PLANS: readonly (readonly [text: string, lines: readonly string[]])[] = [
  ["1 + 2 * 3", ["once for all steps", "  +", "    1", "    *", "      2", "      3"]],
  ['"text"', ['"text"']],
  ["time() - 60", ["-", "  time()", "  60"]],
  ["start() + step()", ["once for all steps", "  +", "    1777629600", "    60"]],
  ["a", ["select a", "read a 01T09:55:00.001 to 01T11:00:00 into newest samples"]],
  ["(a)", ["select a", "read a 01T09:55:00.001 to 01T11:00:00 into newest samples"]],
  ["+a", ["select a", "read a 01T09:55:00.001 to 01T11:00:00 into newest samples"]],
  [
    '-a{x="1",y!~"b.*"}',
    [
      "-",
      '  select a{x="1",y!~"b.*"}',
      'read a{x="1",y!~"b.*"} 01T09:55:00.001 to 01T11:00:00 into newest samples',
    ],
  ],
  ["a offset 5m", ["select a offset 5m", "read a 01T09:50:00.001 to 01T10:55:00 into newest samples"]],
  [
    "a @ 1777629600 offset -5m",
    [
      "once for all steps",
      "  select a @ 1777629600.000 offset -5m",
      "read a 01T10:00:00.001 to 01T10:05:00 into newest samples",
    ],
  ],
  ["a anchored", ["select a anchored", "read a 01T09:55:00.001 to 01T11:00:00"]],
  ["a smoothed", ["select a smoothed", "read a 01T09:55:00.001 to 01T11:05:00"]],
  [
    "rate(a[5m])",
    ["rate()", "  window [5m]", "    select a", "read a 01T09:55:00.001 to 01T11:00:00 into rate()"],
  ],
  [
    "rate(a[5m] anchored)",
    ["rate()", "  window [5m]", "    select a anchored", "read a 01T09:50:00.001 to 01T11:00:00"],
  ],
  [
    "rate(a[step() * 2] offset 1h @ end())",
    [
      "once for all steps",
      "  rate()",
      "    window [2m]",
      "      select a @ 1777633200.000 offset 1h",
      "read a 01T09:58:00.001 to 01T10:00:00 into rate()",
    ],
  ],
  ["sum(a)", ["sum", "  select a", "read a 01T09:55:00.001 to 01T11:00:00 into sum of newest samples"]],
  [
    "sum by (x) (rate(a[5m]))",
    [
      "sum by (x)",
      "  rate()",
      "    window [5m]",
      "      select a",
      "read a 01T09:55:00.001 to 01T11:00:00 into sum by (x) of rate()",
    ],
  ],
  [
    "sum without (x) (sum by (x, y) (a))",
    [
      "sum without (x)",
      "  sum by (x, y)",
      "    select a",
      "read a 01T09:55:00.001 to 01T11:00:00 into sum by (x, y) of newest samples",
    ],
  ],
  ["topk(3, a)", ["topk", "  3", "  select a", "read a 01T09:55:00.001 to 01T11:00:00 into newest samples"]],
  [
    "quantile(scalar(b), a)",
    [
      "quantile",
      "  scalar()",
      "    select b",
      "  select a",
      "read b 01T09:55:00.001 to 01T11:00:00 into newest samples",
      "read a 01T09:55:00.001 to 01T11:00:00 into newest samples",
    ],
  ],
  [
    'count_values("v", a)',
    ["count_values", '  "v"', "  select a", "read a 01T09:55:00.001 to 01T11:00:00 into newest samples"],
  ],
  [
    "absent_over_time(a[5m])",
    [
      "absent_over_time()",
      "  window [5m]",
      "    select a",
      "read a 01T09:55:00.001 to 01T11:00:00 into absent_over_time()",
    ],
  ],
  [
    "sum(absent_over_time(a[5m]))",
    [
      "sum",
      "  absent_over_time()",
      "    window [5m]",
      "      select a",
      "read a 01T09:55:00.001 to 01T11:00:00 into absent_over_time()",
    ],
  ],
  [
    "timestamp(a)",
    ["timestamp()", "  select a, without buckets", "read a 01T09:55:00.001 to 01T11:00:00 without buckets"],
  ],
  [
    "timestamp(-a)",
    [
      "timestamp()",
      "  -",
      "    select a, without buckets",
      "read a 01T09:55:00.001 to 01T11:00:00 into newest samples without buckets",
    ],
  ],
  [
    "timestamp(a @ 1777629600)",
    [
      "once for all steps",
      "  timestamp()",
      "    select a @ 1777629600.000, without buckets",
      "read a 01T09:55:00.001 to 01T10:00:00 without buckets",
    ],
  ],
  [
    "minute(a @ 1777629600)",
    [
      "minute()",
      "  once for all steps",
      "    select a @ 1777629600.000",
      "read a 01T09:55:00.001 to 01T10:00:00 into newest samples",
    ],
  ],
  [
    'label_replace(a, "x", "$1", "y", "(.*)")',
    [
      "label_replace()",
      "  select a",
      '  "x"',
      '  "$1"',
      '  "y"',
      '  "(.*)"',
      "read a 01T09:55:00.001 to 01T11:00:00 into newest samples",
    ],
  ],
  [
    "a + a",
    [
      "+",
      "  select a",
      "  select a",
      "read a 01T09:55:00.001 to 01T11:00:00 for 2 selectors into newest samples, newest samples",
    ],
  ],
  [
    "a + a offset 1d",
    [
      "+",
      "  select a",
      "  select a offset 1d",
      "read a 30T09:55:00.001 to 30T11:00:00 into newest samples",
      "read a 01T09:55:00.001 to 01T11:00:00 into newest samples",
    ],
  ],
  [
    'a / on (x) group_left (y) b{z=""}',
    [
      "/ on (x) group_left (y)",
      "  select a",
      '  select b{z=""}',
      "read a 01T09:55:00.001 to 01T11:00:00 into newest samples",
      'read b{z=""} 01T09:55:00.001 to 01T11:00:00 into newest samples',
    ],
  ],
  [
    "a > bool 1",
    ["> bool", "  select a", "  1", "read a 01T09:55:00.001 to 01T11:00:00 into newest samples"],
  ],
  [
    "a and on () vector(1)",
    [
      "and on ()",
      "  select a",
      "  once for all steps",
      "    vector()",
      "      1",
      "read a 01T09:55:00.001 to 01T11:00:00 into newest samples",
    ],
  ],
  [
    "a + fill (0) b",
    [
      "+ fill (0)",
      "  select a",
      "  select b",
      "read a 01T09:55:00.001 to 01T11:00:00 into newest samples",
      "read b 01T09:55:00.001 to 01T11:00:00 into newest samples",
    ],
  ],
  [
    "sum(a) / sum(a @ end())",
    [
      "/",
      "  sum",
      "    select a",
      "  once for all steps",
      "    sum",
      "      select a @ 1777633200.000",
      "read a 01T09:55:00.001 to 01T11:00:00 for 2 selectors into sum of newest samples, sum of newest samples",
    ],
  ],
  [
    "histogram_quantile(0.9, sum by (le) (rate(b_bucket[5m])))",
    [
      "histogram_quantile()",
      "  0.9",
      "  sum by (le)",
      "    rate()",
      "      window [5m]",
      "        select b_bucket",
      "read b_bucket 01T09:55:00.001 to 01T11:00:00 into sum by (le) of rate()",
    ],
  ],
  [
    "histogram_count(rate(h[5m]))",
    [
      "histogram_count()",
      "  rate()",
      "    window [5m]",
      "      select h, without buckets",
      "read h 01T09:55:00.001 to 01T11:00:00 into rate() without buckets",
    ],
  ],
  [
    "histogram_count(h) / count(h == h)",
    [
      "/",
      "  histogram_count()",
      "    select h, without buckets",
      "  count",
      "    ==",
      "      select h",
      "      select h",
      "read h 01T09:55:00.001 to 01T11:00:00 for 3 selectors into newest samples, newest samples, newest samples",
    ],
  ],
  [
    "max_over_time(rate(a[1m])[10m:])",
    [
      "max_over_time()",
      "  subquery [10m:1m]",
      "    rate()",
      "      window [1m]",
      "        select a",
      "read a 01T09:50:00.001 to 01T11:00:00 into rate()",
    ],
  ],
  [
    "max_over_time(a[10m:90s] offset 1h)",
    [
      "max_over_time()",
      "  subquery [10m:1m30s] offset 1h",
      "    select a",
      "read a 01T08:46:00.001 to 01T10:00:00 into newest samples",
    ],
  ],
  [
    "avg_over_time((a @ 1777629600)[1h:] @ end())",
    [
      "once for all steps",
      "  avg_over_time()",
      "    subquery [1h:1m] @ 1777633200.000",
      "      once for all steps",
      "        select a @ 1777629600.000",
      "read a 01T09:55:00.001 to 01T10:00:00 into newest samples",
    ],
  ],
  [
    "predict_linear(a[1h] @ 1777629600, 60)",
    [
      "predict_linear()",
      "  window [1h]",
      "    select a @ 1777629600.000",
      "  60",
      "read a 01T09:00:00.001 to 01T10:00:00 into predict_linear()",
    ],
  ],
  [
    "quantile_over_time(0.5, a[5m])",
    [
      "quantile_over_time()",
      "  0.5",
      "  window [5m]",
      "    select a",
      "read a 01T09:55:00.001 to 01T11:00:00 into quantile_over_time()",
    ],
  ],
  [
    "info(a)",
    [
      "info()",
      "  select a",
      "  select target_info",
      "read a 01T09:55:00.001 to 01T11:00:00 into newest samples",
      "read target_info 01T09:55:00.001 to 01T11:00:00",
    ],
  ],
  [
    'info(a @ 1777629600, {__name__=~"b_info|c_info", x=~".+"})',
    [
      "once for all steps",
      "  info()",
      "    select a @ 1777629600.000",
      '    select {__name__=~"b_info|c_info",x=~".+"} @ 1777629600.000',
      "read a 01T09:55:00.001 to 01T10:00:00 into newest samples",
      'read {__name__=~"b_info|c_info",x=~".+"} 01T09:55:00.001 to 01T10:00:00',
    ],
  ],
];

for (const [text, lines] of PLANS) {
  test(text, () => {
    assert.deepEqual(linesOf(text), lines);
  });
}
