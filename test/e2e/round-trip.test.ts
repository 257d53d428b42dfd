/**
 * The proof by others' programs: a Prometheus scrapes a node_exporter and itself and remote-writes to `npm start`; then
 * one with an empty disk and `remote_read` gives the same answers as the first gave from its own disk.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { SETTLE_MS } from "../../lib/storage/log/settling.ts";
import { freePort } from "../helpers/free-port.ts";
import { type Hearth, type HearthEnvironment, startHearth, stopCleanly } from "../helpers/hearth-process.ts";
import type { Target } from "../helpers/remote-client.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { type Answers, askAll, assertSameAnswers, countAnswers } from "./answers.ts";
import { startNodeExporter } from "./node-exporter.ts";
import { skipReason, whyMissing } from "./programs.ts";
import { Prometheus, remoteRead, remoteWrite, scrape } from "./prometheus.ts";
import { questionsAbout } from "./questions.ts";

const KEY = { accessKeyId: "ak", secret: "s3cret:with/all+of=it" };
const TEST_MS = 240_000;

/** Seconds, and so scrapes: of the node_exporter before it ends, of Prometheus itself, and of both while Hearth is away. */
const NODE_SECONDS = 8;
const ALL_SECONDS = 20;
const OUTAGE_SECONDS = 5;

const run = promisify(execFile);

const missing = await whyMissing("prometheus", "prometheus-node-exporter");

// All at once: each waits for a clock nearly all of its time.
const options = { concurrency: true, skip: missing ?? false };

describe("a Prometheus with an empty disk answers as the one that wrote", options, () => {
  it("on the embedded DynamoDB, from the log and from a run", { timeout: TEST_MS }, (t) =>
    roundTrip(t, {}, { compaction: true }),
  );

  const endpoint = process.env.HEARTH_TEST_DYNAMODB_LOCAL;
  const skip =
    endpoint === undefined && skipReason("HEARTH_TEST_DYNAMODB_LOCAL is not set; .ci/run starts one");
  it("on DynamoDB Local", { timeout: TEST_MS, skip }, (t) =>
    roundTrip(t, { AWS_ENDPOINT_URL_DYNAMODB: endpoint, HEARTH_TABLE: `hearth-${randomUUID()}` }),
  );

  it("with Hearth away for a while", { timeout: TEST_MS }, (t) => roundTrip(t, {}, { outage: true }));
});

async function roundTrip(
  t: TestContext,
  env: HearthEnvironment,
  { outage = false, compaction = false } = {},
): Promise<void> {
  await using root = await newTemporaryDirectory("e2e");
  const dataDirectory = join(root.path, "hearth");
  const restart = await hearthStarter(dataDirectory, env);
  let hearth = await restart();
  await using _hearth = { [Symbol.asyncDispose]: () => hearth.child[Symbol.asyncDispose]() };
  const target: Target = { url: hearth.url, ...KEY };

  const exporter = await startNodeExporter(join(root.path, "textfile"));
  await using _exporter = exporter.child;
  // Without a job at first: it sends what is scraped after its sender has started, so all that it will scrape.
  const writer = await Prometheus.start(join(root.path, "writer"), remoteWrite(target));
  await using _writer = writer.child;
  const start = Math.floor(Date.now() / 1000);
  await writer.reload({
    ...remoteWrite(target),
    ...scrape({ prometheus: writer.address, node: exporter.address }),
  });

  await lasted(writer, 'up{job="node"} == 1', NODE_SECONDS);
  if (outage) {
    await stopCleanly(hearth.child);
    // The staleness markers of the node_exporter's series have to wait for Hearth too.
    await exporter.child.stop();
    await lasted(writer, 'up{job="node"} == 0', OUTAGE_SECONDS);
    hearth = await restart();
  } else {
    await exporter.child.stop();
  }
  await lasted(writer, 'up{job="node"} == 0', 2);
  await lasted(writer, 'up{job="prometheus"}', ALL_SECONDS);
  await writer.reload(remoteWrite(target));
  await sent(writer);
  const end = Math.ceil(Date.now() / 1000);

  const questions = questionsAbout(start, end);
  const expected = await askAll(writer, questions);
  assertMeaningful(expected, end);
  const retried = await writer.ownMetric("prometheus_remote_storage_samples_retried_total");
  if (outage) assert.ok(retried > 0, "nothing had to be sent again");

  await writer.reload({ ...remoteWrite(target), ...remoteRead(target) });
  assertSameAnswers(await askAll(writer, questions), expected, "its own disk and Hearth merged");
  await stopCleanly(writer.child);

  if (compaction) t.diagnostic(await compacted(dataDirectory));
  const reader = await Prometheus.start(join(root.path, "reader"), remoteRead(target));
  await using _reader = reader.child;
  assert.equal(await reader.ownMetric("prometheus_tsdb_head_series"), 0);
  assertSameAnswers(await askAll(reader, questions), expected, "an empty disk and Hearth");
  await stopCleanly(reader.child);
  await stopCleanly(hearth.child);

  const all = countAnswers(expected.slice(0, 1));
  const compared = countAnswers(expected);
  t.diagnostic(
    `${all.series} series with ${all.points} samples came back the same, ${retried} sent again; ` +
      `${questions.length} questions, ${compared.points} points of ${compared.series} series compared, twice`,
  );
}

/** Compacts by hand until all records of the log are in a run, which is when they have been there for a minute. */
async function compacted(dataDirectory: string): Promise<string> {
  await setTimeout(SETTLE_MS);
  const hearth = join(import.meta.dirname, "../../cli/hearth.ts");
  const { stdout } = await run(process.execPath, [hearth, "compact", "--all", "--data-dir", dataDirectory]);
  assert.match(stdout, /\b[1-9]\d* records? in [1-9]\d* flush(es)?\b/);
  return stdout.trim();
}

/** Starts Hearth on always the same port and data. */
async function hearthStarter(dataDirectory: string, env: HearthEnvironment): Promise<() => Promise<Hearth>> {
  const settings = {
    PORT: String(await freePort()),
    HEARTH_DATA_DIR: dataDirectory,
    HEARTH_ACCESS_KEY_ID: KEY.accessKeyId,
    HEARTH_SECRET_ACCESS_KEY: KEY.secret,
    LOG_LEVEL: "warn",
    ...env,
  };
  return () => startHearth(settings);
}

/** Waits until an expression has had a value for so many seconds. */
async function lasted(prometheus: Prometheus, expression: string, seconds: number): Promise<void> {
  const query = `count_over_time((${expression})[5m:1s])`;
  await prometheus.child.until(
    `${seconds} s of ${expression}`,
    async () => ((await prometheus.value(query)) ?? 0) >= seconds,
  );
}

/** Waits until all that was scraped is sent, and nothing dropped. */
async function sent(prometheus: Prometheus): Promise<void> {
  const metric = async (name: string) =>
    (await prometheus.ownMetric(`prometheus_remote_storage_${name}`)) ?? 0;
  await prometheus.child.until("sent all samples", async () => {
    // A sample that is sent again counts as sent again.
    const missing =
      (await metric("samples_in_total")) +
      (await metric("samples_retried_total")) -
      (await metric("samples_total"));
    const late =
      (await metric("highest_timestamp_in_seconds")) - (await metric("queue_highest_sent_timestamp_seconds"));
    const pending = await metric("samples_pending");
    if (missing === 0 && late === 0 && pending === 0) return true;
    throw new Error(`missing=${missing} pending=${pending} late=${late} s`);
  });
  for (const name of ["samples_failed_total", "samples_dropped_total"])
    assert.equal(await metric(name), 0, name);
}

/** The comparison is worth what the answers hold. */
function assertMeaningful(answers: Answers, end: number): void {
  const { series, points } = countAnswers(answers.slice(0, 1));
  assert.ok(series > 500 && points > series * 5, `series=${series} samples=${points}`);
  for (const [question, found] of answers) {
    const empty = question.query === "nosuch_metric";
    if (question.step !== undefined && !empty) assert.ok(found.length > 0, `${question.query}: no answer`);
  }
  const load = answers.find(([{ query, step }]) => query === "node_load1" && step !== undefined);
  const last = load?.[1][0].points.at(-1)?.[0] ?? end;
  assert.ok(last < end - 1, "the node_exporter's series do not end before the rest");
}
