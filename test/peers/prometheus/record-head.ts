/**
 * Records what a Prometheus 3 that was killed has in its data directory: blocks, a checkpoint, a write-ahead log, finished
 * chunks, out-of-order samples, deletions; and what it says of them once it is started again. Takes two minutes:
 * `node test/peers/prometheus/record-head.ts DIRECTORY`.
 */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Histogram } from "../../../lib/model/histogram.ts";
import { compress } from "../../../lib/wire/snappy.ts";
import { Prometheus, type PrometheusConfig } from "../../e2e/prometheus.ts";
import { bucketsOf, histogram } from "../../helpers/histograms.ts";
import { encodeMixedV2, type MixedSeries } from "../../helpers/mixed-requests.ts";
import { newTemporaryDirectory } from "../../helpers/temporary-directory.ts";
import { bitsOf, STALE_BITS } from "../../helpers/write-requests.ts";
import { goProgram } from "../go-programs.ts";

const START_MS = Date.UTC(2026, 10, 30, 8);
const STEP_MS = 5000;
/** Prometheus looks once a minute for chunks that are finished, and makes blocks once there is enough. */
const ROUND_MS = 70_000;
const BLOCK_WAIT_MS = 8000;
const HEADERS = {
  "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
  "Content-Encoding": "snappy",
  "X-Prometheus-Remote-Write-Version": "2.0.0",
};
const CONFIG: PrometheusConfig = { storage: { tsdb: { out_of_order_time_window: "30m" } } };
const FLAGS = [
  "--enable-feature=st-storage,exemplar-storage,metadata-wal-records",
  "--web.enable-remote-write-receiver",
  "--web.enable-admin-api",
  "--storage.tsdb.min-block-duration=2m",
  "--storage.tsdb.max-block-duration=2m",
  "--storage.tsdb.retention.time=10y",
  "--storage.tsdb.wal-compression-type=zstd",
];

function integer(step: number): Histogram {
  return histogram({
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: step,
    count: 4 * step,
    sum: 10 * step,
    positive: bucketsOf([-2, step], [5, 2 * step]),
  });
}

function custom(step: number): Histogram {
  return histogram({
    schema: -53,
    count: 3 * step,
    sum: 7 * step,
    positive: bucketsOf([0, step], [2, 2 * step]),
    customBounds: Float64Array.of(0.1, 1, 10),
  });
}

function float(step: number): Histogram {
  return { ...integer(step), kind: "float", count: 4.5 * step, zeroCount: 1.5 * step };
}

const timeOf = (step: number) => START_MS + step * STEP_MS;

/** The samples of steps `from..to` (half-open), by series. */
function samplesOf(from: number, to: number): MixedSeries[] {
  const steps = Array.from({ length: to - from }, (_, i) => from + i);
  const series = (name: string, more: Partial<MixedSeries>): MixedSeries => {
    const labels: [string, string][] = [
      ["__name__", name],
      ["job", "head"],
    ];
    return { labels, ...more };
  };
  const floats = (value: (step: number) => bigint) =>
    steps.map((step) => [timeOf(step), value(step)] as const);
  const histograms = (value: (step: number) => Histogram) =>
    steps.map((step) => [timeOf(step), value(step)] as const);
  const starts = new Map(steps.map((step) => [timeOf(step), START_MS - 1000]));
  return [
    series("counted_total", { floats: floats(bitsOf), starts }),
    series("temperature", {
      floats: floats((step) => (step % 50 === 49 ? STALE_BITS : bitsOf(20 + (step % 7) / 4))),
    }),
    series("deleted", { floats: floats(bitsOf) }),
    series("integers", { histograms: histograms(integer), starts }),
    series("customs", { histograms: histograms(custom) }),
    series("floats", { histograms: histograms(float) }),
    ...(from >= 150 ? [series("late", { floats: floats(bitsOf) })] : []),
  ];
}

async function record(directory: string): Promise<void> {
  const program = await goProgram("prometheus");
  if (program.missing !== false) throw new Error(program.missing);
  await using root = await newTemporaryDirectory("head");
  const start = () => Prometheus.start(root.path, CONFIG, { command: program.path, flags: FLAGS });
  const first = await start();
  await using child = first.child;
  const write = async (request: readonly MixedSeries[]) => {
    const body = compress(encodeMixedV2(request)) as Uint8Array<ArrayBuffer>;
    const response = await fetch(`http://${first.address}/api/v1/write`, {
      method: "POST",
      headers: HEADERS,
      body,
    });
    if (!response.ok) throw new Error(`refused: ${response.status} ${await response.text()}`);
  };
  const writeLate = async (steps: readonly number[]) => {
    for (const step of steps) {
      const [{ labels }] = samplesOf(step, step + 1);
      await write([{ labels, floats: [[timeOf(step) + 1000, bitsOf(step + 0.5)]] }]);
    }
  };
  const deleteSteps = async (from: number, to: number) => {
    const span = { start: String(timeOf(from) / 1000), end: String(timeOf(to) / 1000) };
    const form = new URLSearchParams({ "match[]": "deleted", ...span });
    await fetch(`http://${first.address}/api/v1/admin/tsdb/delete_series`, { method: "POST", body: form });
  };
  // Each makes blocks, and moves the log on by segments.
  for (const [from, to] of [
    [0, 60],
    [60, 110],
    [110, 150],
  ]) {
    await write(samplesOf(from, to));
    await sleep(BLOCK_WAIT_MS);
  }
  await writeLate([130, 140]);
  await deleteSteps(100, 130);
  await write(samplesOf(150, 200));
  await sleep(BLOCK_WAIT_MS);
  // From here on too little for a block: once a minute finished chunks leave memory.
  await write(samplesOf(200, 203));
  await sleep(ROUND_MS);
  await write(samplesOf(203, 204));
  await writeLate([185, 190]);
  await deleteSteps(195, 199);
  process.kill(child.pid, "SIGKILL");
  await child.exited;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(join(root.path, "data")))
    if (/^(wal|wbl|chunks_head|[0-9A-Z]{26})$/.test(name))
      cpSync(join(root.path, "data", name), join(directory, name), { recursive: true });

  const again = await start();
  await using _again = again.child;
  const end = timeOf(210) / 1000;
  const found = await again.ask({ query: '{job="head"}[1d]', start: end, end });
  writeFileSync(`${directory}.json`, `${JSON.stringify(found)}\n`);
}

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error("expected a directory");
await record(directory);
