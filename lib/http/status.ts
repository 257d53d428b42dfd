/** Error kind -> HTTP status: the one place. */
import type { ErrorKind } from "../model/errors.ts";

/** What a request did, where the same kind means different things to its sender. */
export type Operation = "write" | "query";

/** Seconds after which a sender should try again. Prometheus backs off by itself and takes the larger. */
export const RETRY_AFTER_SECONDS = 5;

export type ErrorStatus = 400 | 401 | 403 | 413 | 415 | 422 | 500 | 503;
/** Of a request whose client went away before its answer began: nobody reads it but the log (nginx' number for it). */
export const CLIENT_CLOSED = 499;

/** Never 4xx for our trouble: Prometheus drops what was answered 4xx (429 too, by default) and repeats what was 5xx. */
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
    case "unavailable":
      return 503;
    case "data":
    case "internal":
      return 500;
  }
}
