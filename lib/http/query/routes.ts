/** The routes of Prometheus' query API. https://prometheus.io/docs/prometheus/latest/querying/api/ */

import { expectWhole } from "../../auth/verifier.ts";
import { Deadline } from "../../model/deadline.ts";
import { Patterns } from "../../model/regexp/patterns.ts";
import { shorten } from "../../model/shorten.ts";
import { asSizeError } from "../../model/size-error.ts";
import { DamageReports } from "../../storage/layout/damage-reports.ts";
import { answerFederation } from "../federate/federate.ts";
import { findAccesses, type Gateway, type GatewayContext, type Services } from "../gateway.ts";
import { answerUserLimits } from "../limits/user-limits.ts";
import { printOpenApi } from "../openapi/document.ts";
import { noteDamage } from "../request-log.ts";
import { searchLabelNames, searchLabelValues, searchMetricNames } from "../search/search.ts";
import { admitAll, expectOne, openAll, tablesOf } from "../tenants.ts";
import { answerBuildInfo, answerCardinality, answerMetadata, answerVersion } from "./about.ts";
import { answerApiError, answerPieces } from "./answer.ts";
import { answerQueryCost, answerQueryRangeCost } from "./cost.ts";
import { apiErrorOf, type QueryPhase } from "./errors.ts";
import { answerInstantQuery, answerRangeQuery } from "./evaluate.ts";
import { answerExemplars } from "./exemplars.ts";
import { answerExplain } from "./explain.ts";
import { answerFormattedQuery, answerParsedQuery } from "./expression.ts";
import {
  answerActiveSeries,
  answerLabelNamesCardinality,
  answerLabelValuesCardinality,
} from "./label-cardinality.ts";
import { answerLabelNames, answerLabelValues, answerSeries } from "./lookup.ts";
import { readParameters } from "./parameters.ts";
import type { QueryRequest } from "./request.ts";
import { answerAlerts, answerRules } from "./rules.ts";
import { RulesView } from "./rules-view.ts";
import {
  answerAlertmanagers,
  answerBlocks,
  answerConfig,
  answerFeatures,
  answerFlags,
  answerNoNotifications,
  answerNotifications,
  answerRelabelSteps,
  answerRuntimeInfo,
  answerScrapePoolConfig,
  answerScrapePools,
  answerSelfMetrics,
  answerTargetMetadata,
  answerTargets,
  answerWalReplay,
} from "./server-status.ts";
import type { QueryServices } from "./services.ts";
import { answerStoreStatus } from "./store-status.ts";

/** Prometheus' own prefix, and that of the vendor's service that Hearth replaces. */
export const API_PREFIXES = ["/api/v1", "/api/v3"];

/** Characters of an expression, and selectors, in a log line. */
const MAX_LOGGED_CHARACTERS = 500;
const MAX_LOGGED_SELECTORS = 3;

type Handler = (request: QueryRequest) => Promise<Response> | Response;

const GET = ["GET"];
const GET_AND_POST = ["GET", "POST"];

const answerOpenApi: Handler = ({ c }) =>
  answerPieces(c, [printOpenApi()], "application/yaml; charset=utf-8");

const ROUTES: readonly (readonly [path: string, methods: readonly string[], handler: Handler])[] = [
  ["/query", GET_AND_POST, answerInstantQuery],
  ["/query_range", GET_AND_POST, answerRangeQuery],
  ["/query_cost", GET_AND_POST, answerQueryCost],
  ["/query_range_cost", GET_AND_POST, answerQueryRangeCost],
  ["/query_exemplars", GET_AND_POST, answerExemplars],
  ["/format_query", GET_AND_POST, answerFormattedQuery],
  ["/parse_query", GET_AND_POST, answerParsedQuery],
  ["/explain", GET_AND_POST, answerExplain],
  ["/series", GET_AND_POST, answerSeries],
  ["/labels", GET_AND_POST, answerLabelNames],
  ["/label/:name/values", GET, answerLabelValues],
  ["/search/metric_names", GET_AND_POST, searchMetricNames],
  ["/search/label_names", GET_AND_POST, searchLabelNames],
  ["/search/label_values", GET_AND_POST, searchLabelValues],
  ["/cardinality/label_names", GET_AND_POST, answerLabelNamesCardinality],
  ["/cardinality/label_values", GET_AND_POST, answerLabelValuesCardinality],
  ["/cardinality/active_series", GET_AND_POST, answerActiveSeries],
  ["/metadata", GET, answerMetadata],
  ["/rules", GET, answerRules],
  ["/alerts", GET, answerAlerts],
  ["/status/buildinfo", GET, answerBuildInfo],
  ["/status/tsdb", GET, answerCardinality],
  ["/status/store", GET, answerStoreStatus],
  ["/status/tsdb/blocks", GET, answerBlocks],
  ["/status/config", GET, answerConfig],
  ["/status/flags", GET, answerFlags],
  ["/status/runtimeinfo", GET, answerRuntimeInfo],
  ["/status/walreplay", GET, answerWalReplay],
  ["/user_limits", GET, answerUserLimits],
  ["/features", GET, answerFeatures],
  ["/targets", GET, answerTargets],
  ["/targets/metadata", GET, answerTargetMetadata],
  ["/targets/relabel_steps", GET, answerRelabelSteps],
  ["/scrape_pools", GET, answerScrapePools],
  ["/scrape_pools/config", GET, answerScrapePoolConfig],
  ["/alertmanagers", GET, answerAlertmanagers],
  ["/openapi.yaml", GET, answerOpenApi],
  ["/notifications", GET, answerNotifications],
  ["/notifications/live", GET, answerNoNotifications],
  ["/status/self_metrics", GET, answerSelfMetrics],
];

/** Routes of Prometheus beside its API. */
const ROOT_ROUTES: typeof ROUTES = [
  ["/version", GET, answerVersion],
  ["/federate", GET, answerFederation],
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
  let refusal: () => unknown = () => undefined;
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
      get rules() {
        return new RulesView(table, one(), deadline);
      },
      wholeTenant: () => ({ tenant: expectWhole(one()), table }),
      services: queryServices,
      clock,
      signal,
      deadline,
      patterns,
      retentionMs: async () => (await services.tenants.find(table, one().tenant)).retentionMs,
      tenantState: async () => {
        const found = await services.tenants.find(table, expectWhole(one()));
        return { tenant: found, used: services.quotas.used(found), limits: services.limits };
      },
      setPhase,
    });
    // Reading has ended before a response begins.
    noteDamage(c.get("requestLog"), damage);
    answer.headers.set("X-Hearth-Read-Units", String(c.get("meter").readUnits));
    return answer;
  } catch (thrown) {
    const error = refusal() ?? asSizeError(thrown, "query");
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
