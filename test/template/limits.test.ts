/** Templates that would take for ever, or all memory, end with an error. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { printHistogram } from "../../lib/histogram/print-histogram.ts";
import type { Histogram } from "../../lib/model/histogram.ts";
import {
  type AlertData,
  checkAlertTemplate,
  expandOrExplain,
  parseAlertTemplate,
  TemplateError,
} from "../../lib/template/alert-template.ts";

const DATA: AlertData = {
  labels: [["job", "a"]],
  value: 1,
  externalLabels: [],
  externalUrl: "http://hearth.example",
  timestampMs: 0,
  query: async (expr) => [{ labels: [["expr", expr]], value: 1 }],
};

const errorOf = async (text: string, data: AlertData = DATA) =>
  (await expandOrExplain("A", text, data)).error ?? "";

const ENDLESS: readonly (readonly [template: string, error: RegExp])[] = [
  ["{{ range 1000000000 }}{{ end }}", /more than 250000 steps/],
  ["{{ range 1000000000 }}x{{ end }}", /more than 250000 steps/],
  ["{{ range 9999 }}{{ range 9999 }}{{ if false }}{{ end }}{{ end }}{{ end }}", /more than 250000 steps/],
  ['{{ range 999 }}{{ printf "%9999d" . }}{{ end }}', /more than 1048576 bytes/],
  ['{{ $x := "xxxxxxxx" }}{{ range 60 }}{{ $x = print $x $x }}{{ end }}', /more than 1048576 bytes/],
  ['{{ $x := "&&&&&&&&" }}{{ range 60 }}{{ $x = html $x $x }}{{ end }}', /more than 1048576 bytes/],
  ['{{ printf "%999999d%999999d%999999d" 1 1 1 }}', /more than 1048576 bytes/],
  [
    `{{ $x := printf "%999999d" 1 }}{{ range 99 }}{{ if toUpper $x }}{{ end }}{{ end }}`,
    /more than 250000 steps/,
  ],
  ['{{ range 100000 }}{{ if query "up" }}{{ end }}{{ end }}', /more than 250000 steps/],
  [
    '{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}',
    /exceeded maximum template depth \(500\)/,
  ],
  ['{{ range 200 }}{{ query (print "q" .) | len }}{{ end }}', /more than 100 queries/],
  [`${"{{ if true }}".repeat(5000)}${"{{ end }}".repeat(5000)}`, /max nesting depth exceeded/],
  [`{{ ${"(".repeat(5000)}1${")".repeat(5000)} }}`, /max expression depth exceeded/],
  [`{{ if 1 }}${"{{ else if 1 }}".repeat(5000)}{{ end }}`, /max nesting depth exceeded/],
  [`{{ match "${"(a{1,999}){1,999}"}" "a" }}`, /too large|repeat/],
];

for (const [template, error] of ENDLESS) {
  it(`ends ${template.slice(0, 60)}`, async () => assert.match(await errorOf(template), error));
}

it("makes 100 queries, each once", async () => {
  const asked: string[] = [];
  const data = { ...DATA, query: async (expr: string) => [{ labels: [], value: asked.push(expr) }] };
  const { text } = await expandOrExplain(
    "A",
    '{{ range 100 }}{{ query (print "q" .) | len }}{{ query "q0" | len }}{{ end }}',
    data,
  );
  assert.equal(text, "1".repeat(200));
  assert.equal(new Set(asked).size, 100);
  assert.equal(asked.length, 100);
});

it("puts a query's error into the template's", async () => {
  const data = { ...DATA, query: async () => Promise.reject(new Error("throttled")) };
  assert.match(await errorOf('{{ query "up" }}', data), /at <query "up">: error calling query: throttled$/);
});

it("turns an error into the text of the annotation", async () => {
  const { text } = await expandOrExplain("A", "{{ .Nope }}", DATA);
  assert.match(
    text,
    /^<error expanding template: error executing template __alert_A: template: __alert_A:1:\d+: /,
  );
});

it("throws a TemplateError for a template that does not parse", () => {
  assert.throws(
    () => parseAlertTemplate("A", "{{"),
    new TemplateError("error parsing template __alert_A: template: __alert_A:1: unclosed action"),
  );
});

it("checks as promtool check rules", () => {
  assert.equal(checkAlertTemplate("A", "{{ $labels.job }} {{ .Nope }}"), undefined);
  assert.equal(checkAlertTemplate("A", "{{ nope }}"), 'template: __alert_A:1: function "nope" not defined');
});

it("prints histograms, and their count and sum", async () => {
  const histogram: Histogram = {
    kind: "float",
    counterResetHint: "unknown",
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 3,
    sum: 10,
    positive: { spans: [], counts: new Float64Array() },
    negative: { spans: [], counts: new Float64Array() },
    customBounds: new Float64Array(),
    isStale: false,
  } as unknown as Histogram;
  const { text } = await expandOrExplain("A", "{{ $value }} {{ $value.Count }} {{ .Value.Sum }}", {
    ...DATA,
    value: histogram,
  });
  assert.equal(text, `${printHistogram(histogram)} 3 10`);
});
