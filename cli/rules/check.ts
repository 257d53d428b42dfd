/** `hearthdb rules check FILE…`: what `promtool check rules` says, with lines and columns. */
import { type Problem, printProblem } from "../../lib/rules/problem.ts";
import { parseFile, type RuleFileOptions } from "./files.ts";
import type { Output } from "./output.ts";

export interface CheckOptions extends RuleFileOptions {
  /** Whether rules that produce the same series are reported. */
  readonly lint: boolean;
  /** Whether what lint reports ends the command with status 3. */
  readonly lintFatal: boolean;
}

const FAILED = 1;
const LINT = 3;

/** Returns the exit status: 1 for errors, 3 for lint with `lintFatal`. */
export function checkFiles(paths: readonly string[], options: CheckOptions, output: Output): number {
  let hasErrors = false;
  let hasLint = false;
  for (const path of paths) {
    output.print(path === "-" ? "Checking standard input" : `Checking ${path}`);
    const { file, problems } = parseFile(path, options);
    for (const warning of problems.filter(({ severity }) => severity === "warning"))
      output.complain(`  WARNING: ${printProblem(warning)}`);
    const errors = problems.filter(({ severity }) => severity === "error");
    const lint = options.lint ? problems.filter(({ severity }) => severity === "lint") : [];
    hasErrors ||= errors.length > 0;
    hasLint ||= lint.length > 0;
    const count = file?.groups.reduce((sum, { rules }) => sum + rules.length, 0) ?? 0;
    if (errors.length + lint.length === 0) output.print(`  SUCCESS: ${count} rules found`);
    else complain(path, errors, lint, output);
    output.print("");
  }
  if (hasErrors) return FAILED;
  return hasLint && options.lintFatal ? LINT : 0;
}

function complain(path: string, errors: readonly Problem[], lint: readonly Problem[], output: Output): void {
  output.complain("  FAILED:");
  for (const problem of errors) output.complain(`${path}: ${printProblem(problem)}`);
  for (const problem of lint) output.complain(`${path}: lint error ${printProblem(problem)}`);
}
