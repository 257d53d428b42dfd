import assert from "node:assert/strict";
import test from "node:test";
import { ALL_EXPERIMENTS } from "../../../lib/promql/parse/options.ts";
import { parseExpr } from "../../../lib/promql/parse/parse-expr.ts";
import { printExpr } from "../../../lib/promql/syntax/print.ts";
import { printPretty } from "../../../lib/promql/syntax/print-pretty.ts";

/** What is written, and what Prometheus makes of it; one text where that is the same. */
const LINES: readonly (readonly [text: string, printed?: string])[] = [
  ["sum(a) without(b)", "sum without (b) (a)"],
  ["SUM  by(b,'c.d')(a)", 'sum by (b, "c.d") (a)'],
  ["sum by () (a)", "sum(a)"],
  ["topk(5, a)"],
  ["count_values by (a) ('value', b)", 'count_values by (a) ("value", b)'],
  ["a+on()b", "a + on () b"],
  ["a + ignoring() b", "a + b"],
  ["a-ignoring(c)group_left b", "a - ignoring (c) group_left () b"],
  ["a==bool on(c)group_right(d)b", "a == bool on (c) group_right (d) b"],
  ["a + fill(1e-5) b", "a + fill (1e-05) b"],
  ["a + fill(2000000) b", "a + fill (2e+06) b"],
  ["a + fill_right(2) fill_left(-1) b", "a + fill_left (-1) fill_right (2) b"],
  ["foo{b='1', a!~\"x\\n\"}", 'foo{a!~"x\\n",b="1"}'],
  ["{'foo', 'a.b'='c'}", '{"a.b"="c",__name__="foo"}'],
  ["{a='b', __name__=''}", '{__name__="",a="b"}'],
  ["foo[300]", "foo[5m]"],
  ["foo[1h] offset -90m @ 1.5", "foo[1h] @ 1.500 offset -1h30m"],
  ["foo @ end() offset 0s", "foo @ end()"],
  ["foo[1w:36h] @ start()", "foo[1w:1d12h] @ start()"],
  ["rate(foo[5m:])"],
  ["foo anchored offset 1m", "foo anchored offset 1m"],
  ["foo[5m] offset 1m smoothed", "foo[5m] smoothed offset 1m"],
  ["foo[(2*STEP())+range()]", "foo[(2 * step()) + range()]"],
  ["foo[((5m))]", "foo[(5m)]"],
  ["foo offset -min_of(step(),1.5)", "foo offset -min_of(step(), 1.5)"],
  ["foo offset (1m) @ end() - 5"],
  ["foo @ end() offset (1m)"],
  ["foo offset (1m) @ end() == 5", "foo @ end() offset (1m) == 5"],
  ["foo offset (1m) @ end() atan2 b", "foo @ end() offset (1m) atan2 b"],
  ["a * -foo offset (1m) smoothed + 5"],
  ["foo @ 3 smoothed offset (1m) * 2 - 1", "foo @ 3.000 smoothed offset (1m) * 2 - 1"],
  ["foo offset (1m) * 2 @ 3 smoothed - 1", "foo offset (1m) * 2 @ 3.000 smoothed - 1"],
  ["foo offset +(1m) % 5"],
  ["foo offset +(1m * step()) / 5"],
  ["foo offset +(1m)", "foo offset (1m)"],
  ["foo offset -(1m) - 5"],
  ["foo offset --1m ^ 2 @ 1 - 5", "foo offset --1m ^ 2 @ 1.000 - 5"],
  ["foo offset -+2 ^ step() @ 1 - 5", "foo offset -+2 ^ step() @ 1.000 - 5"],
  ["foo[-2 ^ step() + 30d:]"],
  ["max_over_time(a[5m] offset (1m) @ 1)", "max_over_time(a[5m] @ 1.000 offset (1m))"],
  ["foo offset 1m @ end() - 5", "foo @ end() offset 1m - 5"],
  ["12.34e6", "12340000"],
  ["1e-7", "0.0000001"],
  ["+Inf"],
  ["Inf ^ 2", "Inf ^ 2"],
  ["5400s", "1h30m"],
  ["'ä☃\\x00'", '"ä☃\\x00"'],
  ["info(a, {})"],
  ["-(-a)"],
];

for (const [text, printed = text] of LINES) {
  test(`${text} prints as ${printed}`, () => {
    assert.equal(printExpr(parseExpr(text, ALL_EXPERIMENTS)), printed);
    assert.equal(printExpr(parseExpr(printed, ALL_EXPERIMENTS)), printed);
  });
}

const LONG = 'a_rather_long_metric_name{with_a_label="and its value"}';

const PRETTY: readonly (readonly [text: string, lines: readonly string[]])[] = [
  [`${LONG} > 1`, [`${LONG} > 1`]],
  [`${LONG} / on(x) ${LONG}`, [`  ${LONG}`, "/ on (x)", `  ${LONG}`]],
  [
    `sum by(x) (rate(${LONG}[5m]) + ${LONG})`,
    ["sum by (x) (", `    rate(${LONG}[5m])`, "  +", `    ${LONG}`, ")"],
  ],
  [
    `topk(5, (${LONG} or ${LONG}))`,
    ["topk(", "  5,", "  (", `      ${LONG}`, "    or", `      ${LONG}`, "  )", ")"],
  ],
  [
    `label_join(${LONG}, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i')`,
    [
      "label_join(",
      ...[LONG, ..."abcdefghi"].map((arg, i) => `  ${i === 0 ? arg : `"${arg}"`}${i < 9 ? "," : ""}`),
      ")",
    ],
  ],
  [`-abs(${LONG} + ${LONG})`, ["-abs(", `    ${LONG}`, "  +", `    ${LONG}`, ")"]],
  [`(${LONG} + ${LONG})[5m:1m]`, ["(", `    ${LONG}`, "  +", `    ${LONG}`, ")[5m:1m]"]],
];

for (const [text, lines] of PRETTY) {
  test(`${text} over several lines`, () => {
    assert.deepEqual(printPretty(parseExpr(text)).split("\n"), lines);
  });
}
