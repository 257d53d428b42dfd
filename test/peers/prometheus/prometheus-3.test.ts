/**
 * Prometheus 3 with remote write 2.0: native histograms of every kind, exemplars, metadata and start timestamps. Then one
 * with an empty disk reads streamed chunks, and gives the same answers as the first gave from its own disk.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { askAll, assertSameAnswers, countAnswers } from "../../e2e/answers.ts";
import { Prometheus, type Question, remoteRead } from "../../e2e/prometheus.ts";
import { everySample } from "../../e2e/questions.ts";
import { goProgram } from "../go-programs.ts";
import { startPeerHearth } from "../peer-hearth.ts";
import { RESET_SCRAPE, startHistogramTarget } from "./histogram-target.ts";
import { prometheus3, remoteWriteV2, scrapeNative, sent } from "./prometheus-3.ts";

const program = await goProgram("prometheus");

const SCRAPES = RESET_SCRAPE + 5;

/** None adds fractions up: the order in which series come is not part of an answer, but of such a sum. */
function questionsAbout(start: number, end: number): Question[] {
  const range = { start: start - 2, end: end + 5, step: 1 };
  return [
    everySample(start, end),
    ...[
      "peer_latency_seconds",
      "peer_weight",
      "peer_queue",
      "peer_size_bytes",
      "peer_requests_total",
      "up",
    ].map((query) => ({ query, ...range })),
    { query: "rate(peer_latency_seconds[5s])", ...range },
    { query: "histogram_quantile(0.9, rate(peer_size_bytes[5s]))", ...range },
    { query: "histogram_count(peer_weight)", ...range },
    { query: "resets(peer_latency_seconds[60s])", start, end },
    { query: "histogram_quantile(0.5, prometheus_http_request_duration_seconds)", ...range },
  ];
}

it("answers from Hearth as from its own disk", { timeout: 120_000, skip: program.missing }, async (t) => {
  await using hearth = await startPeerHearth("prometheus-3");
  await using target = await startHistogramTarget();
  const prometheus = prometheus3(program.path!);
  const writer = await Prometheus.start(
    join(hearth.directory, "writer"),
    remoteWriteV2(hearth.target),
    prometheus,
  );
  await using _writer = writer.child;
  const start = Math.floor(Date.now() / 1000);
  const scraping = scrapeNative({ prometheus: writer.address, peer: target.address });
  await writer.reload({ ...remoteWriteV2(hearth.target), ...scraping });
  await writer.child.until(`${SCRAPES} scrapes`, async () => target.scrapeCount >= SCRAPES);
  target.fail();
  await writer.child.until("a failed scrape", async () => (await writer.value('up{job="peer"}')) === 0);
  await writer.reload(remoteWriteV2(hearth.target));
  const counts = await sent(writer);
  const end = Math.ceil(Date.now() / 1000);
  assert.ok(counts.histograms > 4 * SCRAPES, `histograms sent: ${counts.histograms}`);
  assert.ok(counts.exemplars >= 2 * SCRAPES - 2, `exemplars sent: ${counts.exemplars}`);

  const questions = questionsAbout(start, end);
  const expected = await askAll(writer, questions);
  for (const [{ query }, found] of expected) assert.ok(found.length > 0, `${query}: no answer`);
  await writer.child.stop();

  const reader = await Prometheus.start(
    join(hearth.directory, "reader"),
    remoteRead(hearth.target),
    prometheus,
  );
  await using _reader = reader.child;
  assert.equal(await reader.ownMetric("prometheus_tsdb_head_series"), 0);
  assertSameAnswers(await askAll(reader, questions), expected, "an empty disk and Hearth");
  await reader.child.stop();
  const { series, points } = countAnswers(expected.slice(0, 1));
  t.diagnostic(
    `${counts.samples} samples, ${counts.histograms} histograms, ${counts.exemplars} exemplars sent; ` +
      `${series} series with ${points} points came back the same`,
  );
  await hearth.stop();
});
