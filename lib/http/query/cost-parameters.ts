/** Parameters about the cost of a query. https://prometheus.io/docs/prometheus/3.16/feature_flags/#query-cost */
import { HearthError } from "../../model/errors.ts";
import type { EngineLimits } from "../../promql/engine-interface.ts";
import { printDuration } from "../../promql/syntax/duration-text.ts";
import { quoteInput } from "../../promql/syntax/quote.ts";
import { invalidParameter, parseBoolean, parseSecondsOrDuration } from "./parameters.ts";

/** Whether the response compares the estimated with the actual cost. */
export function costParameter(parameters: URLSearchParams): boolean {
  const text = parameters.get("cost") ?? "";
  if (text === "") return false;
  const cost = parseBoolean(text);
  if (cost === undefined) throw invalidParameter("cost", "must be a boolean");
  return cost;
}

export type CostLimits = Pick<EngineLimits, "maxSeriesTouched" | "maxSamplesRead" | "timeoutMs">;

/** A request lowers limits. One above the server's is an error: it would not count. */
export function costLimits(parameters: URLSearchParams, limits: EngineLimits): CostLimits {
  const maxSeriesTouched = countParameter(parameters, "max_series");
  const maxSamplesRead = countParameter(parameters, "max_samples_read");
  const timeoutMs = durationParameter(parameters) ?? limits.timeoutMs;
  if (maxSeriesTouched !== undefined && maxSeriesTouched > limits.maxSeries)
    throw aboveCeiling("max_series", String(maxSeriesTouched), String(limits.maxSeries));
  if (timeoutMs > limits.timeoutMs)
    throw aboveCeiling("max_query_duration", printDuration(timeoutMs), printDuration(limits.timeoutMs));
  return { maxSeriesTouched, maxSamplesRead, timeoutMs };
}

function aboveCeiling(name: string, asked: string, ceiling: string): HearthError {
  return new HearthError("invalid", `requested ${name} of ${asked} exceeds the server limit of ${ceiling}`);
}

const MAX_DIGITS = 64;

/** A whole number as Go's `strconv.ParseUint` takes it; 0 is none. */
function countParameter(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name) ?? "";
  if (text === "") return undefined;
  const failure = `error parsing ${name}: strconv.ParseUint: parsing ${quoteInput(text)}`;
  if (text.length > MAX_DIGITS || !/^\d+$/.test(text))
    throw new HearthError("invalid", `${failure}: invalid syntax`);
  const count = BigInt(text);
  if (BigInt.asUintN(64, count) !== count) throw new HearthError("invalid", `${failure}: value out of range`);
  return Number(count) || undefined;
}

function durationParameter(parameters: URLSearchParams): number | undefined {
  const text = parameters.get("max_query_duration") ?? "";
  if (text === "") return undefined;
  const duration = parseSecondsOrDuration(text);
  if (!duration.ok) throw new HearthError("invalid", `error parsing max_query_duration: ${duration.reason}`);
  if (duration.ms >= 0) return duration.ms || undefined;
  throw new HearthError(
    "invalid",
    `error parsing max_query_duration: must not be negative, got ${printDuration(duration.ms)}`,
  );
}
