/** `hearthdb rules sync`, `list` and `delete`. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { changeTenantSettings } from "../../../lib/storage/tenants/tenant-settings.ts";
import { newTemporaryDirectory } from "../../helpers/temporary-directory.ts";
import { runRules } from "./run.ts";

const group = (name: string, expr = "up == 0") =>
  `  - name: ${name}\n    rules: [{ alert: Down, expr: "${expr}", for: 5m }]\n`;
const file = (...groups: string[]) => `groups:\n${groups.join("")}`;

test("sync makes a namespace hold what a file holds; --dry-run shows it", async () => {
  await using folder = await newTemporaryDirectory("rules");
  const path = join(folder.path, "node.yml");
  const table = new MemoryTable();
  const run = (args: readonly string[], options = {}) => runRules(args, options, table);

  await writeFile(path, file(group("a"), group("b")));
  assert.equal((await run(["sync", path])).out, "+ node.yml/a\n+ node.yml/b\ngroups: 2 added\n");
  assert.equal((await run(["sync", path])).out, "nothing to change\n");

  await writeFile(path, file(group("b", "up == 1"), group("c")));
  const dry = await run(["sync", path], { "dry-run": true });
  assert.equal(
    dry.out,
    [
      "~ node.yml/b",
      "      rules:",
      "        - alert: Down",
      "    -     expr: up == 0",
      "    +     expr: up == 1",
      "          for: 5m",
      "      ",
      "+ node.yml/c",
      "    + name: c",
      "    + rules:",
      "    +   - alert: Down",
      "    +     expr: up == 0",
      "    +     for: 5m",
      "      ",
      "- node.yml/a",
      "    - name: a",
      "    - rules:",
      "    -   - alert: Down",
      "    -     expr: up == 0",
      "    -     for: 5m",
      "      ",
      "groups: 1 to add, 1 to change, 1 to delete",
      "",
    ].join("\n"),
  );
  assert.equal(
    (await run(["sync", path])).out,
    "~ node.yml/b\n+ node.yml/c\n- node.yml/a\ngroups: 1 added, 1 changed, 1 deleted\n",
  );
  assert.equal(
    (await run(["list"])).out,
    "NAMESPACE  GROUP  INTERVAL  RULES\nnode.yml   b      default   1\nnode.yml   c      default   1\n",
  );
  const yaml = (await run(["list"], { yaml: true })).out;
  assert.match(yaml, /^node\.yml:\n {2}- name: b\n {4}rules:\n/);

  assert.equal(
    (await run(["delete"], { namespace: "node.yml", group: "b" })).out,
    "- node.yml/b\ngroups: 1 deleted\n",
  );
  assert.equal((await run(["delete", path])).out, "- node.yml/c\ngroups: 1 deleted\n");
  await assert.rejects(run(["delete", path]), /tenant default has no such groups/);
});

test("other namespaces and tenants stay", async () => {
  await using folder = await newTemporaryDirectory("rules");
  const path = join(folder.path, "a.yml");
  const table = new MemoryTable();
  await writeFile(path, file(group("a")));
  await runRules(["sync", path], { namespace: "x" }, table);
  await runRules(["sync", path], { tenant: "t2" }, table);
  await writeFile(path, "groups: []\n");
  await runRules(["sync", path], {}, table);
  assert.match((await runRules(["list"], {}, table)).out, /^x +a /m);
  assert.match((await runRules(["list"], { tenant: "t2" }, table)).out, /^a\.yml +a /m);
});

test("a sync past the tenant's limits changes nothing; one that takes groups away may pass them", async () => {
  await using folder = await newTemporaryDirectory("rules");
  const path = join(folder.path, "a.yml");
  const table = new MemoryTable();
  const sync = async (...names: string[]) => {
    await writeFile(path, file(...names.map((name) => group(name))));
    return runRules(["sync", path], {}, table);
  };
  await sync("a", "b", "c");
  await changeTenantSettings(table, "default", { limits: { ruleGroups: 2 } });
  await assert.rejects(
    sync("b", "c", "d", "e"),
    /tenant default has 3 groups of rules and would have 4, at most 2; .* limit=rule-groups/,
  );
  assert.equal((await sync("a", "b", "c")).out, "nothing to change\n");
  assert.match((await sync("a", "d")).out, /groups: 1 added, 2 deleted/);
  await changeTenantSettings(table, "default", { limits: { rulesPerGroup: 1 } });
  await writeFile(path, file(group("x").replace("}]", "}, { alert: Up, expr: up }]")));
  await assert.rejects(runRules(["sync", path], {}, table), /group x: 2 rules, .* limit=rules-per-group/);
});

test("nothing is stored when a file is wrong", async () => {
  await using folder = await newTemporaryDirectory("rules");
  const [good, bad] = [join(folder.path, "good.yml"), join(folder.path, "bad.yml")];
  await writeFile(good, file(group("a")));
  await writeFile(bad, file(group("b", "up ==")));
  const table = new MemoryTable();
  await assert.rejects(
    runRules(["sync", good, bad], {}, table),
    /bad\.yml: 3:34: .*could not parse expression/,
  );
  assert.match((await runRules(["list"], {}, table)).out, /has no rules/);
  await assert.rejects(
    runRules(["sync", good, good], { namespace: "n" }, table),
    /group "a" is in namespace n already/,
  );
});

test("a wrong command line", async () => {
  for (const [args, reason] of [
    [[], /rules: no command/],
    [["sync"], /expected one or more files/],
    [["forge"], /rules: unknown command forge/],
    [["delete"], /expected files, or --namespace NAME/],
    [["list", "x"], /unexpected argument x/],
  ] as const)
    await assert.rejects(runRules(args), reason);
  await assert.rejects(runRules(["check", "x"], { lint: "some" }), /--lint some: expected one of/);
  await assert.rejects(runRules(["test", "x"], { run: ["("] }), /--run \(/);
});

test("a device is no file of rules, and a name stays on its line", async () => {
  const table = new MemoryTable();
  if (process.platform !== "win32")
    await assert.rejects(
      runRules(["sync", "/dev/zero"], {}, table),
      /^HearthError: \/dev\/zero: more than 67108864 bytes/,
    );
  await assert.rejects(runRules(["sync", "none\nhere"], {}, table), /^HearthError: "none\\nhere": /);
});
