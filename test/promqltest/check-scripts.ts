/** Scripts as tests: the project's own and Prometheus'. Every evaluation is a case. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { withoutUpstream } from "../helpers/upstream.ts";
import { KNOWN_DIFFERENCES, type Way } from "./known-differences.ts";
import { type EvalOutcome, runScript } from "./run-script.ts";
import type { ScriptTarget } from "./target.ts";
import { readUpstreamScripts, UPSTREAM_EVALUATIONS } from "./upstream-scripts.ts";

const OWN = path.join(import.meta.dirname, "scripts");

/** Tests that all scripts run one way; `open` makes a target, for each script its own. */
export function testScripts(way: Way, open: () => Promise<ScriptTarget>, otherTimes = true): void {
  const run = async (text: string, t: TestContext): Promise<EvalOutcome[]> => {
    const outcomes = await runScript(text, await open(), otherTimes);
    t.diagnostic(`${outcomes.length} evaluations`);
    return outcomes;
  };

  for (const name of readdirSync(OWN)) {
    test(`${way}: own script ${name}`, async (t) => {
      const outcomes = await run(readFileSync(path.join(OWN, name), "utf8"), t);
      assert.ok(outcomes.length > 0);
      assert.deepEqual(differences(outcomes), []);
    });
  }

  const skip = withoutUpstream("scripts");
  test(`${way}: Prometheus' own scripts`, { skip, timeout: 300_000 }, async (t) => {
    let evaluations = 0;
    for (const { name, text } of readUpstreamScripts()) {
      await t.test(name, async (one) => {
        const outcomes = await run(text, one);
        evaluations += outcomes.length;
        assertAsKnown(way, name, outcomes);
      });
    }
    assert.equal(evaluations, UPSTREAM_EVALUATIONS);
  });
}

function assertAsKnown(way: Way, script: string, outcomes: readonly EvalOutcome[]): void {
  const known = new Set(
    KNOWN_DIFFERENCES.filter((one) => one.script === script && one.ways.includes(way)).flatMap(
      ({ lines }) => lines,
    ),
  );
  assert.deepEqual(differences(outcomes.filter(({ command }) => !known.has(command.line))), []);
  const passing = outcomes.filter(
    ({ command, difference }) => known.has(command.line) && difference === undefined,
  );
  assert.deepEqual(
    passing.map(({ command }) => command.line),
    [],
    "these evaluations pass now: remove them from the known differences",
  );
}

function differences(outcomes: readonly EvalOutcome[]): string[] {
  return outcomes
    .filter(({ difference }) => difference !== undefined)
    .map(({ command, difference }) => `line ${command.line}: ${command.query}: ${difference}`);
}
