/** Routes about the server and its metrics. */
import { HearthError } from "../../model/errors.ts";
import { DAY_MS } from "../../model/time.ts";
import { HEARTH_VERSION } from "../../model/version.ts";
import { CardinalityCounter } from "../cardinality/cardinality.ts";
import { forEachCounted, TRUNCATED } from "../cardinality/counted-series.ts";
import { answerValue } from "./answer.ts";
import { parseWhole } from "./parameters.ts";
import type { QueryRequest } from "./request.ts";

/** Names in each list of `/status/tsdb`. */
const DEFAULT_CARDINALITY_NAMES = 10;
const MAX_CARDINALITY_NAMES = 10_000;

export async function answerMetadata({
  c,
  parameters,
  source,
  signal,
  setPhase,
}: QueryRequest): Promise<Response> {
  const limit = numberParameter(parameters, "limit");
  const limitPerMetric = numberParameter(parameters, "limit_per_metric");
  setPhase("evaluation");
  const metadata = await source.metadata(parameters.get("metric") || undefined, signal);
  const most = limit < 0 ? Number.POSITIVE_INFINITY : limit;
  const mostPerMetric = limitPerMetric > 0 ? limitPerMetric : Number.POSITIVE_INFINITY;
  const entries = [...metadata].slice(0, most);
  return answerValue(
    c,
    Object.fromEntries(entries.map(([name, all]) => [name, all.slice(0, mostPerMetric)])),
  );
}

/** -1 if omitted. */
export function numberParameter(parameters: URLSearchParams, name: string): number {
  const text = parameters.get(name) ?? "";
  if (text === "") return -1;
  const number = parseWhole(text);
  if (typeof number === "string") throw new HearthError("invalid", `${name} must be a number`);
  return number;
}

/**
 * Grafana shows and edits the rules of a data source that says it is Mimir and has Mimir's configuration API, which Hearth has.
 * https://github.com/grafana/grafana/blob/main/public/app/features/alerting/unified/api/buildInfo.ts
 */
const RULES_IN_GRAFANA = {
  application: "Grafana Mimir",
  features: { ruler_config_api: "true", alertmanager_config_api: "false" },
};

/**
 * Clients choose features by `version`, so it is that of Prometheus whose API Hearth has. Prometheus' document has no field
 * for another version: Hearth's own is the revision.
 */
export function answerBuildInfo(request: QueryRequest): Response {
  return answerValue(request.c, { ...buildInfo(request), ...RULES_IN_GRAFANA });
}

function buildInfo({ services }: QueryRequest) {
  const unknown = { branch: "", buildUser: "", buildDate: "", goVersion: "" };
  return { version: services.settings.prometheusVersion, revision: `Hearth ${HEARTH_VERSION}`, ...unknown };
}

/** The same without an envelope, at `/version`. */
export function answerVersion(request: QueryRequest): Response {
  const { version, revision, branch, buildUser, buildDate, goVersion } = buildInfo(request);
  return request.c.json({ version, revision, branch, buildUser, buildDate, goVersion });
}

/** Of the current UTC day, which corresponds to the head of a Prometheus. */
export async function answerCardinality(request: QueryRequest): Promise<Response> {
  const { c, parameters, clock } = request;
  const limit = cardinalityLimit(parameters);
  const nowMs = clock();
  const range = { minTime: Math.floor(nowMs / DAY_MS) * DAY_MS, maxTime: nowMs };
  const counter = new CardinalityCounter();
  const isTruncated = await forEachCounted(request, { matchers: [], ...range }, (labels) =>
    counter.add(labels),
  );
  const cardinality = counter.finish(range, limit);
  const data = {
    headStats: {
      numSeries: cardinality.seriesCount,
      numLabelPairs: cardinality.labelPairCount,
      chunkCount: cardinality.chunkCount,
      minTime: cardinality.minTime,
      maxTime: cardinality.maxTime,
    },
    seriesCountByMetricName: cardinality.seriesByMetric,
    labelValueCountByLabelName: cardinality.valuesByLabel,
    memoryInBytesByLabelName: cardinality.bytesByLabel,
    seriesCountByLabelValuePair: cardinality.seriesByLabelPair,
  };
  return answerValue(c, data, { warnings: isTruncated ? [TRUNCATED] : [] });
}

function cardinalityLimit(parameters: URLSearchParams): number {
  const text = parameters.get("limit") ?? "";
  if (text === "") return DEFAULT_CARDINALITY_NAMES;
  const limit = parseWhole(text);
  if (typeof limit === "string" || limit < 1)
    throw new HearthError("invalid", "limit must be a positive number");
  if (limit <= MAX_CARDINALITY_NAMES) return limit;
  throw new HearthError("invalid", `limit must not exceed ${MAX_CARDINALITY_NAMES}`);
}
