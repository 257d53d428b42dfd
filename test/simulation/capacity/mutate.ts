/**
 * `node test/simulation/capacity/mutate.ts [name …]`: breaks each rule of the pace in a copy of the sources, and runs the
 * scenarios there, which must fail. Prints a row of a table for each.
 */
import { spawnSync } from "node:child_process";
import { inCopy } from "../mutate.ts";
import { CAPACITY_MUTATIONS } from "./mutations.ts";

/** What 600 series take a second, in write units: the scenarios at 70 % use alone need no measuring first. */
const ARGS = ["--series", "600", "--hours", "9", "--per-second", "0.21", "--paced-only"];

const names = process.argv.slice(2);
for (const { name, rule, edits } of CAPACITY_MUTATIONS) {
  if (names.length > 0 && !names.includes(name)) continue;
  const { stdout, stderr, status } = inCopy(edits, (root) =>
    spawnSync(process.execPath, ["test/simulation/capacity/main.ts", ...ARGS], {
      cwd: root,
      encoding: "utf8",
    }),
  );
  const failures = Array.from(stdout.matchAll(/^FAILS: [^:]*: (.*)$/gm), ([, failure]) => failure);
  const isFound = status === 1 && failures.length > 0;
  console.log(
    `| ${name} | ${rule} | ${failures.join("; ") || stderr.slice(0, 200)} |${isFound ? "" : " UNEXPECTED"}`,
  );
  if (!isFound) process.exitCode = 1;
}
