/** What rules bring: templates of alerts, test files and series in their notation. */
import { ALERT_TEMPLATES } from "../../lib/rules/alert-templates.ts";
import { parseSeries } from "../../lib/rules/unit-test/notation/series-notation.ts";
import { parseTestFile } from "../../lib/rules/unit-test/parse-test-file.ts";
import { corpus } from "../template/corpus.ts";
import { type Target, textTarget } from "./target.ts";

const TEMPLATE_WORDS = [
  ...[
    "{{",
    "}}",
    "{{ range ",
    "{{ end }}",
    "{{ define `a` }}",
    "{{ template `a` . }}",
    "{{ block `b` 1 }}",
    "999999",
  ],
  ...[
    "printf `%999999d`",
    "| printf",
    "$labels",
    "$value",
    "query `up`",
    "index ",
    "slice ",
    "reReplaceAll `(a*)*b`",
  ],
];
const SCOPE = {
  alertName: "Fuzzed",
  labels: [["job", "a"]],
  value: 1.5,
  externalLabels: [],
  externalUrl: "http://hearth.example",
  timeMs: 1e12,
  query: async () => [{ labels: [["job", "b"]] as const, value: 2 }],
} as const;

const TEST_FILE = `
rule_files: [rules.yml]
evaluation_interval: 1m
group_eval_order: [a]
fuzzy_compare: true
tests:
  - { name: n, interval: 1m, start_timestamp: 2020-01-01T00:00:00Z, external_labels: { a: b }, external_url: u,
      input_series: [{ series: "up", values: "1+1x3" }],
      alert_rule_test: [{ eval_time: 1m, alertname: A, exp_alerts: [{ exp_labels: { a: b }, exp_annotations: { c: d } }] }],
      promql_expr_test: [{ expr: up, eval_time: 0, exp_samples: [{ labels: up, value: .Inf, histogram: "{{}}" }] }] }
`;
const SERIES = [
  'up{a="b"} 1+2x3 _ stale _x2 4e3 -Inf NaN 5x2',
  "h {{schema:1 count:4 sum:8 z_bucket:1 z_bucket_w:0.1 buckets:[1 2] offset:1 n_buckets:[1]}}+{{count:1}}x3",
  "h {{schema:-53 custom_values:[1 2 3] count:2 buckets:[1 1] counter_reset_hint:gauge}}x2",
];

export function ruleTargets(): Target[] {
  return [
    textTarget(
      "templates",
      corpus().map(({ Text }) => Text),
      TEMPLATE_WORDS,
      ["invalid"],
      (text) => ALERT_TEMPLATES.expand(text, SCOPE),
    ),
    textTarget(
      "rule tests",
      [TEST_FILE],
      ["- ", "{", "}", "eval_time", "1m", "&a ", "*a", "<<: ", ",,,,,,,,", "[,"],
      ["invalid"],
      (text) => {
        parseTestFile(text);
      },
    ),
    textTarget(
      "series of rule tests",
      SERIES,
      ["x99999999", "{{", "}}", "_", "stale", "+"],
      ["invalid", "too large"],
      (text) => {
        parseSeries(text);
      },
    ),
  ];
}
