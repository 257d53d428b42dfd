/** Parameters of the search routes. */
import { HearthError } from "../../model/errors.ts";
import { quoteInput } from "../../model/shorten.ts";
import { HOUR_MS, type TimeRange } from "../../model/time.ts";
import { parseBoolean, parseTimeParameter, parseWhole } from "../query/parameters.ts";
import { ALGORITHMS, type FilterOptions } from "./filter.ts";

const DEFAULT_LIMIT = 100;
const DEFAULT_BATCH = 100;
const MAX_BATCH = 1000;
const MAX_TERMS = 32;
/** Prometheus' `--web.search.max-limit`. */
export const MAX_LIMIT = 10_000;

export interface SearchParameters {
  readonly filter: FilterOptions;
  readonly order: "ascending" | "descending" | "score";
  readonly includesScore: boolean;
  readonly limit: number;
  readonly batchSize: number;
}

export function searchRange(parameters: URLSearchParams, nowMs: number): TimeRange {
  const minTime = parseTimeParameter(parameters, "start", nowMs - HOUR_MS);
  const maxTime = parseTimeParameter(parameters, "end", nowMs);
  if (maxTime < minTime) throw invalid("end timestamp must not be before start timestamp");
  return { minTime, maxTime };
}

/** All but the range and `match[]`, which are checked before. */
export function searchParameters(parameters: URLSearchParams, route: string): SearchParameters {
  const terms = parameters.getAll("search[]");
  if (terms.length > MAX_TERMS)
    throw invalid(`too many search[] terms: got ${terms.length}, maximum is ${MAX_TERMS}`);
  const threshold =
    numberParameter(parameters, "fuzz_threshold", 0, (n) => n >= 0 && n <= 100, "must be 0-100") / 100;
  const algorithm = algorithmParameter(parameters);
  const isCaseSensitive = booleanParameter(parameters, "case_sensitive", true);
  const includesScore = booleanParameter(parameters, "include_score", false);
  const order = orderParameter(parameters, terms);
  const isPositive = (n: number) => n > 0;
  const must = "must be a positive integer";
  const limit = numberParameter(parameters, "limit", DEFAULT_LIMIT, isPositive, must);
  if (limit > MAX_LIMIT)
    throw invalid(`limit ${limit} exceeds the configured maximum (${MAX_LIMIT}, see --web.search.max-limit)`);
  const asked = numberParameter(parameters, "batch_size", DEFAULT_BATCH, isPositive, must);
  // Last, as in Prometheus.
  const by = parameters.get("sort_by") ?? "";
  if (by !== "" && by !== "alpha" && by !== "score")
    throw invalid(`invalid sort_by ${quoteInput(by)} for ${route}: must be "alpha" or "score"`);
  const filter = { terms, algorithm, threshold, isCaseSensitive };
  return {
    filter,
    order,
    includesScore,
    limit,
    batchSize: Math.min(asked, limit, MAX_BATCH),
  };
}

function invalid(message: string): HearthError {
  return new HearthError("invalid", message);
}

function numberParameter(
  parameters: URLSearchParams,
  name: string,
  absent: number,
  isValid: (number: number) => boolean,
  must: string,
): number {
  const text = parameters.get(name) ?? "";
  if (text === "") return absent;
  const number = parseWhole(text);
  if (typeof number === "number" && isValid(number)) return number;
  throw invalid(`invalid ${name} ${quoteInput(text)}: ${must}`);
}

export function booleanParameter(parameters: URLSearchParams, name: string, absent: boolean): boolean {
  const text = parameters.get(name) ?? "";
  if (text === "") return absent;
  const flag = parseBoolean(text);
  if (flag === undefined) throw invalid(`invalid ${name} ${quoteInput(text)}: must be boolean`);
  return flag;
}

function algorithmParameter(parameters: URLSearchParams): FilterOptions["algorithm"] {
  const text = parameters.get("fuzz_alg") ?? "";
  if (text === "") return ALGORITHMS[0];
  const algorithm = ALGORITHMS.find((one) => one === text);
  if (algorithm !== undefined) return algorithm;
  throw invalid(`unsupported fuzz_alg ${quoteInput(text)}: must be one of [${ALGORITHMS.join(" ")}]`);
}

function orderParameter(parameters: URLSearchParams, terms: readonly string[]): SearchParameters["order"] {
  const by = parameters.get("sort_by") ?? "";
  const direction = parameters.get("sort_dir") ?? "";
  if (direction !== "" && by === "") throw invalid("sort_dir is only valid when sort_by is set");
  if (direction !== "" && by === "score") throw invalid("sort_dir is not supported for sort_by=score");
  if (direction !== "" && direction !== "asc" && direction !== "dsc")
    throw invalid(`invalid sort_dir ${quoteInput(direction)}: must be "asc" or "dsc"`);
  if (by === "score" && terms.length === 0) throw invalid("sort_by=score requires search[] to be set");
  if (by === "score") return "score";
  return direction === "dsc" ? "descending" : "ascending";
}
