/** A bundle as template.yaml makes it: re2js is a file of its own, loaded with the first pattern. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bundleFunction } from "../../deploy/release/bundle-function.ts";
import { functionsIn, readTemplate, type TemplateFunction } from "../../deploy/release/read-template.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";

/** Imports a module, and prints what is loaded of re2js before and after its first pattern. */
const PROGRAM = `
  import { createRequire } from "node:module";
  const { cache } = createRequire(import.meta.url);
  const { compileSearch } = await import(process.argv[2]);
  const loaded = () => Object.keys(cache).length;
  console.log(loaded(), compileSearch("b+(?P<x>[0-9])").replaceAll("abb1", "<$x>"), loaded());
`;

test("a function's bundle loads re2js with its first pattern, where Node may not require ES modules", async () => {
  await using directory = await newTemporaryDirectory("re2-file");
  const [, { Metadata, ...other }] = functionsIn(readTemplate()).find(([id]) => id === "QueryFunction")!;
  const BuildProperties = { ...Metadata.BuildProperties, EntryPoints: ["lib/model/regexp/search.ts"] };
  const files = await bundleFunction({ ...other, Metadata: { BuildProperties } } as TemplateFunction);
  for (const [name, content] of files) writeFileSync(join(directory.path, name), content);
  const names = [...files.keys()]
    .filter((name) => !name.endsWith(".map"))
    .map((name) => name.replace(/-\w+/, ""));
  assert.deepEqual(names.toSorted(), ["index.cjs", "search.mjs"]);
  assert.ok(files.get("search.mjs")!.length < 20_000, `${files.get("search.mjs")!.length} bytes`);
  writeFileSync(join(directory.path, "program.mjs"), PROGRAM);
  // Lambda starts Node with this flag.
  const args = ["--no-experimental-require-module", join(directory.path, "program.mjs"), "./search.mjs"];
  assert.equal(execFileSync(process.execPath, args, { encoding: "utf8" }), "0 a<1> 1\n");
});
