/** The routes of Prometheus' query API. https://prometheus.io/docs/prometheus/latest/querying/api/ */

import { expectWhole } from "../../auth/verifier.ts";
import { Deadline } from "../../model/deadline.ts";
import { Patterns } from "../../model/regexp/patterns.ts";
import { shorten } from "../../model/shorten.ts";
import { asSizeError } from "../../model/size-error.ts";
import { DamageReports } from "../../storage/layout/damage-reports.ts";
import { findAccesses, type Gateway, type GatewayContext, type Services } from "../gateway.ts";
import { noteDamage } from "../request-log.ts";
import { admitAll, expectOne, openAll, tablesOf } from "../tenants.ts";
import { answerBuildInfo, answerCardinality, answerMetadata, answerVersion } from "./about.ts";
import { answerApiError } from "./answer.ts";
import { apiErrorOf, type QueryPhase } from "./errors.ts";
import { answerInstantQuery, answerRangeQuery } from "./evaluate.ts";
import { answerLabelNames, answerLabelValues, answerSeries } from "./lookup.ts";
import { readParameters } from "./parameters.ts";
import type { RareHandlers } from "./rare-handlers.ts";
import type { QueryRequest } from "./request.ts";
import type { QueryServices } from "./services.ts";

/** Prometheus' own prefix, and that of the vendor's service that Hearth replaces. */
export const API_PREFIXES = ["/api/v1", "/api/v3"];

/** Characters of an expression, and selectors, in a log line. */
const MAX_LOGGED_CHARACTERS = 500;
const MAX_LOGGED_SELECTORS = 3;

type Handler = (request: QueryRequest) => Promise<Response> | Response;

const GET = ["GET"];
const GET_AND_POST = ["GET", "POST"];

/**
 * A handler that is loaded when it is first asked. What dashboards ask all the time is loaded from the
 * start: a cold function has 100 kB less to read and compile.
 */
function rare(name: keyof RareHandlers): Handler {
  return async (request) => (await import("./rare-handlers.ts")).RARE_HANDLERS[name](request);
}

const ROUTES: readonly (readonly [path: string, methods: readonly string[], handler: Handler])[] = [
  ["/query", GET_AND_POST, answerInstantQuery],
  ["/query_range", GET_AND_POST, answerRangeQuery],
  ["/query_cost", GET_AND_POST, rare("answerQueryCost")],
  ["/query_range_cost", GET_AND_POST, rare("answerQueryRangeCost")],
  ["/query_exemplars", GET_AND_POST, rare("answerExemplars")],
  ["/format_query", GET_AND_POST, rare("answerFormattedQuery")],
  ["/parse_query", GET_AND_POST, rare("answerParsedQuery")],
  ["/explain", GET_AND_POST, rare("answerExplain")],
  ["/series", GET_AND_POST, answerSeries],
  ["/labels", GET_AND_POST, answerLabelNames],
  ["/label/:name/values", GET, answerLabelValues],
  ["/search/metric_names", GET_AND_POST, rare("searchMetricNames")],
  ["/search/label_names", GET_AND_POST, rare("searchLabelNames")],
  ["/search/label_values", GET_AND_POST, rare("searchLabelValues")],
  ["/cardinality/label_names", GET_AND_POST, rare("answerLabelNamesCardinality")],
  ["/cardinality/label_values", GET_AND_POST, rare("answerLabelValuesCardinality")],
  ["/cardinality/active_series", GET_AND_POST, rare("answerActiveSeries")],
  ["/metadata", GET, answerMetadata],
  ["/rules", GET, rare("answerRules")],
  ["/alerts", GET, rare("answerAlerts")],
  ["/status/buildinfo", GET, answerBuildInfo],
  ["/status/tsdb", GET, answerCardinality],
  ["/status/store", GET, rare("answerStoreStatus")],
  ["/status/tsdb/blocks", GET, rare("answerBlocks")],
  ["/status/config", GET, rare("answerConfig")],
  ["/status/flags", GET, rare("answerFlags")],
  ["/status/runtimeinfo", GET, rare("answerRuntimeInfo")],
  ["/status/walreplay", GET, rare("answerWalReplay")],
  ["/user_limits", GET, rare("answerUserLimits")],
  ["/features", GET, rare("answerFeatures")],
  ["/targets", GET, rare("answerTargets")],
  ["/targets/metadata", GET, rare("answerTargetMetadata")],
  ["/targets/relabel_steps", GET, rare("answerRelabelSteps")],
  ["/scrape_pools", GET, rare("answerScrapePools")],
  ["/scrape_pools/config", GET, rare("answerScrapePoolConfig")],
  ["/alertmanagers", GET, rare("answerAlertmanagers")],
  ["/openapi.yaml", GET, rare("answerOpenApi")],
  ["/notifications", GET, rare("answerNotifications")],
  ["/notifications/live", GET, rare("answerNoNotifications")],
  ["/status/self_metrics", GET, rare("answerSelfMetrics")],
];

/** Routes of Prometheus beside its API. */
const ROOT_ROUTES: typeof ROUTES = [
  ["/version", GET, answerVersion],
  ["/federate", GET, rare("answerFederation")],
];

export function addQueryRoutes(app: Gateway, services: Services, queryServices: QueryServices): void {
  for (const prefix of ["", ...API_PREFIXES]) {
    for (const [path, methods, handler] of prefix === "" ? ROOT_ROUTES : ROUTES) {
      app.on([...methods], prefix + path, (c) => serve(c, services, queryServices, handler));
      app.all(prefix + path, (c) => {
        const message = `method ${c.req.method} is not allowed here, use ${methods.join(" or ")}`;
        const answer = answerApiError({ errorType: "bad_data", status: 405, message });
        answer.headers.set("Allow", methods.join(", "));
        return answer;
      });
    }
  }
}

async function serve(
  c: GatewayContext,
  services: Services,
  queryServices: QueryServices,
  handler: Handler,
): Promise<Response> {
  let { signal } = c.req.raw;
  let phase: QueryPhase = "parameters";
  let refusal: (ended?: unknown) => unknown = () => undefined;
  try {
    const accesses = await findAccesses(c, services, "read");
    const parameters = await readParameters(c);
    noteAsked(c, parameters);
    const { timeoutMs } = queryServices.settings.limits;
    const deadline = new Deadline(services.clock, timeoutMs, { isCanceled: services.isCanceled });
    c.set("deadline", deadline);
    const patterns = new Patterns(deadline);
    const damage = new DamageReports();
    c.set("damage", damage);
    const table = services.table.metered(c.get("meter"));
    const tables = tablesOf(c, table, accesses);
    const admitted = await admitAll(c, services, tables, accesses);
    ({ signal, refusal } = admitted);
    const onSelect = c.get("requestLog").noteSelected;
    const source = await openAll(accesses, (access, number) => {
      const maxReadUnits = admitted.unitsOf[number];
      const sharers = accesses.length;
      return queryServices.openSource(access, tables[number], {
        damage,
        deadline,
        onSelect,
        maxReadUnits,
        sharers,
      });
    });
    const one = () => expectOne(accesses);
    const over = refusal();
    if (over !== undefined) throw over;
    const { clock } = services;
    const setPhase = (next: QueryPhase) => {
      phase = next;
    };
    const answer = await handler({
      c,
      parameters,
      source,
      readableRules: () => ({ access: one(), table }),
      wholeTenant: () => ({ tenant: expectWhole(one()), table }),
      services: queryServices,
      clock,
      signal,
      deadline,
      patterns,
      retentionMs: async () => (await services.tenants.find(table, one().tenant)).retentionMs,
      tenantState: async () => {
        const found = await services.tenants.find(table, expectWhole(one()));
        // What other processes counted: an exchange of counts may have begun with this request.
        await Promise.all(c.get("background"));
        return { tenant: found, used: services.quotas.used(found), limits: services.limits };
      },
      setPhase,
    });
    // Reading has ended before a response begins.
    noteDamage(c.get("requestLog"), damage);
    answer.headers.set("X-Hearth-Read-Units", String(c.get("meter").readUnits));
    return answer;
  } catch (thrown) {
    const error = refusal(thrown) ?? asSizeError(thrown, "query");
    c.get("requestLog").noteError(error);
    return answerApiError(apiErrorOf(error, phase, c.req.raw.signal));
  }
}

/** Notes in the log line what was asked: the beginning of the expression, or of the first selectors. */
function noteAsked(c: GatewayContext, parameters: URLSearchParams): void {
  const { fields } = c.get("requestLog");
  const query = parameters.get("query");
  if (query !== null) fields.query = shorten(query, MAX_LOGGED_CHARACTERS);
  const selectors = parameters.getAll("match[]");
  if (selectors.length > 0)
    fields.match = selectors.slice(0, MAX_LOGGED_SELECTORS).map((one) => shorten(one));
}
