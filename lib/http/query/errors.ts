/** What went wrong as Prometheus' API says it: a type and a status. https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview */
import { type ErrorKind, errorKind, errorMessage } from "../../model/errors.ts";
import { statusOf } from "../status.ts";

/** Up to where a request had come: a bad parameter is something else than a query that cannot be evaluated. */
export type QueryPhase = "parameters" | "evaluation";

export interface ApiError {
  readonly errorType: string;
  readonly status: number;
  readonly message: string;
}

/** nginx's status for a client that has gone: Prometheus uses it too. */
const CLIENT_CLOSED_REQUEST = 499;

const TYPES: Readonly<Record<ErrorKind, string>> = {
  invalid: "bad_data",
  unauthenticated: "unauthorized",
  forbidden: "forbidden",
  unsupported: "not_acceptable",
  "too large": "execution",
  unavailable: "unavailable",
  data: "internal",
  internal: "internal",
};

/** A bug's words stay in the log. */
export function apiErrorOf(error: unknown, phase: QueryPhase, signal: AbortSignal): ApiError {
  const kind = errorKind(error);
  const message = kind === "internal" ? "internal error; see the log" : errorMessage(error);
  if (signal.aborted)
    return { errorType: "canceled", status: CLIENT_CLOSED_REQUEST, message: "query was canceled" };
  if (kind === "invalid" && phase === "evaluation") return { errorType: "execution", status: 422, message };
  // So begins what the engine throws when its time is up.
  if (kind === "unavailable" && message.startsWith("query timed out")) {
    return { errorType: "timeout", status: 503, message };
  }
  return { errorType: TYPES[kind], status: statusOf(kind, "query"), message };
}
