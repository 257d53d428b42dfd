/**
 * The power goes while the embedded DynamoDB stores: writes after the last sync are dropped, kept, torn
 * or zeros. More of it by hand: `HEARTH_TEST_POWER_CUTS=2000 HEARTH_TEST_SEED=N`.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it, type TestContext } from "node:test";
import { Random } from "../../../simulation/random.ts";
import { hasStrace, parseTrace } from "./file-trace.ts";
import { cutPower, type TracedRun, traceRun } from "./power-loss.ts";

const CUTS = Number(process.env.HEARTH_TEST_POWER_CUTS || 10);
/** So many bring LevelDB to a second log and to a table. */
const OPERATIONS = Number(process.env.HEARTH_TEST_POWER_OPERATIONS || 300);
const seed = Number(process.env.HEARTH_TEST_SEED || Date.now()) >>> 0;

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearth-power-"));
});
after(() => rm(root, { recursive: true, force: true }));

function lacksStrace(test: TestContext): boolean {
  if (hasStrace()) return false;
  test.skip("needs strace, which may trace: apt-get install strace");
  return true;
}

/** Cuts the power `count` times after the database was ready; returns what was wrong. */
async function cutOften(run: TracedRun, count: number, random: Random): Promise<string[]> {
  const ready = run.events.findIndex((event) => event.kind === "line" && event.text === "ready");
  const wrong: string[] = [];
  for (let i = 0; i < count; i++) {
    const at = random.between(ready, run.events.length);
    const problem = await cutPower(run, at, join(root, `cut${i}`), random);
    if (problem !== undefined) wrong.push(`seed ${seed}, cut ${i} after ${at} events: ${problem}`);
  }
  return wrong;
}

it("finds everything that was acknowledged when the power went", async (test) => {
  if (lacksStrace(test)) return;
  test.diagnostic(`seed ${seed}`);
  const run = traceRun(root, { seed, operations: OPERATIONS, isSynced: true });
  const logs = run.events.filter((event) => event.kind === "create" && event.path.endsWith(".log"));
  assert.ok(logs.length >= 2, `${logs.length} logs`);
  assert.deepEqual(await cutOften(run, CUTS, new Random(seed)), []);
});

it("would notice that writes are not synced", async (test) => {
  if (lacksStrace(test)) return;
  const run = traceRun(root, { seed, operations: 40, isSynced: false });
  const random = new Random(seed);
  let wrong: string[] = [];
  for (let tries = 0; wrong.length === 0 && tries < 40; tries++) wrong = await cutOften(run, 1, random);
  assert.ok(wrong.length > 0, `seed ${seed}`);
});

it("reads calls that others interrupt", () => {
  const hex = (text: string) => Buffer.from(text).toString("hex").replaceAll(/../g, "\\x$&");
  const lines = [
    `1 openat(AT_FDCWD<${hex("/x")}>, "${hex("/d/a")}", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3<${hex("/d/a")}>`,
    `1 write(3<${hex("/d/a")}>, "${hex("abc")}", 3 <unfinished ...>`,
    `2 fdatasync(3<${hex("/d/a")}> <unfinished ...>`,
    `1 <... write resumed>)             = 2`,
    `2 <... fdatasync resumed>)         = 0`,
    `1 write(1<${hex("pipe:[1]")}>, "${hex("one\ntwo\n")}", 8) = 8`,
    `1 rename("${hex("/d/a")}", "${hex("/d/b")}") = -1 ENOENT (No such file)`,
    `1 write(4<${hex("/dd/a")}>, "${hex("abc")}", 3) = 3`,
  ];
  assert.deepEqual(parseTrace(lines.join("\n"), "/d"), [
    { kind: "create", path: "/d/a" },
    { kind: "write", path: "/d/a", bytes: Buffer.from("ab") },
    { kind: "sync", path: "/d/a", since: 1 },
    { kind: "line", text: "one" },
    { kind: "line", text: "two" },
  ]);
});
