/** Rule files and test files of the command line. */
import { closeSync, globSync, openSync, readSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import type { ParseOptions } from "../../lib/promql/parse/options.ts";
import { ALERT_TEMPLATES } from "../../lib/rules/alert-templates.ts";
import { type ParsedRuleFile, parseRuleFile } from "../../lib/rules/parse-rule-file.ts";
import { printProblem } from "../../lib/rules/problem.ts";
import type { RuleGroup } from "../../lib/rules/rule-file.ts";

export interface RuleFileOptions {
  readonly parse: ParseOptions;
  readonly ignoresUnknownFields: boolean;
}

/** Of a file. A device has no end. */
const MAX_BYTES = 64 * 1024 * 1024;
const READ_BYTES = 64 * 1024;

/** `-` is standard input. Throws "invalid" for a file that cannot be read, or is too large. */
export function readText(path: string): string {
  try {
    return readBounded(path);
  } catch (cause) {
    throw new HearthError("invalid", `${printPath(path)}: ${errorMessage(cause)}`, { cause });
  }
}

function readBounded(path: string): string {
  const file = path === "-" ? 0 : openSync(path, "r");
  try {
    const pieces: Buffer[] = [];
    for (let sizeBytes = 0; sizeBytes <= MAX_BYTES; ) {
      const piece = Buffer.alloc(READ_BYTES);
      const count = readSync(file, piece);
      if (count === 0) return Buffer.concat(pieces).toString("utf8");
      pieces.push(piece.subarray(0, count));
      sizeBytes += count;
    }
  } finally {
    if (file !== 0) closeSync(file);
  }
  throw new HearthError("too large", `more than ${MAX_BYTES} bytes, expected a file of rules; split it`);
}

/** A name stays on its line. */
function printPath(path: string): string {
  return /\p{Cc}/u.test(path) ? JSON.stringify(path) : path;
}

export function parseFile(path: string, { parse, ignoresUnknownFields }: RuleFileOptions): ParsedRuleFile {
  return parseRuleFile(readText(path), { parse, ignoresUnknownFields, templates: ALERT_TEMPLATES });
}

/** The groups of a file. Throws "invalid" with a line for each error. */
export function readGroups(path: string, options: RuleFileOptions): readonly RuleGroup[] {
  const { file, problems } = parseFile(path, options);
  if (file !== undefined) return file.groups;
  const errors = problems.filter(({ severity }) => severity === "error");
  throw new HearthError("invalid", errors.map((problem) => `${path}: ${printProblem(problem)}`).join("\n"));
}

/** The files that a test file names, by patterns relative to its own folder. */
export function findFiles(
  patterns: readonly string[],
  folder: string,
  warn: (text: string) => void,
): string[] {
  return patterns.flatMap((pattern) => {
    const path = isAbsolute(pattern) ? pattern : join(folder, pattern);
    const found = globSync(path).sort();
    if (found.length === 0) warn(`  WARNING: no file match pattern ${path}`);
    return found;
  });
}

/** The namespace of a file's groups: its name. */
export function namespaceOf(path: string): string {
  return path === "-" ? "stdin" : basename(path);
}
