// biome-ignore-all lint/suspicious/noTemplateCurlyInString: places of a trace link
import assert from "node:assert/strict";
import { test } from "node:test";
import { printAddress, readAddress } from "../../explorer/app/address.ts";
import { problemOf } from "../../explorer/pages/query/error-place.ts";
import { traceAddress } from "../../explorer/pages/query/exemplar-links.ts";
import { exprTree, metricsOf, selectorsOf } from "../../explorer/pages/query/expression.ts";
import {
  EMPTY_PANEL,
  type PageQuestion,
  printQuestion,
  readQuestion,
} from "../../explorer/pages/query/question.ts";

test("an address says the question, and nothing of what would be so anyway", () => {
  const question: PageQuestion = {
    range: { kind: "last", seconds: 21_600 },
    panels: [
      { ...EMPTY_PANEL, expr: 'rate(up{a="b c#&"}[5m])', view: "table", step: "1m", resolution: "1h" },
      { ...EMPTY_PANEL, expr: "x", mode: "stacked", isLog: true, unit: "bytes", showsExemplars: true },
    ],
  };
  const hash = printAddress("query", printQuestion(question));
  const { page, parameters } = readAddress(hash);
  assert.equal(page, "query");
  assert.deepEqual(readQuestion(parameters), question);
  const plain = printQuestion({ ...question, panels: [{ ...EMPTY_PANEL, expr: "up" }] });
  assert.equal(plain.toString(), "g0.expr=up&range=6h");
  for (const text of ["", "#", "#nonsense", "#/query", "#/query?g0.expr=", "#/cost?x=1"])
    assert.equal(readQuestion(readAddress(text).parameters), undefined, text);
  assert.equal(readAddress("#/cost?x=1").page, "cost");
});

test("links that were made for the page before, and for Prometheus' pages, are read", () => {
  const read = (hash: string) => readQuestion(readAddress(hash).parameters);
  const old = read("#expr=up&range=6h&view=table&step=1m");
  assert.deepEqual(old?.panels, [{ ...EMPTY_PANEL, expr: "up", view: "table", step: "1m" }]);
  assert.deepEqual(old?.range, { kind: "last", seconds: 21_600 });
  const prometheus = read(
    "#/query?g0.expr=up&g0.tab=graph&g0.display_mode=stacked&g0.range_input=2h&g1.expr=down&g1.tab=1",
  );
  assert.deepEqual(
    prometheus?.panels.map(({ expr, view, mode }) => [expr, view, mode]),
    [
      ["up", "graph", "stacked"],
      ["down", "table", "auto"],
    ],
  );
  assert.deepEqual(prometheus?.range, { kind: "last", seconds: 7200 });
});

test("an address has a bounded number of panels", () => {
  const many = new URLSearchParams(
    Array.from({ length: 1000 }, (_, i) => [`g${i}.expr`, "up"] as [string, string]),
  );
  assert.equal(readQuestion(many)?.panels.length, 20);
});

test("an error points at its place in the expression", () => {
  const at = (message: string, expr: string) => {
    const place = problemOf(new Error(message), expr);
    return place && expr.slice(place.from, place.to);
  };
  const wrong = 'invalid parameter "query": 1:5: parse error: unexpected identifier "upp"';
  assert.equal(at(wrong, "sum upp"), "upp");
  assert.equal(at("2:3: parse error: unexpected character: '!'", "sum(\n  !x)"), "!");
  assert.equal(at("1:5: parse error: unexpected end of input", "sum("), "(");
  // Columns count bytes.
  assert.equal(at("1:10: parse error: x", '{a="ü"} $'), "$");
  assert.equal(at("PromQL info: metric might not be a counter (1:6)", "rate(up[5m])"), "up");
  for (const message of ["no place", "9:1: parse error: x", "1:0: parse error: x", "at 12:30 UTC"])
    assert.equal(at(message, "up"), undefined, message);
  assert.equal(problemOf("1:1: not an error", "up"), undefined);
});

test("selectors and metrics of an expression, names in quotes too", () => {
  const expr = 'sum(rate(a{x="1"}[5m] offset 1h)) / on (x) b + {"c.d", y="2"} + a{x="1"}';
  assert.deepEqual(
    selectorsOf(expr).map(({ text }) => text),
    ['a{x="1"}', "b", '{"c.d", y="2"}'],
  );
  assert.deepEqual(metricsOf(expr), ["a", "b", "c.d"]);
  assert.deepEqual(metricsOf("1 + 1"), []);
  assert.deepEqual(metricsOf("sum("), []);
});

test("an expression is a tree of what it computes", () => {
  const titles = (node: ReturnType<typeof exprTree>): unknown =>
    node && [node.title, ...node.children.map(titles)];
  assert.deepEqual(
    titles(exprTree("sum by (job) (rate(a[5m] offset 1m)) / on (job) group_left () (b) > bool 2")),
    ["> bool", ["/ on (job) group_left ()", ["sum by (job)", ["rate()", ["a[5m] offset 1m"]]], ["b"]]],
  );
  assert.deepEqual(titles(exprTree("-topk(3, a @ 10)")), ["-", ["topk", ["a @ 10"]]]);
  assert.equal(exprTree("sum("), undefined);
  const rate = exprTree("rate(a[5m])");
  assert.deepEqual([rate?.isRange, rate?.children[0].isRange], [false, true]);
});

test("a trace's address comes from the template alone", () => {
  const template = "https://tempo.test/trace/${trace_id}?org=${org}";
  assert.equal(traceAddress(template, { trace_id: "ab1", org: "o" }), "https://tempo.test/trace/ab1?org=o");
  assert.equal(
    traceAddress(template, { trace_id: "../../x?y#z", org: "&a=b" }),
    "https://tempo.test/trace/..%2F..%2Fx%3Fy%23z?org=%26a%3Db",
  );
  assert.equal(traceAddress(template, { trace_id: "ab1" }), undefined);
  assert.equal(traceAddress("https://tempo.test/", { trace_id: "ab1" }), undefined);
  assert.equal(traceAddress("${u}", { u: "javascript:alert(1)" }), undefined);
  assert.equal(traceAddress("javascript:alert('${x}')", { x: "1" }), undefined);
});
