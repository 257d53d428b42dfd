/**
 * `node test/simulation/mutate.ts [name …]`: breaks each rule in a copy of the sources, by its mutation, and runs schedules
 * there until one fails; then replays that one. Prints a row of a table for each.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Edit, Mutation } from "./mutations/mutation.ts";
import { MUTATIONS } from "./mutations.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
/** What the simulation needs. */
const SOURCES = ["lib", "test/simulation", "test/helpers", "package.json"];
/** Schedules that a broken rule has to be found. */
const MAX_SCHEDULES = 20_000;
/** Schedules that find nothing of a harmless one. */
const HARMLESS_SCHEDULES = 2000;

export interface Finding {
  /** Which schedule failed, counted from 1, its seed, and how. */
  readonly number: number;
  readonly seed: number;
  readonly message: string;
  /** Of all threads, until it failed. */
  readonly cpuSeconds: number;
  /** The command that replays it. */
  readonly replay: string;
}

/** The files that edits change, as they are then. Throws when a text to replace is not there, or not only once. */
export function editedFiles(edits: readonly Edit[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { file, from, to } of edits) {
    const parts = (texts.get(file) ?? readFileSync(path.join(ROOT, file), "utf8")).split(from);
    if (parts.length === 2) texts.set(file, parts.join(to));
    else throw new Error(`${file}: ${parts.length - 1} times ${JSON.stringify(from)}, expected once`);
  }
  return texts;
}

/** Runs `task` in a copy of the sources with the edits made. */
export function inCopy<T>(edits: readonly Edit[], task: (root: string) => T): T {
  const root = mkdtempSync(path.join(tmpdir(), "hearth-mutation-"));
  try {
    for (const source of SOURCES)
      cpSync(path.join(ROOT, source), path.join(root, source), { recursive: true });
    symlinkSync(path.join(ROOT, "node_modules"), path.join(root, "node_modules"), "junction");
    for (const [file, text] of editedFiles(edits)) writeFileSync(path.join(root, file), text);
    return task(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Runs a shell command in the copy. Returns what its simulation found, undefined if every read was right. */
export function find(root: string, command: string): Finding | undefined {
  const { status, stdout, stderr } = spawnSync(command, {
    shell: true,
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    env: { ...process.env, PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}` },
  });
  const failed = /^schedule (\d+), seed (\d+), fails: (.*)$/m.exec(stdout);
  const replay = /^replay: (.*)$/m.exec(stdout);
  if (failed !== null && replay !== null) {
    const cpuSeconds = Number(/^after ([\d.]+) s of CPU$/m.exec(stdout)?.[1]);
    const [, number, seed] = failed.map(Number);
    return { number, seed, message: failed[3], cpuSeconds, replay: replay[1] };
  }
  if (status === 0) return undefined;
  throw new Error(`${command}: status ${status}\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`);
}

/** What no schedule finds, but the platform, in an edit that is not right any more. */
const BROKEN_EDIT = /^(Reference|Syntax)Error|^TypeError: .* is not a function/;

/** A row: the rule, after how many schedules it was found, and how. */
function judge({ name, rule, edits, world = "usual", harmless }: Mutation): {
  readonly row: string;
  readonly isRight: boolean;
} {
  const count = harmless === undefined ? MAX_SCHEDULES : HARMLESS_SCHEDULES;
  return inCopy(edits, (root) => {
    const found = find(root, `node test/simulation/main.ts --events 0 --schedules ${count} --world ${world}`);
    if (found === undefined) {
      return {
        row: `| ${name} | ${rule} | not in ${count} | ${harmless ?? ""} |`,
        isRight: harmless !== undefined,
      };
    }
    const again = find(root, found.replay);
    const isReplayed = again?.message === found.message;
    const how = isReplayed ? found.message : `${found.message}; the replay: ${again?.message}`;
    return {
      row: `| ${name} | ${rule} | ${found.number} | ${found.cpuSeconds} s | ${how} |`,
      isRight: isReplayed && harmless === undefined && !BROKEN_EDIT.test(found.message),
    };
  });
}

if (import.meta.main) {
  const names = process.argv.slice(2);
  const chosen = MUTATIONS.filter(({ name }) => names.length === 0 || names.includes(name));
  for (const mutation of chosen) {
    const { row, isRight } = judge(mutation);
    console.log(isRight ? row : `${row} UNEXPECTED`);
    if (!isRight) process.exitCode = 1;
  }
}
