/** Reads from a Prometheus what an estimate needs: its series, samples a second and new series a day. */
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import { parseServerAddress, type ServerOptions } from "../server-address.ts";

const OPTION = "--prometheus";
const EXAMPLE = "http://127.0.0.1:9090";
const TIMEOUT_MS = 60_000;
/** Samples are counted over so long: several scrapes. */
const COUNTED_SECONDS = 300;
/** `up`, `scrape_duration_seconds` and three more, which Prometheus adds to each scrape. */
const SAMPLES_ABOUT_A_SCRAPE = 5;
const DAY_SECONDS = 24 * 3600;

export interface PrometheusLoad {
  readonly series: number;
  readonly samplesPerSecond: number;
  /** Undefined: the server does not scrape itself, or has just started. */
  readonly newSeriesPerDay: number | undefined;
  /** How the samples were counted. */
  readonly countedBy: string;
}

interface Vector {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: readonly [number, string];
  }[];
}

/** Throws "invalid" for a server that is not a Prometheus, "unavailable" for one that does not respond. */
export async function readPrometheusLoad(text: string, options: ServerOptions): Promise<PrometheusLoad> {
  const { address, headers } = parseServerAddress(text, options, OPTION, EXAMPLE);
  const base = address.replace(/\/+$/, "").replace(/\/api\/v1$/, "");
  const ask = async <T>(path: string): Promise<T> => askServer<T>(`${base}${path}`, headers);
  const query = async (expression: string): Promise<Vector> =>
    ask<Vector>(`/api/v1/query?query=${encodeURIComponent(expression)}`);

  const { headStats } = await ask<{ readonly headStats?: { readonly numSeries?: number } }>(
    "/api/v1/status/tsdb",
  );
  const series = headStats?.numSeries;
  if (series === undefined || !(series > 0))
    throw new HearthError(
      "invalid",
      `${OPTION} ${base}: /api/v1/status/tsdb has no headStats.numSeries above 0; expected a Prometheus that scrapes`,
    );
  const self = await findItself(query, series);
  const ageSeconds =
    self === undefined ? undefined : numberIn(await query(`time() - process_start_time_seconds${self}`));
  const counted = await countSamples(query, self, ageSeconds);
  const newSeriesPerDay = self === undefined ? undefined : await countNewSeries(query, self, ageSeconds);
  return { series, ...counted, newSeriesPerDay };
}

/** The selector of the server's own metrics, among those of the servers that it scrapes: the nearest in series. */
async function findItself(
  query: (expression: string) => Promise<Vector>,
  series: number,
): Promise<string | undefined> {
  const { result } = await query("prometheus_tsdb_head_series");
  const distance = ({ value: [, text] }: Vector["result"][number]) => Math.abs(Number(text) - series);
  const [nearest] = [...result].sort((a, b) => distance(a) - distance(b));
  if (nearest === undefined || distance(nearest) > series / 2) return undefined;
  const { __name__: _, ...labels } = nearest.metric;
  const matchers = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${matchers.join(",")}}`;
}

/** By the server's own counter; by the counts of its scrapes where it does not scrape itself. */
async function countSamples(
  query: (expression: string) => Promise<Vector>,
  self: string | undefined,
  ageSeconds = COUNTED_SECONDS,
) {
  // A server that has just started has scraped for less.
  const seconds = Math.floor(Math.max(1, Math.min(ageSeconds, COUNTED_SECONDS)));
  if (self !== undefined) {
    const expression = `sum(rate(prometheus_tsdb_head_samples_appended_total${self}[${seconds}s]))`;
    const rate = numberIn(await query(expression));
    if (rate !== undefined && rate > 0) return { samplesPerSecond: rate, countedBy: expression };
  }
  const expression =
    `sum(sum_over_time(scrape_samples_post_metric_relabeling[${seconds}s])) + ` +
    `${SAMPLES_ABOUT_A_SCRAPE} * sum(count_over_time(up[${seconds}s]))`;
  const count = numberIn(await query(expression));
  if (count !== undefined) return { samplesPerSecond: count / seconds, countedBy: expression };
  throw new HearthError(
    "invalid",
    `${OPTION}: the server has scraped nothing in the last ${seconds} s; wait until it has`,
  );
}

/**
 * Series that a server which started within the day found at its start are not new ones: their rate since counts.
 * Undefined for one that started just now.
 */
async function countNewSeries(
  query: (expression: string) => Promise<Vector>,
  self: string,
  ageSeconds = DAY_SECONDS,
): Promise<number | undefined> {
  const seconds = Math.floor(Math.min(ageSeconds - COUNTED_SECONDS, DAY_SECONDS));
  if (seconds < COUNTED_SECONDS) return undefined;
  const created = numberIn(
    await query(`increase(prometheus_tsdb_head_series_created_total${self}[${seconds}s])`),
  );
  return created === undefined ? undefined : (created * DAY_SECONDS) / seconds;
}

function numberIn({ result }: Vector): number | undefined {
  const value = Number(result[0]?.value[1]);
  return Number.isFinite(value) ? value : undefined;
}

async function askServer<T>(url: string, headers: Readonly<Record<string, string>>): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
  } catch (error) {
    throw new HearthError(
      "unavailable",
      `${OPTION}: ${url}: no response: ${errorMessage(error instanceof Error ? (error.cause ?? error) : error)}`,
      { cause: error },
    );
  }
  const text = await response.text();
  let body: { readonly status?: string; readonly data?: T; readonly error?: string } = {};
  try {
    body = JSON.parse(text);
  } catch {
    // The status below says more.
  }
  if (response.ok && body.status === "success" && body.data !== undefined) return body.data;
  throw new HearthError(
    response.status >= 500 ? "unavailable" : "invalid",
    `${OPTION}: ${url}: status ${response.status}, ${body.error ?? "not Prometheus' JSON"}; expected the address of a Prometheus, as ${EXAMPLE}`,
  );
}
