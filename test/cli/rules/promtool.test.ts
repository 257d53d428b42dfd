/** promtool's own test files and rule files get promtool's verdicts: https://github.com/prometheus/prometheus/tree/main/cmd/promtool/testdata */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { RulesOptions } from "../../../cli/rules/command.ts";
import { upstreamPath, withoutUpstream } from "../../helpers/upstream.ts";
import { runRules } from "./run.ts";

/** Verdicts of unittest_test.go, with the modifiers that the program itself always allows. */
const TESTS: readonly (readonly [file: string, status: number, options?: RulesOptions])[] = [
  ["unittest", 0],
  ["long-period", 0],
  ["bad-input-series", 1],
  ["bad-promql", 1],
  ["bad-rules-syntax-test", 1],
  ["bad-rules-error-test", 1],
  ["failing", 1],
  ["at-modifier-test", 0],
  ["negative-offset-test", 0],
  ["experimental-functions-test", 1],
  ["experimental-functions-test", 0, { "enable-feature": "promql-experimental-functions" }],
  ["no-test-group-interval", 0],
  ["start-time-test", 0],
  ["rules_run", 1],
  ["rules_run", 1, { run: ["correct", "wrong"] }],
  ["rules_run", 0, { run: ["correct"] }],
  ["rules_run", 1, { run: ["wrong"] }],
  ["rules_run_extrafields", 1],
  ["rules_run_extrafields", 0, { "ignore-unknown-fields": true }],
  ["rules_run_no_fuzzy", 1],
  ["rules_run_fuzzy", 0, { run: ["correct"] }],
  ["rules_run_fuzzy", 1, { run: ["wrong"] }],
];

/** Verdicts of main_test.go. */
const CHECKS: readonly (readonly [file: string, status: number, options?: RulesOptions])[] = [
  ["rules", 0],
  ["rules-bad", 1],
  ["rules_duplicates", 0],
  ["rules_duplicates", 3, { "lint-fatal": true }],
  ["rules_duplicates", 0, { lint: "none", "lint-fatal": true }],
  ["rules_extrafields", 1],
  ["rules_extrafields", 0, { "ignore-unknown-fields": true }],
  ["rules_large", 0],
  ["prometheus-rules.lint", 3, { "lint-fatal": true }],
  ["bad-rules-syntax", 1],
  ["bad-rules-error", 0],
];

const skip = withoutUpstream("ruleTests");
const pathOf = (file: string) => join(upstreamPath("ruleTests"), `${file}.yml`);

for (const [file, status, options = {}] of TESTS)
  test(`rules test ${file} ${JSON.stringify(options)}`, { skip }, async () => {
    const outcome = await runRules(["test", pathOf(file)], options);
    assert.equal(outcome.status, status, outcome.err);
    assert.match(
      status === 0 ? outcome.out : outcome.err,
      status === 0 ? /^ {2}SUCCESS$/m : /^ {2}FAILED:$/m,
    );
  });

for (const [file, status, options = {}] of CHECKS)
  test(`rules check ${file} ${JSON.stringify(options)}`, { skip }, async () => {
    assert.equal((await runRules(["check", pathOf(file)], options)).status, status);
  });
