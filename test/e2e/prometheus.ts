/** A Prometheus: its configuration, and its HTTP API. https://prometheus.io/docs/prometheus/2.42/querying/api/ */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Child } from "../helpers/child.ts";
import { freePort } from "../helpers/free-port.ts";
import type { Target } from "../helpers/remote-client.ts";

/** As in prometheus.yml, of which JSON is a part. */
export type PrometheusConfig = Readonly<Record<string, unknown>>;

const QUERY_TIMEOUT_MS = 60_000;

/** Time and value of a sample as the API gives them: seconds, and the value's text; of a histogram all of it as JSON. */
export type Point = readonly [time: number, value: string];

export interface ResultSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
}

/** A query at one time, or, with a step, over a range; in seconds. */
export interface Question {
  readonly query: string;
  readonly start: number;
  readonly end: number;
  /** Undefined asks once, at `end`. */
  readonly step?: number | undefined;
}

/** Which Prometheus: the one that is installed, or another, with more flags. */
export interface PrometheusProgram {
  readonly command: string;
  readonly flags: readonly string[];
}

const INSTALLED: PrometheusProgram = { command: "prometheus", flags: [] };

/** The `remote_write` of a test: soon sent, soon tried again; with whatever else is given. */
export function remoteWrite(target: Target, more: PrometheusConfig = {}): PrometheusConfig {
  return {
    remote_write: [
      {
        url: `${target.url}/api/v1/write`,
        basic_auth: { username: target.accessKeyId, password: target.secret },
        queue_config: { batch_send_deadline: "1s", min_backoff: "30ms", max_backoff: "500ms" },
        metadata_config: { send_interval: "5s" },
        ...more,
      },
    ],
  };
}

export function remoteRead(target: Target): PrometheusConfig {
  return {
    remote_read: [
      {
        url: `${target.url}/api/v1/read`,
        read_recent: true,
        basic_auth: { username: target.accessKeyId, password: target.secret },
      },
    ],
  };
}

/** Scrapes every second, in order that a short test sees many. */
export function scrape(targets: Readonly<Record<string, string>>): PrometheusConfig {
  return {
    global: { scrape_interval: "1s", scrape_timeout: "1s" },
    scrape_configs: Object.entries(targets).map(([job_name, address]) => ({
      job_name,
      static_configs: [{ targets: [address] }],
    })),
  };
}

export class Prometheus {
  readonly child: Child;
  readonly address: string;
  readonly #configFile: string;

  private constructor(child: Child, address: string, configFile: string) {
    this.child = child;
    this.address = address;
    this.#configFile = configFile;
  }

  /** Starts one on a directory, which keeps its data, and waits until it is ready. */
  static async start(
    directory: string,
    config: PrometheusConfig,
    { command, flags }: PrometheusProgram = INSTALLED,
  ): Promise<Prometheus> {
    await mkdir(directory, { recursive: true });
    const configFile = join(directory, "prometheus.yml");
    await writeFile(configFile, JSON.stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    const child = new Child(command, [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(directory, "data")}`,
      `--web.listen-address=${address}`,
      "--web.enable-lifecycle",
      ...flags,
    ]);
    await child.until("ready", async () => (await fetch(`http://${address}/-/ready`)).ok);
    return new Prometheus(child, address, configFile);
  }

  /** Gives it another configuration, in force when this returns. */
  async reload(config: PrometheusConfig): Promise<void> {
    await writeFile(this.#configFile, JSON.stringify(config));
    const response = await fetch(`http://${this.address}/-/reload`, { method: "POST" });
    if (!response.ok) throw new Error(`reload: status=${response.status} ${await response.text()}`);
  }

  /** The series that answer a question, in the order of their labels. Throws on a warning: part of the data may lack. */
  async ask({ query, start, end, step }: Question): Promise<ResultSeries[]> {
    const times =
      step === undefined ? { time: String(end) } : { start: `${start}`, end: `${end}`, step: `${step}` };
    const path = step === undefined ? "query" : "query_range";
    const response = await fetch(`http://${this.address}/api/v1/${path}`, {
      method: "POST",
      body: new URLSearchParams({ query, ...times }),
      signal: AbortSignal.timeout(QUERY_TIMEOUT_MS),
    });
    const answer = (await response.json()) as Answer;
    if (answer.status !== "success" || answer.warnings !== undefined) {
      throw new Error(`${query}: ${answer.error ?? JSON.stringify(answer.warnings)}`);
    }
    return answer.data.result.map(toSeries).sort(byLabels);
  }

  /** The value of a query of one series now; undefined without one. */
  async value(query: string): Promise<number | undefined> {
    const now = Date.now() / 1000;
    const [series] = await this.ask({ query, start: now, end: now });
    return series && Number(series.points[0][1]);
  }

  /** One of its own metrics as it exports them, all series of it added up. Throws when there is none. */
  async ownMetric(name: string): Promise<number> {
    const text = await (await fetch(`http://${this.address}/metrics`)).text();
    const values = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"))].map(
      ([, value]) => value,
    );
    if (values.length === 0) throw new Error(`prometheus exports no ${name}`);
    return values.reduce((sum, value) => sum + Number(value), 0);
  }
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly data: { readonly result: readonly AnswerSeries[] };
}

interface AnswerSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Point;
  readonly values?: readonly Point[];
  readonly histogram?: HistogramPoint;
  readonly histograms?: readonly HistogramPoint[];
}

type HistogramPoint = readonly [time: number, histogram: unknown];

function toSeries({ metric, value, values = [], histogram, histograms = [] }: AnswerSeries): ResultSeries {
  const floats = value === undefined ? values : [value];
  const others = histogram === undefined ? histograms : [histogram];
  const points = [...floats, ...others.map(([time, one]): Point => [time, JSON.stringify(one)])];
  return { metric: sorted(metric), points: points.sort(([a], [b]) => a - b) };
}

function sorted(metric: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A series' labels as text. */
export function labelsOf({ metric }: ResultSeries): string {
  return JSON.stringify(metric);
}

function byLabels(a: ResultSeries, b: ResultSeries): number {
  return labelsOf(a) < labelsOf(b) ? -1 : 1;
}
