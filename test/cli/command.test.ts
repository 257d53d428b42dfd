/** The command `hearthdb`, in the clone and as npm would publish it. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
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

test("a wrong command line fails with two lines and status 2", async () => {
  const CASES: readonly (readonly [args: string[], reason: RegExp])[] = [
    [["keys", "forge"], /^hearthdb: keys: unknown command forge\n/],
    [["keys", "disable"], /^hearthdb: expected the id of one access key\n/],
    [["compact", "now"], /^hearthdb: unexpected argument now\n/],
    [["keys", "list", "--jsno"], /^hearthdb: Unknown option '--jsno'/],
    [[], /^hearthdb: no command\n/],
  ];
  for (const [args, reason] of CASES) {
    const refused = {
      code: 2,
      stderr: new RegExp(`${reason.source}.*usage: hearthdb help \\[COMMAND\\]\n$`, "s"),
    };
    await assert.rejects(run(ROOT, ...args), refused, args.join(" "));
    const lines = await run(ROOT, ...args).catch((error: { stderr: string }) =>
      error.stderr.trimEnd().split("\n"),
    );
    assert.equal(lines.length, 2, args.join(" "));
  }
});

test("help is of all commands, or of one", async () => {
  const whole = await run(ROOT, "--help");
  assert.equal(await run(ROOT, "help"), whole);
  const keys = await run(ROOT, "keys", "--help");
  assert.equal(await run(ROOT, "help", "keys"), keys);
  assert.match(keys, /^Usage: hearthdb keys create .*\n {7}hearthdb keys rotate .*\n {7}hearthdb keys list/);
  assert.match(keys, /hearthdb keys enable ID\n/);
  assert.match(keys, /--stack NAME/);
  assert.doesNotMatch(keys, /hearthdb gc|explain prints/);
  for (const command of [
    "start",
    "tenants",
    "delete",
    "audit",
    "compact",
    "verify",
    "repair",
    "inspect",
    "gc",
    "explain",
  ]) {
    const text = await run(ROOT, command, "--help");
    assert.match(text, new RegExp(`^Usage: hearthdb ${command}`));
    assert.ok(text.split("\n\n").length >= 2 && text.length < whole.length, command);
  }
});

test("a command whose reader has gone ends without a word", async () => {
  const child = spawn(process.execPath, [join(ROOT, "cli/hearth.mjs"), "--help"]);
  child.stdout.destroy();
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  const [code] = await once(child, "close");
  assert.deepEqual([code, said], [141, ""]);
});

test("a disabled key is enabled again", async () => {
  await using directory = await newTemporaryDirectory("enable");
  const data = ["--data-dir", directory.path];
  const { id } = JSON.parse(await run(ROOT, "keys", "create", "--json", ...data));
  const stateOf = async () => JSON.parse(await run(ROOT, "keys", "list", "--json", ...data))[0].state;
  await run(ROOT, "keys", "disable", id, ...data);
  assert.equal(await stateOf(), "disabled");
  assert.match(await run(ROOT, "keys", "enable", id, ...data), new RegExp(`^access key ${id} is enabled;`));
  assert.equal(await stateOf(), "active");
});

test("a key has read and write, or the scopes that are named", async () => {
  await using directory = await newTemporaryDirectory("scopes");
  const create = async (...args: readonly string[]) => {
    const data = ["--data-dir", directory.path];
    return JSON.parse(await run(ROOT, "keys", "create", "--json", ...args, ...data)).scopes;
  };
  assert.equal(await create(), "read,write");
  assert.equal(await create("--scopes", "admin,rules"), "rules,admin");
  await assert.rejects(create("--scopes", "read,root"), {
    stderr: /scope "root": expected one or more of read,write,rules,admin\n/,
  });
});

test("a key is narrowed to a selector, and so is the one that takes its place", async () => {
  await using directory = await newTemporaryDirectory("narrowed");
  const data = ["--data-dir", directory.path];
  const create = async (...args: readonly string[]) =>
    JSON.parse(await run(ROOT, "keys", "create", "--json", ...args, ...data));
  const match = '{team="a",env=~"x|y"}';
  const { id, scopes, match: stored } = await create("--match", match);
  assert.deepEqual([scopes, stored], ["read", match]);
  const next = JSON.parse(await run(ROOT, "keys", "rotate", id, "--json", ...data));
  assert.deepEqual([next.scopes, next.match], ["read", match]);
  for (const [args, reason] of [
    [["--match", match, "--scopes", "read,admin"], /with the scope admin, expected read, or read,write\n/],
    [["--match", match, "--match", match], /^hearthdb: --match: given 2 times, expected one selector/],
    [["--match", "{}"], /^hearthdb: --match \{\}: a selector of 0 matchers, expected 1 to 16\n/],
    [["--match", "{team="], /^hearthdb: --match \{team=: .*parse error/],
  ] as const)
    await assert.rejects(create(...args), { stderr: reason }, args.join(" "));
});

test("an IAM role is mapped without a secret, and has none to rotate", async () => {
  await using directory = await newTemporaryDirectory("iam");
  const data = ["--data-dir", directory.path];
  const role = "arn:aws:iam::123456789012:role/eks/prometheus";
  const text = await run(ROOT, "keys", "create", "--iam", role, "--tenant", "shop", ...data);
  const id = "arn:aws:sts::123456789012:assumed-role/prometheus/*";
  assert.match(
    text,
    /^IAM principal: arn:aws:sts::123456789012:assumed-role\/prometheus\/\*\ntenant: +shop\n/,
  );
  assert.doesNotMatch(text, /secret/);
  await assert.rejects(run(ROOT, "keys", "rotate", id, ...data), { stderr: /has no secret/ });
  const [listed] = JSON.parse(await run(ROOT, "keys", "list", "--json", ...data));
  assert.deepEqual([listed.id, listed.tenant, listed.scopes], [id, "shop", "read,write"]);
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
  assert.match(await run(root, "explain", 'up{job=~"a.+b"}', "--data-dir", data), /job=~"a\.\+b"/);
  const env = { HEARTH_DATA_DIR: data, PORT: "0" };
  await using child = new Child(process.execPath, [join(root, "cli/hearth.mjs"), "start"], { env });
  const url = await untilReady(child);
  assert.match(await (await fetch(`${url}/page.mjs`)).text(), new RegExp(`"${HEARTH_VERSION}"`));
  await stopCleanly(child);
});
