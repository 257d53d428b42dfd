/** Stack traces of a bundle, in a process of its own: the hook is for the whole process. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";

const HOOK = join(import.meta.dirname, "../../functions/stack-traces.ts");

const SOURCE = `import { nameSourcesInStackTraces } from ${JSON.stringify(HOOK)};
if (process.argv[2] === "hook") nameSourcesInStackTraces();
function openTheDoor(text) {
  return JSON.parse(text);
}
class Locked extends Error {
  name = "Locked";
}
export function show() {
  try {
    openTheDoor("{");
  } catch (error) {
    console.log(error.stack);
  }
  const locked = new Locked("two\\nlines");
  console.log(locked.stack);
}
show();
`;

async function bundle(directory: string): Promise<string> {
  writeFileSync(join(directory, "door.mjs"), SOURCE);
  const outfile = join(directory, "out/door.mjs");
  const options = { bundle: true, platform: "node", format: "esm", minify: true, sourcemap: true } as const;
  await build({ ...options, sourcesContent: false, entryPoints: [join(directory, "door.mjs")], outfile });
  return outfile;
}

function run(file: string, ...args: string[]): string {
  return execFileSync(process.execPath, [file, ...args], { encoding: "utf8" });
}

test("a stack trace of a bundle names sources and lines, and its head is the error's", async () => {
  await using directory = await newTemporaryDirectory("stack-traces");
  const file = await bundle(directory.path);
  const place = pathToFileURL(file).href;
  assert.ok(run(file).includes(place), "without the hook a trace names the bundle");

  const printed = run(file, "hook");
  assert.match(printed, /^SyntaxError: .*JSON.*\n {4}at JSON\.parse \(<anonymous>\)\n/);
  assert.match(printed, /\n {4}at \S+ \(door\.mjs:4:15\)\n {4}at \S+ \(door\.mjs:11:5\)\n/);
  assert.match(printed, /\nLocked: two\nlines\n {4}at \S+ \(door\.mjs:15:18\)/);
  assert.ok(!printed.includes(place), printed);
});

test("a bundle without its map, or with a damaged one, keeps its places", async () => {
  await using directory = await newTemporaryDirectory("stack-traces");
  const file = await bundle(directory.path);
  const place = pathToFileURL(file).href;
  writeFileSync(`${file}.map`, "{");
  assert.ok(run(file, "hook").includes(place));
  rmSync(`${file}.map`);
  assert.ok(run(file, "hook").includes(place));
});
