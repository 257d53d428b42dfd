/** Runs a compiled Go test and says what each of its tests came to. https://pkg.go.dev/cmd/go#hdr-Test_packages */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export type RequirementLevel = "MUST" | "SHOULD" | "MAY";

export interface SuiteTest {
  readonly name: string;
  readonly result: "PASS" | "FAIL" | "SKIP";
  /** What the suite attributes to it or to a test around it. */
  readonly level: RequirementLevel | undefined;
  /** What it printed while it ran. */
  readonly log: string;
}

const SUITE_MS = 90_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const run = promisify(execFile);

/** The tests that have no parts. */
export async function runSuite(
  path: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<SuiteTest[]> {
  const options = { cwd, env: { ...process.env, ...env }, timeout: SUITE_MS, maxBuffer: MAX_OUTPUT_BYTES };
  const output = await run(path, ["-test.v"], options).then(
    ({ stdout }) => stdout,
    // It ends with 1 when a test fails.
    (error: { stdout?: string; stderr?: string }) => `${error.stdout}${error.stderr}`,
  );
  return parseTests(output);
}

function parseTests(output: string): SuiteTest[] {
  const levels = new Map<string, RequirementLevel>();
  for (const [, name, level] of output.matchAll(/^=== ATTR +(\S+) rfcLevel (MUST|SHOULD|MAY)$/gm)) {
    levels.set(name, level as RequirementLevel);
  }
  const results = [...output.matchAll(/^ *--- (PASS|FAIL|SKIP): (\S+) \(/gm)];
  const parents = new Set(results.map(([, , name]) => parentOf(name)));
  return results
    .filter(([, , name]) => !parents.has(name))
    .map(([, result, name]) => ({
      name,
      result: result as SuiteTest["result"],
      level: levelOf(levels, name),
      log: logOf(output, name),
    }));
}

function logOf(output: string, name: string): string {
  const [, rest = ""] = output.split(`=== RUN   ${name}\n`);
  return rest.split(/^(?:=== RUN| *---)/m)[0];
}

function levelOf(levels: ReadonlyMap<string, RequirementLevel>, name: string): RequirementLevel | undefined {
  if (name === "") return undefined;
  return levels.get(name) ?? levelOf(levels, parentOf(name));
}

function parentOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf("/")));
}
