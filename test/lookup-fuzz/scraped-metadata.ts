/**
 * What is known of metrics. Prometheus tells what its targets say when it scrapes them, and nothing of what remote write brings;
 * so one of its own scrapes two targets, and Hearth is written what they say. All rounds share it: it starts slower than they.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { MetricMetadata } from "../../lib/model/metric-metadata.ts";
import { Prometheus } from "../e2e/prometheus.ts";
import { newTemporaryDirectory, type TemporaryDirectory } from "../helpers/temporary-directory.ts";

const one = (metricFamilyName: string, type: MetricMetadata["type"], help: string, unit = "") => ({
  metricFamilyName,
  type,
  help,
  unit,
});

/** What each target says. Several help texts of one family may come in any order. */
export const TARGETS: readonly (readonly MetricMetadata[])[] = [
  [
    one("requests", "counter", "Requests that came."),
    one("latency_seconds", "histogram", 'A "text" with \\ and\na line more, ü.', "seconds"),
    one("queue_bytes", "gauge", "", "bytes"),
    one("sizes", "summary", "Sizes."),
    one("anything", "unknown", "No type."),
    one("build", "info", "A build."),
    one("state", "stateset", "States."),
    one("depths", "gaugehistogram", "Depths."),
  ],
  [
    one("requests", "counter", "Other words for the same."),
    one("queue_bytes", "gauge", "Other words.", "bytes"),
    one("sizes", "gauge", "Of another type."),
    one("build", "info", "A build."),
  ],
];

/** OpenMetrics, without a sample: https://prometheus.io/docs/specs/om/open_metrics_spec/ */
function exposition(families: readonly MetricMetadata[]): string {
  const escaped = (text: string) =>
    text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
  const lines = families.flatMap(({ metricFamilyName: name, type, help, unit }) => [
    `# TYPE ${name} ${type}`,
    `# HELP ${name} ${escaped(help)}`,
    ...(unit === "" ? [] : [`# UNIT ${name} ${unit}`]),
  ]);
  return [...lines, "# EOF", ""].join("\n");
}

const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

export class ScrapedMetadata implements AsyncDisposable {
  readonly #server: Server;
  readonly #root: TemporaryDirectory;
  readonly #prometheus: Prometheus;

  private constructor(server: Server, root: TemporaryDirectory, prometheus: Prometheus) {
    this.#server = server;
    this.#root = root;
    this.#prometheus = prometheus;
  }

  /** Returns when both targets have been scraped. */
  static async start(path: string): Promise<ScrapedMetadata> {
    const server = createServer((request, response) => {
      const index = Number(request.url?.slice(1));
      response.writeHead(200, { "Content-Type": OPEN_METRICS }).end(exposition(TARGETS[index]));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s" },
      scrape_configs: TARGETS.map((_, i) => ({
        job_name: String(i),
        metrics_path: `/${i}`,
        static_configs: [{ targets: [target] }],
      })),
    };
    const root = await newTemporaryDirectory("lookup-fuzz");
    const flags = ["--log.level=error"];
    const prometheus = await Prometheus.start(root.path, config, { command: path, flags });
    const scraped = new ScrapedMetadata(server, root, prometheus);
    await prometheus.child.until("scraped", async () => (await scraped.#count()) === TOTAL);
    return scraped;
  }

  async #count(): Promise<number> {
    const response = await this.fetch("/api/v1/metadata", {});
    const { data } = (await response.json()) as { data: Record<string, unknown[]> };
    return Object.values(data).flat().length;
  }

  fetch(path: string, init: RequestInit): Promise<Response> {
    return fetch(`http://${this.#prometheus.address}${path}`, init);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#prometheus.child[Symbol.asyncDispose]();
    await this.#root[Symbol.asyncDispose]();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** All families with what is said of each, each once. */
export const DESCRIPTIONS: ReadonlyMap<string, readonly Omit<MetricMetadata, "metricFamilyName">[]> =
  describe();
const TOTAL = [...DESCRIPTIONS.values()].flat().length;

function describe() {
  const all = new Map<string, Omit<MetricMetadata, "metricFamilyName">[]>();
  for (const { metricFamilyName, ...description } of TARGETS.flat()) {
    const known = all.get(metricFamilyName) ?? [];
    all.set(metricFamilyName, known);
    const isKnown = known.some((other) => JSON.stringify(other) === JSON.stringify(description));
    if (!isKnown) known.push(description);
  }
  return all;
}
