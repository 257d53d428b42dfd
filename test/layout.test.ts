/** The import rules of the house: who may know whom, and what the library must not know at all. */
import assert from "node:assert/strict";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";
import { test } from "node:test";
import {
  EXCEPTIONS,
  LOADED_LATE,
  MAX_FILES,
  MAY_IMPORT,
  PACKAGE_HOMES,
  ROOMS,
  TYPES_FOR_PROMQL,
} from "./helpers/import-rules.ts";

const ROOT = path.resolve(import.meta.dirname, "..");

/** Built-in modules that do neither I/O nor look at the clock: all that lib may use, but for the way to DynamoDB. */
const PURE_BUILTINS = ["node:crypto", "node:zlib", "node:timers/promises"];
/** Other built-in modules, and the only file of lib that may import each. */
const BUILTIN_HOMES: readonly (readonly [modules: RegExp, home: string])[] = [
  [/^node:https?$/, "lib/storage/dynamodb/http.ts"],
  [/^node:module$/, "lib/model/regexp/re2.ts"],
];

/** What a library that is handed its world does not touch. */
const OUTSIDE_WORLD =
  /\bprocess\s*\.|\bDate\s*\.\s*now\b|\bnew\s+Date\s*\(\s*\)|\bconsole\s*\.|\bMath\s*\.\s*random\b|\bperformance\s*\.\s*now\b|\bgetRandomValues\b|\brandomUUID\b|\bcrypto\s*\.\s*random\w*/;

/** An import of what makes random bytes, keys or ids: callers hand in `RandomBytes`. */
const RANDOM_IMPORT =
  /\bimport\s+(?!type\b)(?:[\w*][^"';]*|\{[^}]*\b(?:random\w*|generate\w*|webcrypto)\b[^}]*\})\s*from\s+["'](?:node:)?crypto["']/;

interface Source {
  /** From the root, with slashes. */
  readonly file: string;
  readonly text: string;
}

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function importsOf(text: string): Import[] {
  const statements = /^\s*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/gm;
  const calls = /\bimport\s*\(\s*["']([^"']+)["']/g;
  return [
    ...Array.from(text.matchAll(statements), ([, type, specifier]) => ({
      specifier,
      typeOnly: type !== undefined,
    })),
    ...Array.from(text.matchAll(calls), ([, specifier]) => ({ specifier, typeOnly: false })),
  ];
}

/** `lib/model` of `lib/model/labels.ts`, `local` of `local/main.ts`. */
function partOf(file: string): string {
  return file
    .split("/")
    .slice(0, file.startsWith("lib/") ? 2 : 1)
    .join("/");
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

/** What breaks the rules, a line each. */
function violations({ file, text }: Source): string[] {
  const code = withoutComments(text);
  const broken = importsOf(code).flatMap((one) => violationOf(file, one));
  const [outside] = (file.startsWith("lib/") && OUTSIDE_WORLD.exec(code)) || [];
  if (outside !== undefined) broken.push(`${file} uses ${outside}`);
  if (file.startsWith("lib/") && RANDOM_IMPORT.test(code)) broken.push(`${file} imports randomness`);
  return broken;
}

function violationOf(file: string, { specifier, typeOnly }: Import): string[] {
  if (specifier.startsWith(".")) {
    const target = path.posix.join(path.posix.dirname(file), specifier);
    return mayImport(file, target, typeOnly) ? [] : [`${file} imports ${target}`];
  }
  if (builtinModules.includes(specifier.replace(/^node:/, ""))) {
    const isHome = BUILTIN_HOMES.some(([modules, home]) => file === home && modules.test(specifier));
    const allowed = !file.startsWith("lib/") || PURE_BUILTINS.includes(specifier) || isHome;
    return allowed ? [] : [`${file} imports ${specifier}`];
  }
  if (LOADED_LATE.test(specifier) && !typeOnly) return [`${file} imports ${specifier}`];
  const homes = PACKAGE_HOMES.filter(([packages]) => packages.test(specifier));
  return homes.every(([, home]) => home.test(file)) ? [] : [`${file} imports ${specifier}`];
}

function mayImport(file: string, target: string, typeOnly: boolean): boolean {
  const [from, to] = [partOf(file), partOf(target)];
  if (from === to) return true;
  if (from === "lib/promql" && target === TYPES_FOR_PROMQL) return typeOnly;
  const allowed = [...(MAY_IMPORT[from] ?? []), ...(EXCEPTIONS[file] ?? [])];
  return allowed.some((part) => part === to || (part === "lib/*" && to.startsWith("lib/")));
}

function sources(): Source[] {
  const parts = ["lib", "functions", "local", "cli", "bench", "explorer"];
  const files = readdirSync(ROOT).filter((name) => parts.includes(name));
  return files.flatMap((part) =>
    readdirSync(path.join(ROOT, part), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.m?[tj]sx?$/.test(name) && !name.endsWith(".d.ts"))
      .map((name) => path.posix.join(part, name.split(path.sep).join("/")))
      .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), "utf8") })),
  );
}

test("the sources keep the import rules", () => {
  const all = sources();
  assert.ok(all.length > 40, `${all.length} sources found`);
  assert.deepEqual(all.flatMap(violations), []);
});

/** The place of a file's room in its part's order, and the room; undefined for a top file that is not listed. */
function roomOf(
  file: string,
): { readonly part: string; readonly room: string; readonly at: number } | undefined {
  const part = partOf(file);
  const room = file.slice(part.length + 1).split("/")[0];
  const at = ROOMS[part]?.indexOf(room) ?? -1;
  return at < 0 ? undefined : { part, room, at };
}

/** Imports of a room behind the file's own, a line each. */
function backwardImports({ file, text }: Source): string[] {
  const from = roomOf(file);
  if (from === undefined) return [];
  return relativeImports({ file, text }).flatMap((target) => {
    const to = roomOf(target);
    if (to === undefined) return partOf(target) === from.part ? [`${file} imports ${target}`] : [];
    return to.part === from.part && to.at > from.at ? [`${file} imports ${target}`] : [];
  });
}

function relativeImports({ file, text }: Source): string[] {
  return importsOf(withoutComments(text))
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier }) => path.posix.join(path.posix.dirname(file), specifier));
}

/** Groups of files that import each other in a circle, types included; each sorted, as one line. */
function circles(all: readonly Source[]): string[] {
  const imports = new Map(all.map((source) => [source.file, relativeImports(source)]));
  // Tarjan's strongly connected components.
  const found: string[] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!imports.has(next)) continue;
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const members = stack.splice(stack.indexOf(file));
    if (members.length > 1 || imports.get(file)!.includes(file)) found.push(members.sort().join(" "));
  };
  for (const { file } of all) if (!order.has(file)) visit(file);
  return found;
}

test("no file imports a room behind its own", () => {
  assert.deepEqual(sources().flatMap(backwardImports), []);
});

test("no files import each other in a circle, types included", () => {
  assert.deepEqual(circles(sources()), []);
});

test("every folder and top file of a part with rooms has its place in the order", () => {
  for (const [part, rooms] of Object.entries(ROOMS)) {
    const names = readdirSync(path.join(ROOT, part));
    assert.deepEqual(names.toSorted(), rooms.toSorted(), part);
  }
});

/** Files of every part of the house by folder: what is installed in a folder is not of the house. */
function filesByFolder(): Map<string, string[]> {
  const files = globSync("{lib,functions,local,cli,bench,explorer,deploy,test}/**/*.*", {
    cwd: ROOT,
    exclude: ["**/node_modules", "test/fixtures"],
  });
  return Map.groupBy(
    files.map((file) => file.split(path.sep).join("/")),
    (file) => path.posix.dirname(file),
  );
}

test(`no folder has more than ${MAX_FILES} files, tests included`, () => {
  const folders = filesByFolder();
  assert.ok(folders.has("test/simulation/actors"), "folders of tests are not seen");
  const full = [...folders].filter(([, files]) => files.length > MAX_FILES);
  assert.deepEqual(
    full.map(([folder, files]) => `${folder}: ${files.length}`),
    [],
  );
});

test("a room behind one's own, and circles, are seen", () => {
  const source = (file: string, ...targets: string[]): Source => ({
    file,
    text: targets.map((target) => `import type { X } from "${target}";\n`).join(""),
  });
  assert.deepEqual(backwardImports(source("lib/storage/log/a.ts", "../read/b.ts", "../table/c.ts")), [
    "lib/storage/log/a.ts imports lib/storage/read/b.ts",
  ]);
  assert.deepEqual(backwardImports(source("lib/promql/parse/a.ts", "../engine-interface.ts", "./b.ts")), []);
  assert.deepEqual(backwardImports(source("lib/promql/engine-interface.ts", "./engine/a.ts")), [
    "lib/promql/engine-interface.ts imports lib/promql/engine/a.ts",
  ]);
  const ring = [source("lib/a.ts", "./b.ts"), source("lib/b.ts", "./c.ts"), source("lib/c.ts", "./b.ts")];
  assert.deepEqual(circles(ring), ["lib/b.ts lib/c.ts"]);
});

test("every part of lib has rules", () => {
  const parts = readdirSync(path.join(ROOT, "lib")).map((name) => `lib/${name}`);
  assert.deepEqual(
    parts.filter((part) => !(part in MAY_IMPORT)),
    [],
  );
});

/** A file, a line of it, and what is wrong with that: nothing, or some of it. */
const CASES: readonly (readonly [file: string, line: string, broken: string])[] = [
  ["lib/model/a.ts", 'import { x } from "../chunk/b.ts";', "imports lib/chunk/b.ts"],
  ["lib/model/a.ts", 'import type { X } from "../chunk/b.ts";', "imports lib/chunk/b.ts"],
  ["lib/model/a.ts", 'import {\n  x,\n  y,\n} from "../storage/b.ts";', "imports lib/storage/b.ts"],
  ["lib/model/a.ts", 'export { x } from "../http/b.ts";', "imports lib/http/b.ts"],
  ["lib/model/a.ts", 'import "../http/b.ts";', "imports lib/http/b.ts"],
  ["lib/model/a.ts", 'const x = await import("../http/b.ts");', "imports lib/http/b.ts"],
  ["lib/model/a.ts", 'import { x } from "./b.ts";', ""],
  ["lib/chunk/a.ts", 'import { x } from "../storage/b.ts";', "imports lib/storage/b.ts"],
  ["lib/chunk/a.ts", 'import { x } from "../model/b.ts";', ""],
  ["lib/wire/write-v2.ts", 'import { x } from "../chunk/b.ts";', "imports lib/chunk/b.ts"],
  ["lib/wire/chunked-read.ts", 'import { x } from "../chunk/b.ts";', ""],
  ["lib/wire/a.ts", 'import { x } from "../storage/b.ts";', "imports lib/storage/b.ts"],
  ["lib/storage/a.ts", 'import { x } from "../wire/b.ts";', "imports lib/wire/b.ts"],
  ["lib/auth/a.ts", 'import { x } from "../http/b.ts";', "imports lib/http/b.ts"],
  ["lib/http/a.ts", 'import { x } from "../chunk/b.ts";', "imports lib/chunk/b.ts"],
  ["lib/http/a.ts", 'import { x } from "../../local/b.ts";', "imports local/b.ts"],
  ["lib/promql/a.ts", 'import type { Queryable } from "../storage/interface.ts";', ""],
  [
    "lib/promql/a.ts",
    'import { Queryable } from "../storage/interface.ts";',
    "imports lib/storage/interface.ts",
  ],
  ["lib/promql/a.ts", 'import type { Reader } from "../storage/reader.ts";', "imports lib/storage/reader.ts"],
  ["functions/a.ts", 'import { x } from "../local/b.ts";', "imports local/b.ts"],
  ["lib/storage/a.ts", 'import { x } from "@aws-sdk/client-dynamodb";', "imports @aws-sdk/client-dynamodb"],
  ["functions/a.ts", 'import { x } from "@smithy/core/config";', "imports @smithy/core/config"],
  ["local/a.ts", 'import { x } from "@smithy/types";', "imports @smithy/types"],
  ["local/aws-account.ts", 'const x = await import("@aws-sdk/credential-provider-node");', ""],
  ["lib/storage/a.ts", 'import { request } from "node:http";', "imports node:http"],
  ["lib/storage/dynamodb/http.ts", 'import { request } from "node:http";', ""],
  ["lib/storage/a.ts", 'import { createRequire } from "node:module";', "imports node:module"],
  ["lib/model/regexp/re2.ts", 'import { createRequire } from "node:module";', ""],
  ["lib/model/regexp/re2.ts", 'import type { RE2JS } from "re2js";', ""],
  ["lib/model/regexp/re2.ts", 'import { RE2JS } from "re2js";', "imports re2js"],
  ["lib/model/regexp/re2.ts", 'const re2 = await import("re2js");', "imports re2js"],
  ["lib/model/a.ts", 'import type { RE2JS } from "re2js";', "imports re2js"],
  ["cli/stack.ts", 'import { x } from "@aws-sdk/client-cloudformation";', ""],
  [
    "cli/a.ts",
    'import { x } from "@aws-sdk/client-cloudformation";',
    "imports @aws-sdk/client-cloudformation",
  ],
  ["lib/storage/a.ts", 'import { Hono } from "hono";', "imports hono"],
  ["lib/storage/a.ts", 'import { readFile } from "node:fs/promises";', "imports node:fs/promises"],
  ["lib/storage/a.ts", "const now = Date.now();", "uses Date.now"],
  ["lib/storage/a.ts", "const now = new Date();", "uses new Date()"],
  ["lib/storage/a.ts", "// Date.now() is not for us", ""],
  ["lib/storage/a.ts", 'const url = "http://x"; console.log(url);', "uses console."],
  ["lib/storage/a.ts", "process.env.X", "uses process."],
  ["lib/storage/a.ts", "Math.random()", "uses Math.random"],
  ["lib/storage/a.ts", "crypto.getRandomValues(new Uint8Array(8))", "uses getRandomValues"],
  ["lib/storage/a.ts", "const { getRandomValues } = globalThis.crypto;", "uses getRandomValues"],
  ["lib/storage/a.ts", "crypto.randomUUID()", "uses crypto.randomUUID"],
  ["lib/storage/a.ts", "crypto.randomBytes(8)", "uses crypto.randomBytes"],
  ["lib/auth/a.ts", 'import { randomBytes } from "node:crypto";', "imports randomness"],
  [
    "lib/auth/a.ts",
    'import {\n  createHmac,\n  randomInt as x,\n} from "node:crypto";',
    "imports randomness",
  ],
  ["lib/auth/a.ts", 'import * as c from "node:crypto";', "imports randomness"],
  ["lib/auth/a.ts", 'import c from "node:crypto";', "imports randomness"],
  ["lib/auth/a.ts", 'import { createHmac, type KeyObject } from "node:crypto";', ""],
  ["lib/auth/a.ts", 'import type * as c from "node:crypto";', ""],
  ["lib/auth/a.ts", "const salt = randomBytes(16);", ""],
  ["local/a.ts", 'import { randomBytes } from "node:crypto";', ""],
  ["local/a.ts", "Date.now()", ""],
];

for (const [file, line, broken] of CASES) {
  test(`${file}: ${line.replaceAll("\n", " ")}`, () => {
    assert.deepEqual(violations({ file, text: `${line}\n` }), broken === "" ? [] : [`${file} ${broken}`]);
  });
}
