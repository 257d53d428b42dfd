/** A real Prometheus federates from Hearth, in protobuf and in text. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { escapeName } from "../../../lib/http/federate/escape-name.ts";
import type { Label } from "../../../lib/model/labels.ts";
import { compress } from "../../../lib/wire/snappy.ts";
import { Prometheus, type PrometheusConfig } from "../../e2e/prometheus.ts";
import { encodeMixedV2, type MixedSeries } from "../../helpers/mixed-requests.ts";
import type { Target } from "../../helpers/remote-client.ts";
import { bitsOf } from "../../helpers/write-requests.ts";
import { HistogramMaker } from "../../promql-fuzz/data/random-histogram.ts";
import { Random } from "../../simulation/random.ts";
import { goProgram } from "../go-programs.ts";
import { basicAuth, startPeerHearth } from "../peer-hearth.ts";
import { prometheus3 } from "./prometheus-3.ts";

const program = await goProgram("prometheus");

/** Sets of series, each scraped by a protocol of its own. A Prometheus asks for UTF-8 names in text alone. */
const PROTOCOLS = { proto: "PrometheusProto", text: "PrometheusText1.0.0" } as const;
type SetName = keyof typeof PROTOCOLS;

function seriesOf(set: SetName, timeMs: number): MixedSeries[] {
  const random = new Random(7);
  const labelled = (name: string, ...labels: Label[]): readonly Label[] =>
    [["__name__", name], ["set", set], ["job", "j"], ["instance", "i"], ...labels].toSorted(([a], [b]) =>
      a < b ? -1 : 1,
    ) as unknown as Label[];
  const floats = (value: number) => ({ floats: [[timeMs, bitsOf(value)] as const] });
  const histogram = (kind: "integer" | "float", isCustom: boolean) => {
    const maker = new HistogramMaker(random, { kind, isCustom, isGauge: false, isSparse: false });
    const [, , last] = [maker.next(), maker.next(), maker.next()];
    return { histograms: [[timeMs, last] as const] };
  };
  return [
    { labels: labelled("plain_total"), ...floats(1.5) },
    { labels: labelled("plain_total", ["odd", 'a"\\\n']), ...floats(Number.NaN) },
    { labels: labelled("mètric.with.dots", ["label.dot", "ü"]), ...floats(-1e21) },
    { labels: labelled("custom_seconds"), ...histogram("integer", true) },
    ...(set === "proto"
      ? [
          { labels: labelled("native_seconds"), ...histogram("integer", false) },
          { labels: labelled("native_floats"), ...histogram("float", false) },
        ]
      : []),
  ];
}

function federation({ url, accessKeyId, secret }: Target): PrometheusConfig {
  const { host } = new URL(url);
  return {
    global: { scrape_interval: "1s", scrape_timeout: "1s" },
    scrape_configs: Object.entries(PROTOCOLS).map(([set, protocol]) => ({
      job_name: set,
      honor_labels: true,
      metrics_path: "/federate",
      params: { "match[]": [`{set="${set}"}`] },
      scrape_protocols: [protocol],
      scrape_native_histograms: true,
      convert_classic_histograms_to_nhcb: true,
      basic_auth: { username: accessKeyId, password: secret },
      static_configs: [{ targets: [host] }],
    })),
  };
}

type Metric = Readonly<Record<string, string>>;

const byMetric = (a: { metric: Metric }, b: { metric: Metric }) => (textOf(a) < textOf(b) ? -1 : 1);

const textOf = ({ metric }: { metric: Metric }) => JSON.stringify(Object.entries(metric).sort());

function asFederated(metric: Metric): Metric {
  if (metric.set === "text") return metric;
  const escaped = Object.entries(metric).map(([name, value]) => [
    escapeName(name, "underscores"),
    name === "__name__" ? escapeName(value, "underscores") : value,
  ]);
  return Object.fromEntries(escaped);
}

it("a Prometheus has what it federates from Hearth", { timeout: 60_000, skip: program.missing }, async () => {
  await using hearth = await startPeerHearth("federate");
  const { target } = hearth;
  const timeMs = Date.now() - 5000;
  const sets = Object.keys(PROTOCOLS) as SetName[];
  const body = compress(encodeMixedV2(sets.flatMap((set) => seriesOf(set, timeMs))));
  const headers = {
    Authorization: basicAuth(target),
    "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "2.0.0",
  };
  const init = { method: "POST", headers, body: body as Uint8Array<ArrayBuffer> };
  const written = await fetch(`${target.url}/api/v1/write`, init);
  assert.equal(written.status, 204, await written.text());

  const directory = join(hearth.directory, "prometheus");
  const prometheus = await Prometheus.start(directory, federation(target), prometheus3(program.path!));
  await using _prometheus = prometheus.child;
  for (const set of sets)
    await prometheus.child.until(
      `federated ${set}`,
      async () => (await prometheus.value(`count({set="${set}"})`)) === seriesOf(set, timeMs).length,
    );

  const ask = async (url: string) => {
    const query = new URLSearchParams({ query: '{set!=""}', time: String(timeMs / 1000) });
    const response = await fetch(`${url}/api/v1/query?${query}`, {
      headers: { Authorization: basicAuth(target) },
    });
    const { data } = (await response.json()) as { data: { result: { metric: Metric }[] } };
    return data.result.sort(byMetric);
  };
  const ours = await ask(target.url);
  assert.equal(ours.length, 10);
  const expected = ours.map((series) => ({ ...series, metric: asFederated(series.metric) })).sort(byMetric);
  assert.deepEqual(await ask(`http://${prometheus.address}`), expected);
  await prometheus.child.stop();
  await hearth.stop();
});
