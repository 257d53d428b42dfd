/** README.md and docs/: links lead somewhere, and what the pages name exists. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const ROOT = path.resolve(import.meta.dirname, "..");
const README_LINES = 150;
/** Where variables of the environment are read. */
const SOURCES = ["lib", "local", "cli", "functions", "test", "grafana"];

interface Page {
  /** From the root, with slashes. */
  readonly file: string;
  readonly text: string;
}

function filesBelow(directory: string): string[] {
  return readdirSync(path.join(ROOT, directory), { recursive: true, encoding: "utf8" })
    .map((name) => path.posix.join(directory, name.replaceAll(path.sep, "/")))
    .filter((name) => !name.includes("/node_modules/") && statSync(path.join(ROOT, name)).isFile());
}

const pages: Page[] = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...filesBelow("docs").filter((name) => name.endsWith(".md")),
].map((file) => ({ file, text: readFileSync(path.join(ROOT, file), "utf8") }));

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```/gms, "").replaceAll(/`[^`\n]*`/g, "");
}

/** The anchors that GitHub makes of a page's headings. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/^```.*?^```/gms, "").matchAll(/^#+ (.+)$/gm);
  const words = [...headings].map(([, heading]) => heading.replaceAll(/[^\p{L}\p{N} _-]/gu, ""));
  return new Set(words.map((heading) => heading.toLowerCase().replaceAll(" ", "-")));
}

/** The relative links of a page: the file that each leads to, from the root, and its anchor. */
function linksOf({ file, text }: Page): { readonly target: string; readonly anchor: string }[] {
  const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
  return links
    .filter((link) => !/^https?:/.test(link))
    .map((link) => {
      const [target, anchor = ""] = link.split("#");
      return { target: target === "" ? file : path.posix.join(path.posix.dirname(file), target), anchor };
    });
}

/** In words. Prose aims at 25; code in backticks counts as one word. */
const MAX_SENTENCE = 40;

/** The sentences of a page's prose and lists, without code, tables and headings. */
function sentencesOf(text: string): string[] {
  const prose = text
    .replaceAll(/^```.*?^```/gms, "\n\n")
    .replaceAll(/`[^`]*`/g, "X")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/^ *[|#<].*$/gm, "\n")
    .replaceAll(/^ *(?:[-*]|\d+\.) /gm, "\n\n");
  const paragraphs = prose.split(/\n\s*\n/);
  return paragraphs.flatMap((paragraph) => paragraph.trim().split(/(?<=[.!?]["*)]*)\s+(?=["*(]*[A-Z0-9])/));
}

test(`sentences have at most ${MAX_SENTENCE} words`, () => {
  const sentences = pages.flatMap(({ file, text }) => sentencesOf(text).map((one) => ({ file, one })));
  assert.ok(sentences.length > 1000, `${sentences.length} sentences`);
  const long = sentences
    .map(({ file, one }) => ({ file, one, words: one.split(/\s+/).length }))
    .filter(({ words }) => words > MAX_SENTENCE);
  assert.deepEqual(long, []);
});

test("links lead to files and headings", () => {
  let count = 0;
  for (const page of pages) {
    for (const { target, anchor } of linksOf(page)) {
      count++;
      const where = `${page.file}: ${target}#${anchor}`;
      assert.ok(existsSync(path.join(ROOT, target)), where);
      if (anchor === "") continue;
      assert.ok(anchorsOf(readFileSync(path.join(ROOT, target), "utf8")).has(anchor), where);
    }
  }
  assert.ok(count > 150, `${count} links`);
});

test("every page can be reached from the README", () => {
  const byFile = new Map(pages.map((page) => [page.file, page]));
  const reached = new Set(["README.md"]);
  for (const file of reached) {
    for (const { target } of linksOf(byFile.get(file)!)) if (byFile.has(target)) reached.add(target);
  }
  const docs = pages.map(({ file }) => file).filter((file) => file.startsWith("docs/"));
  assert.deepEqual(
    docs.filter((file) => !reached.has(file)),
    [],
  );
});

test("the README can be read in five minutes", () => {
  const { text } = pages.find(({ file }) => file === "README.md")!;
  assert.ok(text.trimEnd().split("\n").length <= README_LINES);
});

test("npm scripts, variables and files that the pages name exist", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const variables = new Set(
    SOURCES.flatMap(filesBelow)
      .filter((file) => /\.(ts|yaml|mjs)$/.test(file))
      .flatMap((file) => readFileSync(path.join(ROOT, file), "utf8").match(/HEARTH_[A-Z_]+/g) ?? []),
  );
  for (const { file, text } of pages) {
    for (const [command, name] of text.matchAll(/npm run ([a-z][a-z0-9:-]*)/g))
      assert.ok(name in scripts, `${file}: ${command}`);
    for (const [name] of text.matchAll(/HEARTH_[A-Z_]+[A-Z]/g))
      assert.ok(variables.has(name), `${file}: ${name}`);
    for (const [, name] of text.matchAll(/`((?:lib|test|bench|docs|grafana|events|local|cli)\/[\w./-]+)`/g))
      assert.ok(existsSync(path.join(ROOT, name)), `${file}: ${name}`);
  }
});

test("CONTRIBUTING.md lists every npm script with its time", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const page = readFileSync(path.join(ROOT, "CONTRIBUTING.md"), "utf8");
  const rows = page.matchAll(/^\| `npm (?:run )?(\S+)` \|(?:[^|]*\|){2} [^|]*\w [^|]*\|$/gm);
  const listed = Array.from(rows, ([, name]) => name).filter((name) => name in scripts);
  assert.deepEqual(listed.toSorted(), Object.keys(scripts).toSorted());
});

test("nothing names the package that others have on npm", () => {
  const files = [
    "README.md",
    "CONTRIBUTING.md",
    "template.yaml",
    ...filesBelow("docs"),
    ...filesBelow("local"),
  ];
  for (const file of [...files, ...filesBelow("cli"), ...filesBelow("lib")]) {
    if (/\.(png|gz)$/.test(file)) continue;
    const found = /npx hearth\b|\bhearth (?:keys|tenants|compact|verify|repair|explain)\b/.exec(
      readFileSync(path.join(ROOT, file), "utf8"),
    );
    assert.equal(found, null, `${file}: ${found?.[0]}`);
  }
});
