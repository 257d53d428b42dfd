/** What tenants use and what it costs: `/api/v1/usage`, and the queries that cost or took the most. */
import { authorize } from "../../auth/verifier.ts";
import { HearthError } from "../../model/errors.ts";
import {
  DOLLARS_PER_GB_MONTH,
  DOLLARS_PER_READ_UNIT,
  DOLLARS_PER_WRITE_UNIT,
} from "../../model/quota/prices.ts";
import { quoteInput } from "../../model/shorten.ts";
import { ANY_TENANT } from "../../model/tenant.ts";
import { DAY_MS } from "../../model/time.ts";
import { printDay } from "../../storage/layout/key-place.ts";
import { dayOf } from "../../storage/layout/keys.ts";
import type { Table } from "../../storage/table/table.ts";
import { readUsage } from "../../storage/usage/collect-usage.ts";
import { loadStoredUsage } from "../../storage/usage/stored-usage.ts";
import {
  DIMENSIONS,
  DIMENSIONS_OF_METRICS,
  type Dimension,
  reportQueries,
  reportUsage,
} from "../../storage/usage/usage-report.ts";
import { findRequestKey, type Gateway, type GatewayContext, type Services } from "../gateway.ts";
import { answerApiError, answerValue } from "../query/answer.ts";
import { apiErrorOf } from "../query/errors.ts";
import { parseWhole } from "../query/parameters.ts";

const PREFIXES = ["/api/v1/usage", "/api/v3/usage"];
/** Days of one request. */
const MAX_DAYS = 400;
const DEFAULT_QUERIES = 50;
const MAX_QUERIES = 1000;

interface UsageRequest {
  readonly c: GatewayContext;
  readonly table: Table;
  readonly clock: Services["clock"];
  readonly parameters: URLSearchParams;
  readonly isVisible: (tenant: string) => boolean;
}

export function addUsageRoutes(app: Gateway, services: Services): void {
  const handlers = [
    ["", answerUsage],
    ["/queries", answerQueries],
  ] as const;
  for (const prefix of PREFIXES)
    for (const [path, handler] of handlers) {
      app.get(prefix + path, (c) => serve(c, services, handler));
      app.all(prefix + path, (c) => {
        const message = `method ${c.req.method} is not allowed here, use GET`;
        const answer = answerApiError({ errorType: "bad_data", status: 405, message });
        answer.headers.set("Allow", "GET");
        return answer;
      });
    }
}

async function serve(
  c: GatewayContext,
  services: Services,
  handler: (request: UsageRequest) => Promise<Response>,
): Promise<Response> {
  c.get("requestLog").operation = "query";
  try {
    const table = services.table.metered(c.get("meter"));
    const isVisible = await findVisible(c, services);
    const parameters = new URL(c.req.url).searchParams;
    return await handler({ c, table, clock: services.clock, parameters, isVisible });
  } catch (error) {
    c.get("requestLog").noteError(error);
    return answerApiError(apiErrorOf(error, "parameters", c.req.raw.signal));
  }
}

/** A key of every tenant sees all of them; any other sees its own. Throws "unauthenticated" and "forbidden". */
async function findVisible(c: GatewayContext, services: Services): Promise<(tenant: string) => boolean> {
  const key = await findRequestKey(c, services);
  const { fields } = c.get("requestLog");
  const requested = c.req.header("X-Scope-OrgID");
  const tenant = authorize(key, key.scopes.includes("admin") ? "admin" : "read", requested);
  fields.tenant = tenant;
  if (key.readMatch !== undefined)
    throw new HearthError(
      "forbidden",
      `access key ${key.id} is narrowed to series; usage is of a whole tenant`,
    );
  return key.tenant === ANY_TENANT && !requested ? () => true : (other) => other === tenant;
}

async function answerUsage({ c, table, clock, parameters, isVisible }: UsageRequest): Promise<Response> {
  const { first, last } = daysOf(parameters, clock());
  const by = dimensionsOf(parameters);
  const [days, stored] = await Promise.all([readUsage(table, first, last, clock), loadStoredUsage(table)]);
  const updatedMs = Math.max(0, ...Array.from(days.values(), ({ mergedToMs }) => mergedToMs));
  const prices = {
    readUnit: DOLLARS_PER_READ_UNIT,
    writeUnit: DOLLARS_PER_WRITE_UNIT,
    gbMonth: DOLLARS_PER_GB_MONTH,
  };
  return answerValue(c, {
    start: printDay(first),
    end: printDay(last),
    updatedMs,
    storageMeasuredMs: stored.measuredMs,
    prices,
    ...reportUsage(days, stored, by, isVisible),
  });
}

async function answerQueries({ c, table, clock, parameters, isVisible }: UsageRequest): Promise<Response> {
  const { first, last } = daysOf(parameters, clock());
  const order = parameters.get("order") || "readUnits";
  if (order !== "readUnits" && order !== "durationMs")
    throw new HearthError("invalid", `order ${quoteInput(order)}: expected readUnits or durationMs`);
  const limit = parseWhole(parameters.get("limit") || String(DEFAULT_QUERIES));
  if (typeof limit === "string" || limit < 1 || limit > MAX_QUERIES)
    throw new HearthError("invalid", `limit: expected a whole number from 1 to ${MAX_QUERIES}`);
  const days = await readUsage(table, first, last, clock);
  const by = order === "readUnits" ? "readUnits" : "maxDurationMs";
  const queries = reportQueries(days, { order: by, limit }, isVisible);
  return answerValue(c, {
    start: printDay(first),
    end: printDay(last),
    queries: queries.map((query) => ({
      ...query,
      kind: query.maxRangeMs > 0 ? "range" : "instant",
      dollars: query.readUnits * DOLLARS_PER_READ_UNIT,
    })),
  });
}

/** UTC days, both included. Throws "invalid". */
function daysOf(
  parameters: URLSearchParams,
  nowMs: number,
): { readonly first: number; readonly last: number } {
  const today = dayOf(nowMs);
  const last = dayParameter(parameters, "end") ?? today;
  const first = dayParameter(parameters, "start") ?? last;
  if (first <= last && last - first < MAX_DAYS) return { first, last };
  throw new HearthError("invalid", `start and end: expected at most ${MAX_DAYS} days, start before end`);
}

function dayParameter(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name) ?? "";
  if (text === "") return undefined;
  const timeMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs))
    throw new HearthError("invalid", `${name}=${quoteInput(text)}: expected a UTC day such as 2027-01-31`);
  return timeMs / DAY_MS;
}

function dimensionsOf(parameters: URLSearchParams): Dimension[] {
  const names = (parameters.get("by") || "tenant").split(",").map((name) => name.trim());
  const unknown = names.find((name) => !(DIMENSIONS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new HearthError("invalid", `by=${quoteInput(unknown)}: expected some of ${DIMENSIONS.join(",")}`);
  if (names.includes("metric") && !names.every((name) => DIMENSIONS_OF_METRICS.some((one) => one === name)))
    throw new HearthError(
      "invalid",
      "by: requests are not counted by metric; ask for metric alone, or with tenant and day",
    );
  return [...new Set(names)] as Dimension[];
}
