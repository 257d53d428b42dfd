/** The scripts of the Prometheus that the peers are built of: it is later than Hearth's PromQL, and what it has changed is listed. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EngineTarget } from "../promqltest/engine-target.ts";
import { runScript } from "../promqltest/run-script.ts";
import { goProgram, goSources } from "./go-programs.ts";

/** Of 3.16, without the script that is left out. */
const EVALUATIONS = 2407;

interface LaterChange {
  readonly script: string;
  readonly lines: readonly number[];
  readonly what: string;
}

const LATER_CHANGES: readonly LaterChange[] = [
  {
    script: "fill-modifier.test",
    lines: [185, 191, 206, 211, 216],
    what: "the sides of `group_right` with a fill are those that are written; 3.14's scripts want them as they are matched",
  },
  {
    script: "start_timestamps.test",
    lines: [149],
    what: "a start behind its own sample is none; 3.14's scripts want a reset",
  },
  {
    script: "type_and_unit.test",
    lines: [39, 43, 192, 196, 284, 320],
    what: "`__type__` and `__unit__` are left out of matching, and so of grouping; 3.14's scripts want them matched like others",
  },
];

/** Experimental syntax that 3.14 has not: names of any letters without quotes. */
const UNREAD = "unquoted_utf8_names.test";

const { missing } = await goProgram("prometheus");

test("Prometheus' later scripts", { skip: missing }, async (t) => {
  const sources = await goSources("prometheus", "github.com/prometheus/prometheus");
  const directory = join(sources, "promql/promqltest/testdata");
  const scripts = readdirSync(directory).filter((name) => name.endsWith(".test") && name !== UNREAD);
  let evaluations = 0;
  for (const script of scripts) {
    await t.test(script, async () => {
      const outcomes = await runScript(readFileSync(join(directory, script), "utf8"), new EngineTarget());
      evaluations += outcomes.length;
      const differing = outcomes.filter(({ difference }) => difference !== undefined);
      const changed = LATER_CHANGES.filter((one) => one.script === script).flatMap(({ lines }) => lines);
      assert.deepEqual(
        differing.map(({ command }) => command.line),
        changed.toSorted((a, b) => a - b),
        differing.map(({ command, difference }) => `line ${command.line}: ${difference}`).join("\n"),
      );
    });
  }
  assert.equal(evaluations, EVALUATIONS);
});
