/**
 * mimirtool and cortextool set, list, compare and remove the rules of `npm start`, with a key. By hand, since building them
 * takes minutes:
 *
 *     node test/peers/alerts/ruler-tools.ts --mimirtool /path/to/mimirtool --cortextool /path/to/cortextool
 *
 * Releases are at https://github.com/grafana/mimir/releases and https://github.com/grafana/cortex-tools/releases;
 * `go build ./cmd/mimirtool` and `go build ./cmd/cortextool` build them in their sources.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { parse } from "yaml";
import { ROOT } from "../../helpers/hearth-process.ts";
import { basicAuth, startPeerHearth } from "../peer-hearth.ts";

const NAMESPACE = "my rules";
const GROUP = "first group";
const SECOND = "second group";

interface Tool {
  readonly program: string;
  /** Of every command. */
  readonly flags: readonly string[];
  /** Whether it knows what Prometheus 3 has added to rule files, and removes whole namespaces. */
  readonly isNew: boolean;
}

/** What a group may have; `threshold` makes another version of it. */
function groupsOf({ isNew }: Tool, threshold: number): readonly object[] {
  const alert = {
    alert: "Busy",
    expr: `job:up:count > ${threshold}`,
    for: "5m",
    ...(isNew && { keep_firing_for: "10m" }),
    labels: { severity: "page" },
    annotations: { summary: "{{ $labels.job }} has {{ $value }}" },
  };
  const record = { record: "job:up:count", expr: "count by (job) (up)", labels: { by: "tool" } };
  return [
    {
      name: GROUP,
      interval: "30s",
      ...(isNew && { query_offset: "1m", limit: 10 }),
      rules: [record, alert],
    },
    {
      name: SECOND,
      ...(isNew && { labels: { team: "infra" } }),
      rules: [{ record: "a:b", expr: "vector(1)" }],
    },
  ];
}

const { values } = parseArgs({
  options: { mimirtool: { type: "string" }, cortextool: { type: "string" } },
});
const { mimirtool, cortextool } = values;
if (mimirtool === undefined && cortextool === undefined)
  throw new Error("expected --mimirtool PATH, --cortextool PATH, or both");
if (mimirtool !== undefined) await check({ program: mimirtool, flags: [], isNew: true });
// Its newer routes have no list of all rules: Prometheus' own API has that path.
if (cortextool !== undefined)
  await check({ program: cortextool, flags: ["--use-legacy-routes"], isNew: false });

async function check(tool: Tool): Promise<void> {
  await using hearth = await startPeerHearth("ruler-tools");
  const { directory } = hearth;
  const target = { url: hearth.target.url, ...(await createKey(directory)) };
  const file = join(directory, "rules.yml");
  const user = [`--user=${target.accessKeyId}`, `--key=${target.secret}`];
  const flags = [`--address=${target.url}`, "--id=default", ...tool.flags];
  const run = (command: string, ...args: readonly string[]) =>
    runTool(tool.program, ["rules", command, ...user, ...flags, ...args]);
  const succeeds = async (command: string, ...args: readonly string[]) => {
    const { code, output } = await run(command, ...args);
    assert.equal(code, 0, `${command}: ${output}`);
    console.log(`${command}: ${output.trim().split("\n").join("\n    ")}`);
    return output;
  };
  /** The stored rules, by namespace. */
  const stored = async () => {
    const headers = { authorization: basicAuth(target) };
    return parse(await (await fetch(`${target.url}/config/v1/rules`, { headers })).text()) as object;
  };
  const useFile = async (threshold: number) => {
    const groups = groupsOf(tool, threshold);
    await writeFile(file, JSON.stringify({ namespace: NAMESPACE, groups }));
    return groups;
  };

  await succeeds("print");
  const groups = await useFile(3);
  await succeeds("load", file);
  assert.deepEqual(await stored(), { [NAMESPACE]: groups });
  assert.match(await succeeds("list"), new RegExp(`${NAMESPACE}\\s*\\|\\s*${GROUP}`));
  assert.match(await succeeds("get", NAMESPACE, GROUP, "--disable-color"), /expr: job:up:count > 3/);
  assert.match(await succeeds("print", "--disable-color"), /name: second group/);
  assert.match(
    await succeeds("diff", file),
    /no changes detected|0 Groups Created, 0 Groups Updated, 0 Groups Deleted/,
  );
  const changed = await useFile(4);
  assert.match(await succeeds("diff", file), /0 Groups Created, 1 Groups Updated, 0 Groups Deleted/);
  // cortextool calls a changed group created, and a new one updated.
  const [created, updated] = tool.isNew
    ? [/1 Groups Created/, /1 Groups Updated/]
    : [/1 Groups Updated/, /1 Groups Created/];
  assert.match(await succeeds("sync", file), updated);
  assert.deepEqual(await stored(), { [NAMESPACE]: changed });
  await succeeds("delete", NAMESPACE, SECOND);
  assert.deepEqual(await stored(), { [NAMESPACE]: changed.slice(0, 1) });
  await succeeds("delete", NAMESPACE, SECOND);
  assert.match(await succeeds("get", NAMESPACE, SECOND), /does not currently exist/);
  assert.match(await succeeds("sync", file), created);
  // A sync without a namespace's file removes the namespace.
  await writeFile(file, JSON.stringify({ namespace: "other", groups: [] }));
  assert.match(await succeeds("sync", file), /0 Groups Created, 0 Groups Updated, 2 Groups Deleted/);
  assert.deepEqual(await stored(), {});
  await useFile(3);
  await succeeds("load", file);
  if (tool.isNew) {
    await succeeds("delete-namespace", NAMESPACE);
    assert.deepEqual(await stored(), {});
  }
  const wrong = JSON.stringify({ namespace: NAMESPACE, groups }).replace("> 3", ">");
  await writeFile(file, wrong);
  assert.notEqual((await run("load", file)).code, 0);
  await hearth.stop();
  console.log(`${tool.program}: all is right`);
}

/** As docs/rules.md says. */
async function createKey(
  directory: string,
): Promise<{ readonly accessKeyId: string; readonly secret: string }> {
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

async function runTool(
  program: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  return promisify(execFile)(program, args).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => {
      if (typeof code !== "number") throw new Error(`${program} did not start: ${code}`);
      return { code, output: stdout + stderr };
    },
  );
}
