/** docs/promql.md says of Prometheus' scripts what the tests hold. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { KNOWN_DIFFERENCES, type KnownDifference } from "./known-differences.ts";

const PAGE = readFileSync(new URL("../../docs/promql.md", import.meta.url), "utf8");

function printRow({ script, lines, ways, reason }: KnownDifference): string {
  return `| \`${script}\` | ${lines.length} | ${ways.join("; ")} | ${reason} |`;
}

test("docs/promql.md lists the known differences, and no others", () => {
  const listed = PAGE.split("\n").filter((line) => /^\| `[\w-]+\.test` \|/.test(line));
  assert.deepEqual(listed, KNOWN_DIFFERENCES.map(printRow));
});
