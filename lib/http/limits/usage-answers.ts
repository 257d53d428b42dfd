/** What the usage routes respond with: use by tenant, key, route, day or metric, and the most expensive queries. */
import { HearthError } from "../../model/errors.ts";
import {
  DOLLARS_PER_GB_MONTH,
  DOLLARS_PER_READ_UNIT,
  DOLLARS_PER_WRITE_UNIT,
} from "../../model/quota/prices.ts";
import { quoteInput } from "../../model/shorten.ts";
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
import type { GatewayContext, Services } from "../gateway.ts";
import { answerValue } from "../query/answer.ts";
import { parseWhole } from "../query/parameters.ts";

export interface UsageRequest {
  readonly c: GatewayContext;
  readonly table: Table;
  readonly clock: Services["clock"];
  readonly parameters: URLSearchParams;
  readonly isVisible: (tenant: string) => boolean;
}

/** Days of one request. */
const MAX_DAYS = 400;
const DEFAULT_QUERIES = 50;
const MAX_QUERIES = 1000;

export async function answerUsage({
  c,
  table,
  clock,
  parameters,
  isVisible,
}: UsageRequest): Promise<Response> {
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

export async function answerQueries({
  c,
  table,
  clock,
  parameters,
  isVisible,
}: UsageRequest): Promise<Response> {
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
