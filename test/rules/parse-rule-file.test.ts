/** Rule files: what is read, and what is refused where. Places are those that promtool prints, or better ones. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ParsedRuleFile, parseRuleFile, parseRuleGroup } from "../../lib/rules/parse-rule-file.ts";
import { printProblem } from "../../lib/rules/problem.ts";

function problemsOf({ problems }: ParsedRuleFile): string[] {
  return problems.map((problem) => `${problem.severity} ${printProblem(problem)}`);
}

/** A file with one group of these rules, indented by four. */
const withRules = (rules: string) => `groups:\n- name: g\n  rules:\n${rules}`;

test("every field of a file is read", () => {
  const { file, problems } = parseRuleFile(`
groups:
  - name: node
    interval: 1m30s
    query_offset: 0s
    limit: 10
    labels: { team: infra, empty: "" }
    rules:
      - record: job:up:count
        expr: count by (job) (up)
        labels: { level: job }
      - alert: Down
        expr: |
          up == 0
        for: 5m
        keep_firing_for: 1h
        labels: { severity: page, code: 007 }
        annotations: { summary: "{{ $labels.job }} is down", b: 1.50 }
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(file, {
    groups: [
      {
        name: "node",
        intervalMs: 90_000,
        limit: 10,
        queryOffsetMs: 0,
        labels: [
          ["empty", ""],
          ["team", "infra"],
        ],
        rules: [
          { record: "job:up:count", expr: "count by (job) (up)", labels: [["level", "job"]] },
          {
            alert: "Down",
            expr: "up == 0\n",
            forMs: 300_000,
            keepFiringForMs: 3_600_000,
            labels: [
              ["code", "007"],
              ["severity", "page"],
            ],
            annotations: [
              ["b", "1.50"],
              ["summary", "{{ $labels.job }} is down"],
            ],
          },
        ],
      },
    ],
  });
});

test("an empty text, no groups and a group without rules are files", () => {
  assert.deepEqual(parseRuleFile("").file, { groups: [] });
  assert.deepEqual(parseRuleFile("# nothing\n").file, { groups: [] });
  assert.deepEqual(parseRuleFile("groups:\n").file, { groups: [] });
  assert.deepEqual(parseRuleFile("groups: [{name: a}]").file, {
    groups: [{ name: "a", limit: 0, labels: [], rules: [] }],
  });
});

test("anchors and merged mappings are followed", () => {
  const { file, problems } = parseRuleFile(
    withRules(`  - &a
    alert: A
    expr: up == 0
    labels: &labels { severity: page }
  - <<: *a
    alert: B
    labels: { <<: *labels, team: x }
`),
  );
  assert.deepEqual(problems, []);
  const b = file?.groups[0].rules[1];
  assert.deepEqual(b?.expr, "up == 0");
  assert.deepEqual(b?.labels, [
    ["severity", "page"],
    ["team", "x"],
  ]);
});

const REFUSED: readonly (readonly [what: string, text: string, problems: readonly string[]])[] = [
  [
    "syntax",
    "groups: [",
    ["error 1:10: yaml: Flow sequence in block collection must be sufficiently indented and end with a ]"],
  ],
  ["a list", "- a\n", ["error 1:1: a rule file: expected a mapping, got a list"]],
  [
    "an unknown field of the file",
    "group: []\n",
    [`error 1:1: field "group" is not known in a rule file: expected groups`],
  ],
  ["no name", "groups:\n- rules: []\n", ["error 2:3: Groupname must not be empty"]],
  [
    "the same name again",
    "groups:\n- name: a\n- name: a\n",
    [`error 3:3: groupname: "a" is repeated in the same file`],
  ],
  [
    "an interval without unit",
    "groups:\n- name: a\n  interval: 5\n",
    [`error 3:3: interval: not a valid duration string: "5"`],
  ],
  [
    "a limit in words",
    "groups:\n- name: a\n  limit: x\n",
    [`error 3:3: limit: expected a whole number, got "x"`],
  ],
  [
    "labels of a group",
    "groups:\n- name: a\n  labels: {__name__: x}\n",
    [`error 3:3: invalid label name: "__name__"`],
  ],
  [
    "neither kind, no expression",
    withRules("  - labels: {}\n"),
    [
      `error 4:5: group "g", rule 1, "": one of 'record' or 'alert' must be set`,
      `error 4:5: group "g", rule 1, "": field 'expr' must be set in rule`,
    ],
  ],
  [
    "both kinds",
    withRules("  - record: a\n    alert: b\n    expr: up\n"),
    [`error 4:5: group "g", rule 1, "a": only one of 'record' and 'alert' must be set`],
  ],
  [
    "an expression",
    withRules("  - record: a\n    expr: sum(\n"),
    [
      `error 5:11: group "g", rule 1, "a": could not parse expression: 1:5: parse error: unclosed left parenthesis`,
    ],
  ],
  [
    "what only alerts have",
    withRules("  - record: a\n    expr: up\n    for: 5m\n    keep_firing_for: 1m\n    annotations: {a: b}\n"),
    [
      `error 8:5: group "g", rule 1, "a": invalid field 'annotations' in recording rule`,
      `error 6:5: group "g", rule 1, "a": invalid field 'for' in recording rule`,
      `error 7:5: group "g", rule 1, "a": invalid field 'keep_firing_for' in recording rule`,
    ],
  ],
  [
    "an unknown field of a rule",
    withRules("  - alert: a\n    expr: up\n    annotation: {}\n"),
    [
      `error 6:5: group "g", rule 1, "a": field "annotation" is not known in a rule: expected record, alert, expr, for, keep_firing_for, labels, annotations`,
    ],
  ],
  [
    "an expression as name",
    withRules("  - record: a{b='c'}\n    expr: up\n"),
    [
      `error 4:5: group "g", rule 1, "a{b='c'}": braces present in the recording rule name; should it be in expr?: "a{b='c'}"`,
    ],
  ],
  [
    "a key that repeats",
    withRules("  - alert: a\n    expr: up\n    expr: down\n"),
    [`error 6:5: group "g", rule 1, "a": a rule: key "expr" is in this mapping already`],
  ],
  [
    "a label that is a list",
    withRules("  - alert: a\n    expr: up\n    labels: {x: [1]}\n"),
    [`error 6:14: group "g", rule 1, "a": labels: x: expected text, got a list`],
  ],
  [
    "a label that is not UTF-8",
    withRules(`  - alert: a\n    expr: up\n    labels: {x: "\\uD800"}\n`),
    [`error 6:5: group "g", rule 1, "a": invalid label value: "�"`],
  ],
];

for (const [what, text, expected] of REFUSED) {
  test(`refused with its place: ${what}`, () => {
    const parsed = parseRuleFile(text);
    assert.equal(parsed.file, undefined);
    assert.deepEqual(problemsOf(parsed), expected);
  });
}

test("all problems of a file come at once", () => {
  const parsed = parseRuleFile(
    withRules("  - record: a\n  - alert: b\n    expr: 1 +\n  - alert: c\n    expr: up\n    for: x\n"),
  );
  assert.equal(parsed.problems.length, 3);
  assert.deepEqual(
    parsed.problems.map(({ rule }) => rule?.number),
    [1, 2, 3],
  );
});

test("duplicates are lint, whichever group they are in", () => {
  const rule = "  - record: a\n    expr: up\n    labels: {x: y}\n";
  const parsed = parseRuleFile(
    `${withRules(rule + rule)}- name: h\n  labels: {x: y}\n  rules:\n  - record: a\n    expr: 1\n`,
  );
  assert.notEqual(parsed.file, undefined);
  assert.deepEqual(
    parsed.problems.map(({ severity, place, rule: at }) => [severity, place.line, at?.group, at?.number]),
    [
      ["lint", 7, "g", 2],
      ["lint", 13, "h", 1],
    ],
  );
});

test("templates of alerts are checked, each with its name", () => {
  const templates = { check: (text: string) => (text.includes("bad") ? `unexpected ${text}` : undefined) };
  const parsed = parseRuleFile(
    withRules("  - alert: a\n    expr: up\n    labels: {x: bad1}\n    annotations: {y: good, z: bad2}\n"),
    { templates },
  );
  assert.deepEqual(problemsOf(parsed), [
    `error 6:5: group "g", rule 1, "a": label "x": unexpected bad1`,
    `error 7:5: group "g", rule 1, "a": annotation "z": unexpected bad2`,
  ]);
});

test("a second document is a warning", () => {
  const parsed = parseRuleFile("groups: []\n---\ngroups: []\n");
  assert.deepEqual(parsed.file, { groups: [] });
  assert.deepEqual(problemsOf(parsed), [
    "warning 3:1: a rule file is one YAML document; only the first of this one counts",
  ]);
});

test("hostile texts are refused and end", () => {
  assert.equal(parseRuleFile("[".repeat(50_000)).file, undefined);
  assert.equal(parseRuleFile(`groups: ${"x".repeat(5_000_000)}`).file, undefined);
  assert.equal(parseRuleFile("groups: &a [*a]").file, undefined);
  const keys = Array.from({ length: 100_000 }, (_, i) => `k${i}: v\n`).join("");
  assert.equal(parseRuleFile(keys).file, undefined);
  assert.deepEqual(parseRuleFile("groups:\n- &a {name: x, <<: *a}").file?.groups.length, 1);
  // A thousand groups of a thousand rules, in a few lines.
  const rules = Array.from({ length: 1000 }, (_, i) => `{record: a${i}, expr: up}`).join(", ");
  const groups = Array.from({ length: 1000 }, (_, i) => `- {name: g${i}, rules: *r}\n`).join("");
  assert.equal(parseRuleFile(`groups:\n- name: first\n  rules: &r [${rules}]\n${groups}`).file, undefined);
});

test("a group alone is read as the configuration API sends it", () => {
  const { group, problems } = parseRuleGroup("name: g\ninterval: 10s\nrules: [{record: a, expr: '1'}]\n");
  assert.deepEqual(problems, []);
  assert.equal(group?.intervalMs, 10_000);
  assert.equal(parseRuleGroup("rules: []").group, undefined);
  assert.equal(parseRuleGroup("").group, undefined);
});
