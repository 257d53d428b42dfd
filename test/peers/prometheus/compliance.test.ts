/**
 * Prometheus' own compliance suite for receivers of remote write 2.0, and what it leaves open: it takes a 400 for a valid
 * request as an answer, and reads nothing back. So its requests pass a recorder, and each answer is judged by what the
 * request holds. https://github.com/prometheus/compliance/tree/main/remotewrite
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { goProgram } from "../go-programs.ts";
import { type PeerHearth, startPeerHearth } from "../peer-hearth.ts";
import { printSeries, readBack } from "../read-back.ts";
import { type Exchange, type Recorder, startRecorder } from "../recorder.ts";
import { runSuite, type SuiteTest } from "./compliance-suite.ts";
import { addsUp, meaningOf } from "./native-histogram.ts";
import { decodeV2Body, V2_TYPE, type V2Series } from "./write-v2-message.ts";

const suite = await goProgram("compliance");

/** The suite dates some samples and exemplars hours back. */
const WINDOW_MS = 48 * 3_600_000;
const SHOWN = 5;

it("is a receiver of remote write 2.0", { timeout: 150_000, skip: suite.missing }, async (t) => {
  await using hearth = await startPeerHearth("compliance");
  await using recorder = await startRecorder(hearth.target.url);
  const tests = await runAgainst(hearth, recorder);
  await t.test("meets every MUST and SHOULD of the suite", (t) => t.diagnostic(passed(tests)));
  await t.test("answers with the one right status and the true counts", (t) =>
    t.diagnostic(judged(recorder.exchanges)),
  );
  await t.test("has stored what it answered for", async (t) =>
    t.diagnostic(await comparedWithStored(hearth, recorder.exchanges)),
  );
  await hearth.stop();
});

function passed(tests: readonly SuiteTest[]): string {
  const failed = tests.filter(({ result }) => result !== "PASS");
  const words = failed.slice(0, SHOWN).map(({ name, result, log }) => `${result} ${name}\n${log}`);
  assert.equal(failed.length, 0, [`${failed.length} of ${tests.length} failed`, ...words].join("\n"));
  const count = (level: string) => tests.filter((one) => one.level === level).length;
  assert.ok(count("MUST") > 50 && count("SHOULD") > 50, `the suite ran ${tests.length} tests`);
  return `${count("MUST")} MUST, ${count("SHOULD")} SHOULD and ${count("MAY")} MAY passed`;
}

function judged(exchanges: readonly Exchange[]): string {
  const wrong = exchanges.flatMap((exchange, i) => {
    const reason = whyWrong(exchange);
    return reason === undefined ? [] : [`request ${i}: ${reason}`];
  });
  assert.equal(
    wrong.length,
    0,
    [`${wrong.length} of ${exchanges.length}`, ...wrong.slice(0, SHOWN)].join("\n"),
  );
  return `${exchanges.length} answers are right`;
}

async function runAgainst({ target, directory }: PeerHearth, { url }: Recorder): Promise<SuiteTest[]> {
  const config = join(directory, "compliance.yml");
  const basic_auth = { username: target.accessKeyId, password: target.secret };
  await writeFile(
    config,
    JSON.stringify({ remote_write: [{ name: "hearth", url: `${url}/api/v1/write`, basic_auth }] }),
  );
  return runSuite(suite.path!, directory, { PROMETHEUS_RW2_COMPLIANCE_CONFIG_FILE: config });
}

interface Expected {
  readonly status: number;
  readonly written: readonly [samples: number, histograms: number, exemplars: number];
}

/** Why an answer is not the only right one; undefined when it is. */
function whyWrong(exchange: Exchange): string | undefined {
  const expected = expectedOf(exchange);
  if (expected === undefined) return undefined;
  const written = ["samples", "histograms", "exemplars"].map((kind) =>
    exchange.responseHeaders.get(`x-prometheus-remote-write-${kind}-written`),
  );
  const came = { status: exchange.status, written };
  const wanted = { status: expected.status, written: expected.written.map(String) };
  if (isDeepStrictEqual(came, wanted)) return undefined;
  return `${JSON.stringify(came)} instead of ${JSON.stringify(wanted)}: ${exchange.responseBody}`;
}

/** Undefined for what is not remote write 2.0 in snappy, which the suite itself judges exactly. */
function expectedOf({ requestHeaders, body }: Exchange): Expected | undefined {
  if (requestHeaders["content-type"] !== V2_TYPE || requestHeaders["content-encoding"] !== "snappy")
    return undefined;
  const series = decoded(body);
  if (series === undefined) return { status: 400, written: [0, 0, 0] };
  const kept = series.map(keptOf);
  const isWhole = kept.every(
    (one, i) => one.histograms.length === series[i].histograms.length && isNamed(one),
  );
  const sum = (kind: "samples" | "histograms" | "exemplars") =>
    kept.reduce((total, one) => total + one[kind].length, 0);
  return { status: isWhole ? 204 : 400, written: [sum("samples"), sum("histograms"), sum("exemplars")] };
}

function decoded(body: Uint8Array): V2Series[] | undefined {
  try {
    return decodeV2Body(body);
  } catch {
    return undefined;
  }
}

const isNamed = ({ labels }: V2Series) => Boolean(labels.__name__);

/** What a receiver keeps of a series: nothing without a name, no histogram whose counts do not add up. */
function keptOf(series: V2Series): V2Series {
  if (!isNamed(series)) return { ...series, samples: [], histograms: [], exemplars: [] };
  const histograms = series.histograms.filter((one) => addsUp(meaningOf(one)));
  // The exemplars of a series of which nothing else is kept have nothing to point into.
  const isLeft = series.samples.length + histograms.length > 0 || series.histograms.length === 0;
  return { ...series, histograms, exemplars: isLeft ? series.exemplars : [] };
}

/** Everything that was answered with 2xx, or is the good part of a 400, must come back. */
async function comparedWithStored({ target }: PeerHearth, exchanges: readonly Exchange[]): Promise<string> {
  const sent = new Map<string, Map<number, unknown>>();
  for (const { requestHeaders, body, status } of exchanges) {
    if (requestHeaders["content-type"] !== V2_TYPE || status === 415) continue;
    for (const { labels, samples, histograms } of (decoded(body) ?? []).map(keptOf)) {
      const all = sent.get(printSeries(labels)) ?? new Map<number, unknown>();
      for (const { timestamp, value } of samples) all.set(timestamp, value);
      for (const one of histograms.map(meaningOf)) all.set(one.timestamp, one);
      if (all.size > 0) sent.set(printSeries(labels), all);
    }
  }
  const found = await readBack(target, ".+", WINDOW_MS);
  const different = [...sent].flatMap(([name, all]) => {
    const one = found.get(name);
    const stored = new Map<number, unknown>([
      ...(one?.samples ?? []).map(({ timestamp, value }) => [timestamp, value] as const),
      ...(one?.histograms ?? []).map(meaningOf).map((meaning) => [meaning.timestamp, meaning] as const),
    ]);
    const lost = [...all].filter(([time, value]) => !isDeepStrictEqual(stored.get(time), value));
    return lost.length === 0 ? [] : [`${name}: ${lost.length} of ${all.size} differ`];
  });
  assert.equal(different.length, 0, different.slice(0, SHOWN).join("\n"));
  const values = [...sent.values()].reduce((total, all) => total + all.size, 0);
  return `${values} samples and histograms of ${sent.size} series came back the same`;
}
