/** Scripts as tests: the project's own, and Prometheus' where they are there. Every evaluation is a case. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { KNOWN_DIFFERENCES, type Way } from "./known-differences.ts";
import { type EvalOutcome, runScript } from "./run-script.ts";
import type { ScriptTarget } from "./target.ts";

const OWN = path.join(import.meta.dirname, "scripts");
const UPSTREAM = path.resolve(import.meta.dirname, "../../../shared/data/promqltest");

/** How many evaluations the upstream scripts of Prometheus 3.14 have. */
const UPSTREAM_EVALUATIONS = 2214;

/** Tests that all scripts run one way; `open` makes a target, for each script its own. */
export function testScripts(way: Way, open: () => Promise<ScriptTarget>, otherTimes = true): void {
  const run = async (file: string, t: TestContext): Promise<EvalOutcome[]> => {
    const outcomes = await runScript(readFileSync(file, "utf8"), await open(), otherTimes);
    t.diagnostic(`${outcomes.length} evaluations`);
    return outcomes;
  };

  for (const name of scriptsIn(OWN)) {
    test(`${way}: own script ${name}`, async (t) => {
      const outcomes = await run(path.join(OWN, name), t);
      assert.ok(outcomes.length > 0);
      assert.deepEqual(differences(outcomes), []);
    });
  }

  const skip = existsSync(UPSTREAM) ? false : `no scripts of Prometheus at ${UPSTREAM}`;
  test(`${way}: Prometheus' own scripts`, { skip, timeout: 300_000 }, async (t) => {
    let evaluations = 0;
    for (const name of scriptsIn(UPSTREAM)) {
      await t.test(name, async (one) => {
        const outcomes = await run(path.join(UPSTREAM, name), one);
        evaluations += outcomes.length;
        assertAsKnown(way, name, outcomes);
      });
    }
    assert.equal(evaluations, UPSTREAM_EVALUATIONS);
  });
}

function scriptsIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.endsWith(".test"));
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
    "these pass: they are no known differences any more",
  );
}

function differences(outcomes: readonly EvalOutcome[]): string[] {
  return outcomes
    .filter(({ difference }) => difference !== undefined)
    .map(({ command, difference }) => `line ${command.line}: ${command.query}: ${difference}`);
}
