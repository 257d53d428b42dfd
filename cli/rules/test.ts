/** `hearthdb rules test FILE…`: the test files of `promtool test rules`, unchanged. */
import { dirname } from "node:path";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import { printLabels } from "../../lib/model/labels.ts";
import { ALL_TIME } from "../../lib/model/time.ts";
import { printGeneralFloat } from "../../lib/number/print-general-float.ts";
import type { RuleGroup } from "../../lib/rules/rule-file.ts";
import { parseTestFile } from "../../lib/rules/unit-test/parse-test-file.ts";
import { runRuleTest } from "../../lib/rules/unit-test/run-test.ts";
import type { SampleSource } from "../../lib/rules/unit-test/sample-source.ts";
import type { RuleTestFile } from "../../lib/rules/unit-test/test-file.ts";
import { findFiles, type RuleFileOptions, readGroups, readText } from "./files.ts";
import type { JunitCase, JunitSuite } from "./junit.ts";
import type { Output } from "./output.ts";

export interface TestOptions extends RuleFileOptions {
  /** Tests whose name matches one of them are run; all without. */
  readonly run: readonly RegExp[];
  readonly diff: boolean;
  readonly debug: boolean;
  readonly delayedNameRemoval: boolean;
}

/** Returns one suite per file; the command fails if one has a failure or an error. */
export async function testFiles(
  paths: readonly string[],
  options: TestOptions,
  now: () => Date,
  output: Output,
): Promise<JunitSuite[]> {
  const suites: JunitSuite[] = [];
  for (const path of paths) {
    output.print(`Processing test file: ${path}`);
    const suite = await testFile(path, options, now(), output);
    const errors =
      suite.error === undefined ? suite.cases.flatMap(({ failures }) => failures) : [suite.error];
    if (errors.length === 0) output.print("  SUCCESS");
    else output.complain(["  FAILED:", ...errors.map((error) => `${error}\n`)].join("\n"));
    output.print("");
    suites.push(suite);
  }
  return suites;
}

export function isFailed({ cases, error }: JunitSuite): boolean {
  return error !== undefined || cases.some(({ failures }) => failures.length > 0);
}

async function testFile(path: string, options: TestOptions, now: Date, output: Output): Promise<JunitSuite> {
  const suite = { name: path, timestamp: now.toISOString().slice(0, 19) };
  let file: RuleTestFile;
  try {
    file = parseTestFile(readText(path));
  } catch (error) {
    return { ...suite, cases: [], error: `${path}: ${expected(error)}` };
  }
  const ruleFiles = findFiles(file.ruleFiles, dirname(path), output.complain);
  const cases: JunitCase[] = [];
  for (const [i, test] of file.tests.entries()) {
    if (options.run.length > 0 && !options.run.some((pattern) => pattern.test(test.name))) continue;
    const name = test.name === "" ? `unnamed#${i}` : test.name;
    cases.push({ name, failures: await testOne(file, i, ruleFiles, options, name, output) });
  }
  return { ...suite, cases, error: undefined };
}

async function testOne(
  file: RuleTestFile,
  index: number,
  ruleFiles: readonly string[],
  options: TestOptions,
  name: string,
  output: Output,
): Promise<readonly string[]> {
  const { parse, delayedNameRemoval, diff, debug } = options;
  let groups: readonly RuleGroup[];
  try {
    groups = ruleFiles.flatMap((path) => readGroups(path, options));
  } catch (error) {
    return [expected(error)];
  }
  const startMs = performance.now();
  if (debug) output.complain(`DEBUG: Starting test ${name}`);
  const result = await runRuleTest(file.tests[index], { file, groups, parse, delayedNameRemoval, diff });
  if (debug) {
    output.complain(`DEBUG: Dump of all data (input_series and rules):`);
    for await (const line of dump(result.source)) output.complain(line);
    output.complain(`DEBUG: Test ${name} finished, took ${Math.round(performance.now() - startMs)}ms`);
  }
  return result.errors;
}

/** Each series and its samples: `metric{…} =>`, then `VALUE @[MS]`. */
async function* dump(source: SampleSource): AsyncGenerator<string> {
  for await (const { labels, timestamps, values } of source.select({ ...ALL_TIME, matchers: [] })) {
    yield `${printLabels(labels)} =>`;
    for (const [i, time] of timestamps.entries()) yield `${printGeneralFloat(values[i])} @[${time}]`;
  }
}

/** What is wrong with a file; anything else is a bug and is thrown. */
function expected(error: unknown): string {
  if (error instanceof HearthError) return errorMessage(error);
  throw error;
}
