/**
 * The PromQL compliance tester of Prometheus between a Prometheus 3.16 and Hearth, which has imported the data directory that
 * this Prometheus left when it was killed: blocks and a write-ahead log.
 *
 *     git clone https://github.com/prometheus/compliance
 *     node test/peers/prometheus/promql-compliance.ts compliance/promql
 *
 * The data are those of the tester's demo services in kind: gauges, counters that reset, classic histograms, a metric with gaps.
 */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { compress } from "../../../lib/wire/snappy.ts";
import { Prometheus } from "../../e2e/prometheus.ts";
import { Child } from "../../helpers/child.ts";
import { freePort } from "../../helpers/free-port.ts";
import { encodeMixedV1, type MixedSeries } from "../../helpers/mixed-requests.ts";
import { newTemporaryDirectory } from "../../helpers/temporary-directory.ts";
import { bitsOf } from "../../helpers/write-requests.ts";
import { Random } from "../../simulation/random.ts";
import { goProgram } from "../go-programs.ts";

const CLI = join(import.meta.dirname, "../../../cli/hearth.ts");
const SERVER = join(import.meta.dirname, "../../../local/main.ts");
const STEP_MS = 5000;
const SPAN_MS = 4 * HOUR_MS;
/** Samples of so long in one request. */
const REQUEST_MS = 10 * MINUTE_MS;
const SEED = 537;
/** Prometheus cuts blocks at multiples of it. */
const BLOCK_MS = 2 * HOUR_MS;
const RANGE_MS = 30 * MINUTE_MS;
const MAX_OUTPUT_CHARACTERS = 20_000;
const FLAGS = [
  "--web.enable-remote-write-receiver",
  "--storage.tsdb.retention.time=10y",
  "--log.level=error",
];
const run = promisify(execFile);

interface Demo {
  readonly labels: readonly (readonly [string, string])[];
  /** Undefined: no sample now. */
  readonly next: (timeMs: number) => number | undefined;
}

/** The series of one demo service. */
function demoService(random: Random, port: number): Demo[] {
  const all: Demo[] = [];
  const add = (name: string, labels: Record<string, string>, next: Demo["next"]) => {
    const set = { __name__: name, instance: `demo.promlabs.com:${port}`, job: "demo", ...labels };
    all.push({ labels: Object.entries(set).sort(([a], [b]) => (a < b ? -1 : 1)), next });
  };
  const walk = (value: number, by: number) => () => {
    value += random.between(-by, by + 1);
    return value;
  };
  const counter = (by: number) => {
    let value = 0;
    return () => {
      value = random.chance(0.0005) ? 0 : value + random.between(0, by) / 8;
      return value;
    };
  };
  for (const type of ["free", "used", "cached", "buffers"])
    add("demo_memory_usage_bytes", { type }, walk(4e9, 1e7));
  add("demo_num_cpus", {}, () => 4);
  for (const mode of ["idle", "user", "system"]) add("demo_cpu_usage_seconds_total", { mode }, counter(40));
  add("demo_disk_usage_bytes", {}, walk(1e11, 1e6));
  add("demo_disk_total_bytes", {}, () => 2.6e11);
  let success = 0;
  add("demo_batch_last_success_timestamp_seconds", {}, (timeMs) => {
    if (success === 0 || random.chance(0.02)) success = timeMs / 1000;
    return success;
  });
  add("demo_intermittent_metric", {}, (timeMs) => (timeMs % HOUR_MS < HOUR_MS / 2 ? 1 : undefined));
  for (const path of ["/api/foo", "/api/bar"])
    for (const status of ["200", "500"]) {
      const counts = ["0.0001", "0.001", "0.01", "0.1", "1", "+Inf"].map((le) => ({ le, count: 0 }));
      const labels = { method: "GET", path, status };
      const name = "demo_api_request_duration_seconds";
      for (const [i, one] of counts.entries())
        add(`${name}_bucket`, { ...labels, le: one.le }, () => {
          if (i === 0) for (const each of counts) each.count += random.between(0, 5);
          return counts.slice(0, i + 1).reduce((sum, { count }) => sum + count, 0);
        });
      add(`${name}_count`, labels, () => counts.reduce((sum, { count }) => sum + count, 0));
      add(`${name}_sum`, labels, counter(3));
    }
  return all;
}

async function fill({ address }: Prometheus, startMs: number): Promise<void> {
  const random = new Random(SEED);
  const demos = [10000, 10001, 10002].flatMap((port) => demoService(random, port));
  for (let from = startMs; from < startMs + SPAN_MS; from += REQUEST_MS) {
    const request: MixedSeries[] = demos.map(({ labels, next }) => {
      const floats: [number, bigint][] = [];
      for (let time = from; time < from + REQUEST_MS; time += STEP_MS) {
        const value = next(time);
        if (value !== undefined) floats.push([time, bitsOf(value)]);
      }
      return { labels, floats };
    });
    const body = compress(encodeMixedV1(request)) as Uint8Array<ArrayBuffer>;
    const headers = { "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf" };
    const response = await fetch(`http://${address}/api/v1/write`, { method: "POST", headers, body });
    if (!response.ok) throw new Error(`refused: ${response.status} ${await response.text()}`);
  }
}

async function main(tester: string): Promise<void> {
  const program = await goProgram("prometheus");
  if (program.missing !== false) throw new Error(program.missing);
  await using root = await newTemporaryDirectory("promql-compliance");
  const { path } = root;
  const spec = { command: program.path, flags: FLAGS };
  const startMs = Math.floor(Date.now() / BLOCK_MS) * BLOCK_MS - SPAN_MS;
  const first = await Prometheus.start(path, {}, spec);
  {
    await using child = first.child;
    await fill(first, startMs);
    await child.until(
      "made a block",
      async () => (await first.ownMetric("prometheus_tsdb_compactions_total")) > 0,
    );
    process.kill(child.pid, "SIGKILL");
    await child.exited;
  }
  const store = join(path, "hearth");
  const imported = await run(process.execPath, [
    CLI,
    "import",
    join(path, "data"),
    "--data-dir",
    store,
    "--yes",
  ]);
  console.log(imported.stderr + imported.stdout);
  const keys = await run(process.execPath, [CLI, "keys", "create", "--data-dir", store, "--json"]);
  const { id, secret } = JSON.parse(keys.stdout) as { id: string; secret: string };
  const reference = await Prometheus.start(path, {}, spec);
  await using _reference = reference.child;
  const port = await freePort();
  const env = { PORT: String(port), HEARTH_DATA_DIR: store };
  await using hearth = new Child(process.execPath, [SERVER], { env });
  const url = `http://127.0.0.1:${port}`;
  await hearth.until("ready", async () => (await fetch(`${url}/-/ready`)).ok);
  const targets = {
    reference_target_config: { query_url: `http://${reference.address}` },
    test_target_config: { query_url: url, basic_auth_user: id, basic_auth_pass: secret },
    query_time_parameters: {
      // Half of it in a block, half in the write-ahead log.
      end_time: String((startMs + BLOCK_MS + RANGE_MS / 2) / 1000),
      range_in_seconds: RANGE_MS / 1000,
    },
  };
  // The tester joins its files before it reads them.
  const lines = Object.entries(targets).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`);
  writeFileSync(join(path, "targets.yml"), lines.join(""));
  await run("go", ["build", "-o", join(path, "tester"), "./cmd/promql-compliance-tester"], {
    cwd: tester,
    env: { ...process.env, GOFLAGS: "-mod=mod", CGO_ENABLED: "0" },
  });
  // A name that Prometheus 3 takes, since it is UTF-8, is one that nobody takes.
  const queries = readFileSync(join(tester, "promql-test-queries.yml"), "utf8");
  writeFileSync(join(path, "queries.yml"), queries.replaceAll('"~invalid"', String.raw`"\xff"`));
  const args = ["queries.yml", "targets.yml"]
    .map((file) => join(path, file))
    .map((file) => `-config-file=${file}`);
  args.push("-query-parallelism=4");
  const options = { cwd: tester, maxBuffer: 64 * 1024 * 1024 };
  // It ends with 1 where an answer differs.
  const found = await run(join(path, "tester"), args, options).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  // Its progress bar goes to the other stream, as its errors do.
  console.log((found.stdout || found.stderr).slice(-MAX_OUTPUT_CHARACTERS));
}

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error("expected the folder promql of prometheus/compliance");
await main(resolve(directory));
