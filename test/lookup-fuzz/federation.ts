/**
 * What `/federate` is asked about. A Prometheus federates what is newest by its own clock, so one more of them, and a Hearth
 * beside it, are written series of today. All rounds share them.
 */

import { staleHistogram } from "../../lib/histogram/spans.ts";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import type { Histogram } from "../../lib/model/histogram.ts";
import { compareLabelSets, type Label } from "../../lib/model/labels.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { Prometheus } from "../e2e/prometheus.ts";
import { encodeMixedV2, type MixedSeries } from "../helpers/mixed-requests.ts";
import { newTemporaryDirectory, type TemporaryDirectory } from "../helpers/temporary-directory.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import { bitsOf, STALE_BITS } from "../helpers/write-requests.ts";
import { HistogramMaker, type HistogramStyle } from "../promql-fuzz/data/random-histogram.ts";
import { Random } from "../simulation/random.ts";
import { METRICS, VALUES } from "./data.ts";

const WRITE_HEADERS = {
  "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
  "Content-Encoding": "snappy",
  "X-Prometheus-Remote-Write-Version": "2.0.0",
};
const SERIES = 150;

type Fetch = (path: string, init: RequestInit) => Promise<Response>;

export class Federation implements AsyncDisposable {
  readonly #prometheus: Prometheus;
  readonly #root: TemporaryDirectory;
  readonly #hearth: TestGateway;

  private constructor(prometheus: Prometheus, root: TemporaryDirectory, hearth: TestGateway) {
    this.#prometheus = prometheus;
    this.#root = root;
    this.#hearth = hearth;
  }

  static async start(path: string): Promise<Federation> {
    const root = await newTemporaryDirectory("lookup-fuzz-federation");
    const flags = ["--log.level=error", "--web.enable-remote-write-receiver", "--query.lookback-delta=1d"];
    const prometheus = await Prometheus.start(root.path, {}, { command: path, flags });
    const hearth = await TestGateway.open();
    hearth.nowMs = Date.now();
    const services = newQueryServices(hearth.services, DEFAULT_PROMQL_SETTINGS);
    const settings = { ...services.settings, lookbackDeltaMs: DAY_MS };
    addQueryRoutes(hearth.app, hearth.services, { ...services, settings });
    const federation = new Federation(prometheus, root, hearth);
    for (const one of federatedSeries(new Random(1), hearth.nowMs)) await federation.#write(one);
    return federation;
  }

  async #write(series: MixedSeries): Promise<void> {
    const body = compress(encodeMixedV2([series])) as Uint8Array<ArrayBuffer>;
    for (const fetchFrom of [this.theirs, this.ours]) {
      const response = await fetchFrom("/api/v1/write", { method: "POST", headers: WRITE_HEADERS, body });
      if (!response.ok) throw new Error(`refused: status=${response.status} ${await response.text()}`);
    }
  }

  readonly theirs: Fetch = (path, init) => fetch(`http://${this.#prometheus.address}${path}`, init);

  readonly ours: Fetch = (path, init) => {
    const headers = new Headers(init.headers);
    headers.set("Authorization", basic("HKA"));
    return this.#hearth.fetch(path, { ...init, headers });
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#prometheus.child[Symbol.asyncDispose]();
    await this.#root[Symbol.asyncDispose]();
  }
}

/** The oldest first, which a Prometheus takes in no other order; then by labels. */
function federatedSeries(random: Random, nowMs: number): readonly MixedSeries[] {
  const all = new Map<string, MixedSeries>();
  for (let i = 0; i < SERIES; i++) {
    const labels = randomLabels(random);
    all.set(JSON.stringify(labels), { labels, ...randomSamples(random, nowMs) });
  }
  const isOld = ({ floats = [] }: MixedSeries) => floats.some(([timeMs]) => timeMs < nowMs - DAY_MS);
  const series = [...all.values()].sort((a, b) => compareLabelSets(a.labels, b.labels));
  return [...series.filter(isOld), ...series.filter((one) => !isOld(one))];
}

function randomLabels(random: Random): Label[] {
  const labels: Label[] = [["__name__", random.pick(METRICS)]];
  for (const [name, values] of Object.entries(VALUES)) {
    const value = random.pick(values);
    if (value !== "") labels.push([name, value]);
  }
  labels.push(["n", String(random.between(0, 3))]);
  return labels.sort((a, b) => compareLabelSets([a], [b]));
}

const FLOATS = [0, -0, 1, -2.5, 1e21, 123456789, 1e-7, Number.NaN, Infinity, -Infinity, 5e-324, 0.1];
const STYLES: readonly HistogramStyle[] = [
  { kind: "integer", isCustom: false, isGauge: false, isSparse: false },
  { kind: "float", isCustom: false, isGauge: true, isSparse: true },
  { kind: "integer", isCustom: true, isGauge: false, isSparse: false },
  { kind: "float", isCustom: true, isGauge: false, isSparse: false },
];

/** Some are too old, some have ended. */
function randomSamples(random: Random, nowMs: number): Pick<MixedSeries, "floats" | "histograms"> {
  const timeMs = nowMs - random.between(1, 60) * MINUTE_MS;
  const hasEnded = random.chance(0.1);
  if (random.chance(0.05)) return { floats: [[timeMs - DAY_MS - HOUR_MS, bitsOf(1)]] };
  if (random.chance(0.5)) {
    const floats = [[timeMs, bitsOf(random.pick(FLOATS))] as const];
    return { floats: hasEnded ? [...floats, [timeMs + 1000, STALE_BITS] as const] : floats };
  }
  const histogram: Histogram = new HistogramMaker(random, random.pick(STYLES)).next();
  const { kind, counterResetHint } = histogram;
  const histograms = [[timeMs, histogram] as const];
  return {
    histograms: hasEnded
      ? [...histograms, [timeMs + 1000, staleHistogram(kind, counterResetHint)] as const]
      : histograms,
  };
}
