/**
 * Routes about a Prometheus that scrapes, in Prometheus' shapes. Hearth scrapes nothing, so lists are empty; settings are
 * those of Hearth. https://prometheus.io/docs/prometheus/latest/querying/api/
 */
import { errorMessage, HearthError } from "../../model/errors.ts";
import { quoteInput } from "../../model/shorten.ts";
import { SECOND_MS } from "../../model/time.ts";
import { parseSelector } from "../../promql/parse/parse-expr.ts";
import { printDuration } from "../../promql/syntax/duration-text.ts";
import { FUNCTION_NAMES, factsOf } from "../../promql/syntax/functions.ts";
import { numberParameter } from "./about.ts";
import { answerValue } from "./answer.ts";
import { invalidParameter } from "./parameters.ts";
import type { QueryRequest } from "./request.ts";

type Answer = (request: QueryRequest) => Promise<Response> | Response;

const answerConstant =
  (data: unknown): Answer =>
  ({ c }) =>
    answerValue(c, data);

export const answerTargets = answerConstant({
  activeTargets: [],
  droppedTargets: [],
  droppedTargetCounts: {},
});
export const answerScrapePools = answerConstant({ scrapePools: [] });
export const answerAlertmanagers = answerConstant({ activeAlertmanagers: [], droppedAlertmanagers: [] });
export const answerConfig = answerConstant({ yaml: "" });
export const answerBlocks = answerConstant({ blocks: [] });
/** Nothing is replayed at a start: the process can answer at once. */
export const answerWalReplay = answerConstant({ min: 0, max: 0, current: 0 });
export const answerNotifications = answerConstant([]);

export function answerTargetMetadata({ c, parameters, patterns, services }: QueryRequest): Response {
  numberParameter(parameters, "limit");
  const selector = parameters.get("match_target") ?? "";
  try {
    if (selector !== "") parseSelector(selector, { ...services.settings.parse, patterns });
  } catch (error) {
    throw invalidParameter("match_target", errorMessage(error));
  }
  return answerValue(c, []);
}

/** A Prometheus without scrape pools says the same of every one. */
function requirePool({ parameters }: QueryRequest): string {
  const pool = parameters.get("scrapePool") ?? "";
  if (pool === "") throw new HearthError("invalid", "no scrapePool parameter provided");
  return pool;
}

const noPool = (pool: string) =>
  new HearthError("invalid", `error retrieving scrape config: scrape pool ${quoteInput(pool)} not found`);

export function answerScrapePoolConfig(request: QueryRequest): Response {
  throw noPool(requirePool(request));
}

export function answerRelabelSteps(request: QueryRequest): Response {
  const pool = requirePool(request);
  const labels = request.parameters.get("labels") ?? "";
  if (labels === "") throw new HearthError("invalid", "no labels parameter provided");
  try {
    JSON.parse(labels);
  } catch (error) {
    throw new HearthError("invalid", `error parsing labels: ${errorMessage(error)}`);
  }
  throw noPool(pool);
}

/** Metrics of a function's process say nothing of Hearth: CloudWatch and the self-scrape have them. */
export function answerSelfMetrics({ c, parameters, patterns }: QueryRequest): Response {
  const pattern = parameters.get("metric_name_pattern") ?? "";
  try {
    if (pattern !== "") patterns.predicate(`^(?:${pattern})$`);
  } catch (error) {
    const reason = errorMessage(error).replace("not a RE2 regular expression: ", "").replace("`(?s)", "`");
    throw new HearthError("invalid", `invalid metric_name_pattern: ${reason}`);
  }
  return answerValue(c, []);
}

/** No stream of notifications, as a Prometheus with too many listeners. */
export function answerNoNotifications(): Response {
  return new Response(null, { status: 204 });
}

/** Flags of Prometheus that have a counterpart in Hearth's settings. */
export async function answerFlags({
  c,
  services: { settings },
  retentionMs,
}: QueryRequest): Promise<Response> {
  return answerValue(c, {
    "query.lookback-delta": printDuration(settings.lookbackDeltaMs),
    "query.max-samples": String(settings.limits.maxSamples),
    "query.timeout": printDuration(settings.limits.timeoutMs),
    "storage.tsdb.retention.time": printDuration(await retentionMs()),
    "web.enable-admin-api": "true",
    "web.enable-otlp-receiver": "true",
    "web.enable-remote-write-receiver": "true",
  });
}

/** Times are those of the request: a function starts when it is needed. */
export async function answerRuntimeInfo({ c, clock, retentionMs }: QueryRequest): Promise<Response> {
  const now = new Date(Math.floor(clock() / SECOND_MS) * SECOND_MS).toISOString().replace(".000", "");
  const kept = await retentionMs();
  return answerValue(c, {
    startTime: now,
    CWD: "",
    hostname: "",
    serverTime: now,
    reloadConfigSuccess: true,
    lastConfigTime: now,
    corruptionCount: 0,
    goroutineCount: 0,
    GOMAXPROCS: 0,
    GOMEMLIMIT: 0,
    GOGC: "",
    GODEBUG: "",
    storageRetention: kept === 0 ? "" : printDuration(kept),
  });
}

const EXPERIMENTAL_AGGREGATIONS = ["limit_ratio", "limitk"];
const OPERATORS = [
  ..."!= !~ % * + - / < </ <= == =~ > >/ >= @ ^ and atan2 or unless".split(" "),
  ..."avg bottomk count count_values group max min quantile stddev stdvar sum topk".split(" "),
];
const MODIFIERS =
  "anchored at_modifier bool by duration_expr group_left group_right ignoring negative_offset offset on per_query_lookback_delta smoothed subqueries without";

/** What Hearth has of Prometheus' features, by Prometheus' categories. Categories that do not apply are left out. */
export function answerFeatures({ c, services: { settings } }: QueryRequest): Response {
  const { parse, delayedNameRemoval, typeAndUnitLabels } = settings;
  const takesFunctions = parse.enableExperimentalFunctions === true;
  const takesFills = parse.enableBinopFillModifiers === true;
  const all = (names: readonly string[], isThere: boolean) => names.map((name) => [name, isThere] as const);
  return answerValue(c, {
    api: sorted([
      ...all(["exclude_alerts", "label_values_match", "query_stats", "query_warnings"], true),
      ...all(["admin", "otlp_write_receiver", "remote_write_receiver"], true),
      ...all(["query_cost", "search", "time_range_labels", "time_range_series"], true),
      ...all(["lifecycle", "openapi_3.1", "openapi_3.2"], false),
    ]),
    otlp_receiver: sorted(all(["delta_conversion", "native_delta_ingestion"], false)),
    promql: sorted([
      ...all(MODIFIERS.split(" "), true),
      ...all(["fill", "fill_left", "fill_right"], takesFills),
      ["delayed_name_removal", delayedNameRemoval],
      ["per_step_stats", true],
      ["type_and_unit_labels", typeAndUnitLabels],
      ["unquoted_utf8_names", parse.enableUnquotedUtf8Names === true],
    ]),
    promql_functions: sorted(
      FUNCTION_NAMES.map((name) => [name, takesFunctions || !factsOf(name).isExperimental] as const),
    ),
    promql_operators: sorted([...all(OPERATORS, true), ...all(EXPERIMENTAL_AGGREGATIONS, takesFunctions)]),
    rules: sorted(all(["concurrent_rule_eval", "keep_firing_for", "query_offset"], true)),
    tsdb: sorted(all(["exemplar_storage", "native_histograms", "st_storage"], true)),
  });
}

function sorted(features: readonly (readonly [name: string, isThere: boolean])[]): Record<string, boolean> {
  return Object.fromEntries(features.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
