/** Routes about the server and its metrics. */
import { HearthError } from "../../model/errors.ts";
import type { LabelSet } from "../../model/labels.ts";
import { DAY_MS } from "../../model/time.ts";
import { HEARTH_VERSION } from "../../model/version.ts";
import { answerValue } from "./answer.ts";
import { CardinalityCounter } from "./cardinality.ts";
import { parseWhole } from "./parameters.ts";
import type { QueryRequest } from "./request.ts";

/** Series that `/status/tsdb` counts: their labels' counts take memory, about 500 bytes each. */
export const MAX_COUNTED_SERIES = 1_000_000;
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
function numberParameter(parameters: URLSearchParams, name: string): number {
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
export function answerBuildInfo({ c, services }: QueryRequest): Response {
  const unknown = { branch: "", buildUser: "", buildDate: "", goVersion: "" };
  const { prometheusVersion: version } = services.settings;
  return answerValue(c, {
    version,
    revision: `Hearth ${HEARTH_VERSION}`,
    ...unknown,
    ...RULES_IN_GRAFANA,
  });
}

/** Of the current UTC day, which corresponds to the head of a Prometheus. */
export async function answerCardinality({
  c,
  parameters,
  source,
  clock,
  signal,
  setPhase,
}: QueryRequest): Promise<Response> {
  const limit = cardinalityLimit(parameters);
  setPhase("evaluation");
  const nowMs = clock();
  const range = { minTime: Math.floor(nowMs / DAY_MS) * DAY_MS, maxTime: nowMs };
  const counter = new CardinalityCounter();
  const onSeries = (labels: LabelSet) => {
    if (counter.add(labels) > MAX_COUNTED_SERIES) throw tooManyToCount();
  };
  await source.forEachSeries({ matchers: [], ...range }, onSeries, signal);
  const cardinality = counter.finish(range, limit);
  return answerValue(c, {
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
  });
}

function tooManyToCount(): HearthError {
  const most = MAX_COUNTED_SERIES.toLocaleString("en-US");
  return new HearthError(
    "too large",
    `status/tsdb: more than ${most} series have samples today; list metrics with /api/v1/label/__name__/values and count one with query=count(METRIC)`,
  );
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
