/**
 * Prometheus 3 and Hearth exchange blocks: what a Prometheus has, XOR2 and native histograms among it, is imported from its
 * snapshot, its data directory and its remote read, exported, and opened by another Prometheus, which gives the same answers.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { promisify } from "node:util";
import { Prometheus, type Question } from "../../e2e/prometheus.ts";
import { newTemporaryDirectory } from "../../helpers/temporary-directory.ts";
import { makeData } from "../../promql-fuzz/data/data.ts";
import { startPrometheus } from "../../promql-fuzz/peers.ts";
import { Random } from "../../simulation/random.ts";
import { goProgram } from "../go-programs.ts";

const program = await goProgram("prometheus");
const run = promisify(execFile);
const CLI = join(import.meta.dirname, "../../../cli/hearth.ts");
const SEED = 20261130;
const SETTINGS = { useStartTimestamps: true, delayedNameRemoval: false, typeAndUnitLabels: false };

/** Blocks of any age stay. */
const FLAGS = ["--storage.tsdb.retention.time=10y", "--log.level=error"];

/** The line that the command prints last. */
async function hearthdb(...args: string[]): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [CLI, ...args], { timeout: 60_000 });
  return (stdout || stderr).trim().split("\n").at(-1)!;
}

function questionsAbout(startMs: number, endMs: number): Question[] {
  const range = { start: startMs / 1000, end: endMs / 1000, step: 15 };
  return [
    '{__name__=~".+"}',
    "count_over_time(temperature[5m])",
    "rate(requests_total[5m])",
    "rate(native_seconds[5m])",
    "histogram_quantile(0.9, native_floats)",
    "resets(native_seconds[10m])",
    "changes(queue_length[10m])",
  ].map((query) => ({ query, ...range }));
}

it("exchanges blocks with Prometheus 3", { timeout: 180_000, skip: program.missing }, async (t) => {
  await using root = await newTemporaryDirectory("blocks");
  await using source = await startPrometheus(program.path!, SETTINGS);
  const data = makeData(new Random(SEED), true);
  let refused = 0;
  for (const series of data.series) await source.write([series]).catch(() => refused++);
  assert.ok(refused < data.series.length / 4, `${refused} of ${data.series.length} were refused`);
  const snapshot = await source.snapshot();
  const start = new Date(data.startMs - 60_000).toISOString();
  const ways: Record<string, string[]> = {
    snapshot: [snapshot],
    // All of it is in the write-ahead log, and the Prometheus runs.
    "data directory": [join(snapshot, "../..")],
    "remote read": [
      "--from-remote-read",
      `${source.url}/api/v1/read`,
      "--start",
      start,
      "--end",
      new Date(data.endMs + 600_000).toISOString(),
    ],
  };
  // What Prometheus itself makes of its snapshot: staleness and lookback are those of blocks.
  cpSync(snapshot, join(root.path, "original/data"), { recursive: true });
  const original = await Prometheus.start(
    join(root.path, "original"),
    {},
    { command: program.path!, flags: FLAGS },
  );
  await using _original = original.child;
  for (const [name, args] of Object.entries(ways)) {
    await t.test(`by ${name}`, async (t) => {
      const store = ["--data-dir", join(root.path, `${name}-hearth`), "--yes"];
      t.diagnostic(await hearthdb("import", ...args, ...store));
      const directory = join(root.path, `${name}-prometheus`);
      const everySample = { query: '{__name__=~".+"}[1d]', start: 0, end: data.endMs / 1000 + 60 };
      t.diagnostic(await hearthdb("export", join(directory, "data"), ...store));
      const exported = await Prometheus.start(directory, {}, { command: program.path!, flags: FLAGS });
      await using _exported = exported.child;
      for (const question of [everySample, ...questionsAbout(data.startMs, data.endMs)]) {
        const expected = await original.ask(question);
        assert.ok(expected.length > 0, question.query);
        assert.deepEqual(await exported.ask(question), expected, question.query);
      }
    });
  }
});
