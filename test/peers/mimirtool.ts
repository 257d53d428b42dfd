/**
 * mimirtool sets, lists, compares and removes the rules of `npm start`, with a key. By hand, since building it takes minutes:
 *
 *     node test/peers/mimirtool.ts --mimirtool /path/to/mimirtool
 *
 * Releases are at https://github.com/grafana/mimir/releases; `go build ./cmd/mimirtool` builds it in Mimir's sources.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { parse } from "yaml";
import { ROOT } from "../helpers/hearth-process.ts";
import { basicAuth, startPeerHearth } from "./peer-hearth.ts";

const NAMESPACE = "my rules";
const GROUP = "first group";
const LABELLED = "with labels";

/** What a group may have; `threshold` makes another version of it. */
function fileOf(threshold: number): string {
  return JSON.stringify({
    namespace: NAMESPACE,
    groups: [
      {
        name: GROUP,
        interval: "30s",
        limit: 10,
        query_offset: "1m",
        rules: [
          { record: "job:up:count", expr: "count by (job) (up)", labels: { by: "mimirtool" } },
          {
            alert: "Busy",
            expr: `job:up:count > ${threshold}`,
            for: "5m",
            keep_firing_for: "10m",
            labels: { severity: "page" },
            annotations: { summary: "{{ $labels.job }} has {{ $value }}" },
          },
        ],
      },
      { name: LABELLED, labels: { team: "infra" }, rules: [{ record: "a:b", expr: "vector(1)" }] },
    ],
  });
}

const { values } = parseArgs({ options: { mimirtool: { type: "string", default: "mimirtool" } } });
await using hearth = await startPeerHearth("mimirtool");
const { directory } = hearth;
const target = { url: hearth.target.url, ...(await createKey()) };
const file = join(directory, "rules.yml");

/** As docs/rules.md says. */
async function createKey(): Promise<{ readonly accessKeyId: string; readonly secret: string }> {
  const args = [
    "keys",
    "create",
    "--scopes",
    "read,rules",
    "--json",
    "--data-dir",
    join(directory, "hearth"),
  ];
  const command = promisify(execFile)(process.execPath, ["cli/hearth.ts", ...args], { cwd: ROOT });
  const { id, secret } = JSON.parse((await command).stdout);
  return { accessKeyId: id, secret };
}

interface Result {
  readonly code: number;
  readonly output: string;
}

async function mimirtool(command: string, ...args: readonly string[]): Promise<Result> {
  const flags = [`--address=${target.url}`, "--id=default"];
  const user = [`--user=${target.accessKeyId}`, `--key=${target.secret}`];
  const all = ["rules", command, ...user, ...flags, ...args];
  return promisify(execFile)(values.mimirtool, all).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => {
      if (typeof code !== "number") throw new Error(`${values.mimirtool} did not start: ${code}`);
      return { code, output: stdout + stderr };
    },
  );
}

async function succeeds(command: string, ...args: readonly string[]): Promise<string> {
  const { code, output } = await mimirtool(command, ...args);
  assert.equal(code, 0, `${command}: ${output}`);
  console.log(`${command}: ${output.trim().split("\n").join("\n    ")}`);
  return output;
}

/** The stored rules, by namespace. */
async function stored(): Promise<Record<string, unknown>> {
  const headers = { authorization: basicAuth(target) };
  const response = await fetch(`${target.url}/config/v1/rules`, { headers });
  return parse(await response.text());
}

async function useFile(threshold: number): Promise<unknown> {
  await writeFile(file, fileOf(threshold));
  return JSON.parse(await readFile(file, "utf8")).groups;
}

assert.match(await succeeds("print"), /no rule groups currently exist|^\s*$|\{\}/);
const groups = await useFile(3);
await succeeds("load", file);
assert.deepEqual(await stored(), { [NAMESPACE]: groups });
assert.match(await succeeds("list"), new RegExp(`${NAMESPACE}\\s*\\|\\s*${GROUP}`));
assert.match(await succeeds("get", NAMESPACE, GROUP, "--disable-color"), /expr: job:up:count > 3/);
assert.match(await succeeds("print", "--disable-color"), /keep_firing_for: 10m/);
assert.match(
  await succeeds("diff", file),
  /no changes detected|0 Groups Created, 0 Groups Updated, 0 Groups Deleted/,
);
const changed = await useFile(4);
assert.match(await succeeds("diff", file), /0 Groups Created, 1 Groups Updated, 0 Groups Deleted/);
assert.match(await succeeds("sync", file), /0 Groups Created, 1 Groups Updated, 0 Groups Deleted/);
assert.deepEqual(await stored(), { [NAMESPACE]: changed });
await succeeds("delete", NAMESPACE, LABELLED);
assert.deepEqual(await stored(), { [NAMESPACE]: (changed as unknown[]).slice(0, 1) });
await succeeds("delete", NAMESPACE, LABELLED);
assert.match(await succeeds("get", NAMESPACE, LABELLED), /does not currently exist/);
assert.match(await succeeds("sync", file), /1 Groups Created, 0 Groups Updated, 0 Groups Deleted/);
// A sync without a namespace's file removes the namespace.
await writeFile(file, JSON.stringify({ namespace: "other", groups: [] }));
assert.match(await succeeds("sync", file), /0 Groups Created, 0 Groups Updated, 2 Groups Deleted/);
assert.deepEqual(await stored(), {});
await useFile(3);
await succeeds("load", file);
await succeeds("delete-namespace", NAMESPACE);
assert.deepEqual(await stored(), {});
await writeFile(file, fileOf(3).replace("> 3", ">"));
const wrong = await mimirtool("load", file);
assert.notEqual(wrong.code, 0);
await hearth.stop();
console.log("all is right");
