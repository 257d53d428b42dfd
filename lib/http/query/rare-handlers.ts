/**
 * The handlers that dashboards seldom need, loaded together when one of them is first asked: see
 * lib/http/rare-parts.ts.
 */

import {
  answerActiveSeries,
  answerLabelNamesCardinality,
  answerLabelValuesCardinality,
} from "../cardinality/label-cardinality.ts";
import { answerFederation } from "../federate/federate.ts";
import { answerUserLimits } from "../limits/user-limits.ts";
import { answerOpenApi } from "../openapi/answer.ts";
import { searchLabelNames, searchLabelValues, searchMetricNames } from "../search/search.ts";
import { answerQueryCost, answerQueryRangeCost } from "./cost.ts";
import { answerExemplars } from "./exemplars.ts";
import { answerExplain } from "./explain.ts";
import { answerFormattedQuery, answerParsedQuery } from "./expression.ts";
import { answerAlerts, answerRules } from "./rules.ts";
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
import { answerStoreStatus } from "./store-status.ts";

export type RareHandlers = typeof RARE_HANDLERS;

export const RARE_HANDLERS = {
  answerActiveSeries,
  answerAlertmanagers,
  answerAlerts,
  answerBlocks,
  answerConfig,
  answerExemplars,
  answerExplain,
  answerFeatures,
  answerFederation,
  answerFlags,
  answerFormattedQuery,
  answerLabelNamesCardinality,
  answerLabelValuesCardinality,
  answerNoNotifications,
  answerNotifications,
  answerOpenApi,
  answerParsedQuery,
  answerQueryCost,
  answerQueryRangeCost,
  answerRelabelSteps,
  answerRules,
  answerRuntimeInfo,
  answerScrapePoolConfig,
  answerScrapePools,
  answerSelfMetrics,
  answerStoreStatus,
  answerTargetMetadata,
  answerTargets,
  answerUserLimits,
  answerWalReplay,
  searchLabelNames,
  searchLabelValues,
  searchMetricNames,
};

export { answerQueries, answerUsage } from "../limits/usage-answers.ts";
