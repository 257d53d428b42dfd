/** The packages that are installed are those that were looked at: exact versions, each with a hash, few that run scripts. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
  readonly link?: boolean;
}

const read = (file: string) => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"));
const { dependencies, devDependencies, allowScripts } = read("package.json");
const packages: [name: string, locked: Locked][] = Object.entries<Locked>(read("package-lock.json").packages)
  .filter(([path]) => path !== "")
  .map(([path, locked]) => [path.replace(/^.*node_modules\//, ""), locked]);

test("every dependency has an exact version", () => {
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
    assert.match(String(version), /^\d+\.\d+\.\d+$/, name);
});

test("docs/security.md has the numbers of dependencies and of packages", () => {
  const page = readFileSync(new URL("../docs/security.md", import.meta.url), "utf8");
  const [, direct, all] = /(\d+) direct dependencies, exact versions, each of the (\d+) packages/.exec(page)!;
  assert.deepEqual([Number(direct), Number(all)], [Object.keys(dependencies).length, packages.length]);
});

test("every package in the lock file has a SHA-512, and none is from elsewhere than a registry", () => {
  assert.ok(packages.length > 50);
  for (const [name, { integrity, resolved, link }] of packages) {
    assert.match(integrity ?? "", /^sha512-/, name);
    assert.ok(link !== true && !/^(git|file|github)/.test(resolved ?? ""), name);
  }
});

test("install scripts run for the packages that package.json names, and no other", () => {
  const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([name]) => name);
  for (const name of scripted) assert.ok(name in allowScripts || name === "fsevents", name);
});

test("the hosted workflows use actions by the ids of their commits, and name the version", () => {
  const workflows = new URL("../.github/workflows/", import.meta.url);
  const lines = readdirSync(workflows).flatMap((name) =>
    readFileSync(new URL(name, workflows), "utf8")
      .split("\n")
      .filter((line) => line.includes("uses:")),
  );
  assert.ok(lines.length > 3, `${lines.length} actions`);
  for (const line of lines) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});
