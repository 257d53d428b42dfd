import assert from "node:assert/strict";
import { test } from "node:test";
import { HearthError } from "../../lib/model/errors.ts";
import { ALERT_TEMPLATES } from "../../lib/rules/alert-templates.ts";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";

const SCOPE = {
  alertName: "Down",
  labels: [["job", "api"]],
  value: 0.25,
  externalLabels: [["dc", "x"]],
  externalUrl: "http://hearth.example",
  timeMs: 60_000,
  query: async () => [],
} as const;

test("expands with the labels, the value and the time of the evaluation", async () => {
  const text = "{{ $labels.job }} {{ $value | humanizePercentage }} {{ $externalLabels.dc }} {{ now }}";
  assert.equal(await ALERT_TEMPLATES.expand(text, SCOPE), "api 25% x 60");
});

test("throws what Prometheus says of a template", async () => {
  const message = /^error executing template __alert_Down: template: __alert_Down:1:\d+: executing/;
  await assert.rejects(ALERT_TEMPLATES.expand("{{ .Nope }}", SCOPE), (error) => {
    return error instanceof HearthError && error.kind === "invalid" && message.test(error.message);
  });
});

test("a rule file's check names the alert", () => {
  const text = 'groups: [{ name: g, rules: [{ alert: Down, expr: up, annotations: { a: "{{ x }}" } }] }]';
  const [problem] = parseRuleFile(text, { templates: ALERT_TEMPLATES }).problems;
  assert.match(problem.message, /^annotation "a": template: __alert_Down:1: function "x" not defined$/);
});
