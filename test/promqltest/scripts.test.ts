/** Scripts of evaluations: the project's own, and Prometheus' where they are there. Every evaluation is a case. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { KNOWN_DIFFERENCES } from "./known-differences.ts";
import { type EvalOutcome, runScript } from "./run-script.ts";

const OWN = path.join(import.meta.dirname, "scripts");
const UPSTREAM = path.resolve(import.meta.dirname, "../../../shared/data/promqltest");

/** How many evaluations the upstream scripts of Prometheus 3.14 have. */
const UPSTREAM_EVALUATIONS = 2214;

function scriptsIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.endsWith(".test"));
}

for (const name of scriptsIn(OWN)) {
  test(`own script ${name}`, async (t) => {
    const outcomes = await runScript(readFileSync(path.join(OWN, name), "utf8"));
    t.diagnostic(`${outcomes.length} evaluations`);
    assert.ok(outcomes.length > 0);
    assert.deepEqual(differences(outcomes), []);
  });
}

function differences(outcomes: readonly EvalOutcome[]): string[] {
  return outcomes
    .filter(({ difference }) => difference !== undefined)
    .map(({ command, difference }) => `line ${command.line}: ${command.query}: ${difference}`);
}

const skip = existsSync(UPSTREAM) ? false : `no scripts of Prometheus at ${UPSTREAM}`;

test("Prometheus' own scripts", { skip, timeout: 120_000 }, async (t) => {
  let evaluations = 0;
  for (const name of scriptsIn(UPSTREAM)) {
    await t.test(name, async (one) => {
      const outcomes = await runScript(readFileSync(path.join(UPSTREAM, name), "utf8"));
      evaluations += outcomes.length;
      one.diagnostic(`${outcomes.length} evaluations`);
      const known = new Set(
        KNOWN_DIFFERENCES.filter(({ script }) => script === name).map(({ line }) => line),
      );
      assert.deepEqual(differences(outcomes.filter(({ command }) => !known.has(command.line))), []);
      const passing = outcomes.filter(
        ({ command, difference }) => known.has(command.line) && difference === undefined,
      );
      assert.deepEqual(
        passing.map(({ command }) => command.line),
        [],
        "these pass: they are no known differences any more",
      );
    });
  }
  assert.equal(evaluations, UPSTREAM_EVALUATIONS);
});
