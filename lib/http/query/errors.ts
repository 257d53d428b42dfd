/** Errors as Prometheus' API reports them. https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview */
import { CostLimitError, type ErrorKind, errorKind, errorMessage } from "../../model/errors.ts";
import { CLIENT_CLOSED, statusOf } from "../status.ts";

/** A request's phase. An "invalid" error is 400 for parameters and 422 during evaluation. */
export type QueryPhase = "parameters" | "evaluation";

export interface ApiError {
  readonly errorType: string;
  readonly status: number;
  readonly message: string;
  /** The error itself, for headers that depend on it. */
  readonly cause?: unknown;
}

const TYPES: Readonly<Record<ErrorKind, string>> = {
  invalid: "bad_data",
  unauthenticated: "unauthorized",
  forbidden: "forbidden",
  unsupported: "not_acceptable",
  "too large": "execution",
  "rate limited": "too_many_requests",
  unavailable: "unavailable",
  "timed out": "timeout",
  canceled: "canceled",
  data: "internal",
  internal: "internal",
};

/** The message of a bug stays in the log. */
export function apiErrorOf(error: unknown, phase: QueryPhase, signal: AbortSignal): ApiError {
  const kind = errorKind(error);
  const message = kind === "internal" ? "internal error; see the log" : errorMessage(error);
  if (signal.aborted || kind === "canceled")
    return { errorType: "canceled", status: CLIENT_CLOSED, message: "query was canceled" };
  if (kind === "invalid" && phase === "evaluation") return { errorType: "execution", status: 422, message };
  if (error instanceof CostLimitError) return { errorType: "cost_limit", status: 422, message };
  return { errorType: TYPES[kind], status: statusOf(kind, "query"), message, cause: error };
}
