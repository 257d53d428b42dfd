/** From an error's kind to its HTTP status and headers: the only place that decides either. */
import { type ErrorKind, RateLimitError } from "../model/errors.ts";

/** What a request does: a kind may mean another status for a write than for a query. */
export type Operation = "write" | "query";

/**
 * Seconds after which a sender should retry. Prometheus waits for the larger of this and its own
 * backoff.
 */
const RETRY_AFTER_SECONDS = 5;
const CHALLENGE = 'Basic realm="Hearth", charset="UTF-8"';

export type ErrorStatus = 400 | 401 | 403 | 413 | 415 | 422 | 429 | 500 | 503;
/** The client disconnected before its response began: nginx's status, which Prometheus uses too. */
export const CLIENT_CLOSED = 499;

/**
 * Hearth's own failures are never 4xx: Prometheus drops a write on 4xx (by default on 429 too) and
 * retries on 5xx. 429 is for limits that an administrator set.
 */
export function statusOf(kind: ErrorKind, operation: Operation): ErrorStatus {
  switch (kind) {
    case "invalid":
      return 400;
    case "unauthenticated":
      return 401;
    case "forbidden":
      return 403;
    case "unsupported":
      return 415;
    case "too large":
      return operation === "write" ? 413 : 422;
    case "rate limited":
      return 429;
    case "unavailable":
    case "timed out":
    // Routes answer `CLIENT_CLOSED`, of which nobody hears.
    case "canceled":
      return 503;
    case "data":
    case "internal":
      return 500;
  }
}

/** The headers that an error's status requires. */
export function errorHeaders(status: number, error?: unknown): Readonly<Record<string, string>> {
  if (status === 401) return { "WWW-Authenticate": CHALLENGE };
  if (error instanceof RateLimitError) return { "Retry-After": String(error.retryAfterSeconds) };
  return status === 503 ? { "Retry-After": String(RETRY_AFTER_SECONDS) } : {};
}
