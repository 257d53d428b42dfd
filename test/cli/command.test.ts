/** The command `hearthdb`, in the clone and as npm would publish it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { HEARTH_VERSION } from "../../lib/model/version.ts";
import { Child } from "../helpers/child.ts";
import { stopCleanly, untilReady } from "../helpers/hearth-process.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";

const ROOT = join(import.meta.dirname, "../..");
const execute = promisify(execFile);

/** What the command prints; fails with its error output when it fails. */
async function run(root: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, HEARTH_TABLE: undefined, AWS_ENDPOINT_URL_DYNAMODB: undefined };
  const { stdout } = await execute(process.execPath, [join(root, "cli/hearth.mjs"), ...args], { env });
  return stdout;
}

test("its version is that of the package, its lock file and the latest release", async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8"));
  const [, released] = /^## \[?([\d.]+)/m.exec(await readFile(join(ROOT, "CHANGELOG.md"), "utf8")) ?? [];
  assert.deepEqual([version, lock.version, released], [HEARTH_VERSION, HEARTH_VERSION, HEARTH_VERSION]);
  assert.equal(await run(ROOT, "--version"), `hearthdb ${HEARTH_VERSION}\n`);
});

test("an unknown command fails with its reason first, then the usage", async () => {
  await assert.rejects(run(ROOT, "keys", "forge"), {
    code: 1,
    stderr: /^hearth: keys: unknown command forge\n\nUsage: hearthdb start /,
  });
});

test("the published files alone, with the dependencies, are a working command", async () => {
  await using directory = await newTemporaryDirectory("package");
  const root = join(directory.path, "hearthdb");
  await mkdir(root);
  await execute(process.execPath, [join(ROOT, "cli/bundle.ts"), root]);
  const { files } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  for (const file of files.filter((name: string) => name !== "dist"))
    await cp(join(ROOT, file), join(root, file), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(root, "node_modules"), "junction");
  const data = join(directory.path, "data");
  assert.match(await run(root, "keys", "create", "--tenant", "shop", "--data-dir", data), /^tenant: +shop$/m);
  assert.match(await run(root, "keys", "list", "--data-dir", data), / shop +read,write +active /);
  const env = { HEARTH_DATA_DIR: data, PORT: "0" };
  await using child = new Child(process.execPath, [join(root, "cli/hearth.mjs"), "start"], { env });
  const url = await untilReady(child);
  assert.match(await (await fetch(`${url}/page.mjs`)).text(), new RegExp(`"${HEARTH_VERSION}"`));
  await stopCleanly(child);
});
