/** `hearthdb rules test`: what promtool's own files do not show. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { newTemporaryDirectory } from "../../helpers/temporary-directory.ts";
import { runRules } from "./run.ts";

const RULES = `groups:
  - name: first
    rules:
      - record: total
        expr: sum(requests)
  - name: second
    rules:
      - alert: Many
        expr: total > 10
        for: 2m
        labels: { region: "{{ $externalLabels.region }}" }
        annotations: { text: "{{ $value | humanize }} at {{ $externalURL }}", one: '{{ query "total" | first | value }}' }
`;

async function runTest(body: string, options = {}) {
  await using folder = await newTemporaryDirectory("rules");
  await writeFile(join(folder.path, "rules.yml"), RULES);
  const path = join(folder.path, "test.yml");
  await writeFile(path, `rule_files: ["rule*.yml"]\n${body}`);
  const junit = join(folder.path, "junit.xml");
  const outcome = await runRules(["test", path], { ...options, junit });
  return { ...outcome, junit: await readFile(junit, "utf8") };
}

test("groups in order, external labels and URL, templates with queries", async () => {
  const outcome = await runTest(`
group_eval_order: [first, second]
tests:
  - interval: 1m
    external_labels: { region: eu }
    external_url: http://hearth.example
    input_series:
      - { series: 'requests{a="x"}', values: "0+4x10" }
      - { series: 'requests{a="y"}', values: "1 _x3 1+1x5" }
    alert_rule_test:
      - eval_time: 4m
        alertname: Many
        exp_alerts: []
      - eval_time: 5m
        alertname: Many
        exp_alerts:
          - exp_labels: { region: eu }
            exp_annotations: { text: "22 at http://hearth.example", one: "22" }
`);
  assert.equal(outcome.status, 0, outcome.err);
});

test("native histograms, staleness and omitted values", async () => {
  const outcome = await runTest(`
tests:
  - interval: 1m
    input_series:
      - { series: h, values: "{{schema:0 count:4 sum:8 buckets:[1 2 1]}}+{{schema:0 count:4 sum:8 buckets:[1 2 1]}}x3" }
      - { series: g, values: "1 stale _ 4" }
    promql_expr_test:
      - { expr: "histogram_count(h)", eval_time: 2m, exp_samples: [{ labels: "{}", value: 12 }] }
      - expr: rate(h[2m])
        eval_time: 2m
        exp_samples:
          - { labels: "{}", histogram: "{{schema:0 count:0.06666666666666667 sum:0.13333333333333333 counter_reset_hint:gauge buckets:[0.016666666666666666 0.03333333333333333 0.016666666666666666]}}" }
      - { expr: g, eval_time: 1m, exp_samples: [] }
      - { expr: g, eval_time: 3m, exp_samples: [{ labels: g, value: 4 }] }
      - { expr: "1 / 0", eval_time: 0, exp_samples: [{ value: .Inf }] }
`);
  assert.equal(outcome.status, 0, outcome.err);
});

test("a mismatch shows both sides, or the difference, and goes into the JUnit file", async () => {
  const body = `
tests:
  - name: <one>
    interval: 1m
    input_series: [{ series: requests, values: "20x10" }]
    alert_rule_test:
      - { eval_time: 5m, alertname: Many, exp_alerts: [{ exp_labels: { region: us } }] }
    promql_expr_test:
      - { expr: total, eval_time: 1m, exp_samples: [{ labels: total, value: 21 }] }
`;
  const outcome = await runTest(body);
  assert.equal(outcome.status, 1);
  assert.match(outcome.err, /name: <one>,\n {4}alertname: Many, time: 5m, \n {8}exp:\[/);
  assert.match(outcome.err, /expr: "total", time: 1m,\n {8}exp: total.* 21\n {8}got: total.* 20/);
  assert.match(outcome.junit, /<testsuite name="[^"]*test.yml" tests="1" failures="2" errors="0"/);
  assert.match(outcome.junit, /<testcase name="&lt;one&gt;"><failure>/);
  const diff = await runTest(body, { diff: true });
  assert.match(diff.err, /diff:\n.*\n?.*- {3}Labels:\{alertname="Many", ?region="us"\}/s);
  const skipped = await runTest(body, { run: ["two"] });
  assert.equal(skipped.status, 0);
});

test("--debug dumps what was loaded and recorded", async () => {
  const outcome = await runTest(
    `
tests:
  - interval: 1m
    input_series: [{ series: requests, values: "20x1" }]
    promql_expr_test: [{ expr: total, eval_time: 1m, exp_samples: [{ labels: total, value: 20 }] }]
`,
    { debug: true },
  );
  assert.equal(outcome.status, 0, outcome.err);
  assert.match(outcome.err, /requests(\{\})? =>\n20 @\[0\]\n20 @\[60000\]\ntotal(\{\})? =>\n20 @\[0\]/);
});

const WRONG: readonly (readonly [body: string, error: RegExp])[] = [
  ["tests: [{ more: 1 }]", /field "more" is not known in a test/],
  ["tests: [{ interval: soon }]", /interval: unknown unit|interval: not a valid duration/],
  ["tests: [{ input_series: [{ series: a, values: 1 2 b }] }]", /not a series value: "b"/],
  ["tests: [{ input_series: [{ series: a, values: 1x99999999999 }] }]", /at most 10000000 are taken/],
  ["tests: [{ input_series: [{ series: a, values: '{{foo:1}}' }] }]", /not a histogram: "foo"/],
  [
    "tests: [{ input_series: [{ series: a, values: '{{schema:-53 custom_values:[1]}}+{{count:1}}x2' }] }]",
    /histograms with custom and with exponential buckets cannot be added/,
  ],
  [
    "tests: [{ alert_rule_test: [{ eval_time: 1m }] }]",
    /misses required attribute alertname at eval_time 1m/,
  ],
  ["tests: [{ start_timestamp: noon }]", /start_timestamp: expected RFC 3339/],
  ["group_eval_order: [a, a]", /group name repeated in evaluation order: a/],
  ["tests: [{ promql_expr_test: [{ expr: 'up[' }] }]", /expr: "up\[", time: 0s, err: .*parse error/],
];

for (const [body, error] of WRONG)
  test(`fails for ${body}`, async () => {
    const outcome = await runTest(body);
    assert.equal(outcome.status, 1);
    assert.match(outcome.err, error);
  });
