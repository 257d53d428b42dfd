/**
 * One error class of few kinds. A kind says what the caller should do. `lib/http/status.ts` maps
 * each kind to an HTTP status.
 */
export type ErrorKind =
  /** The request is malformed: correct it before sending it again. */
  | "invalid"
  /** The key is missing or not valid. */
  | "unauthenticated"
  /** The key is valid but lacks the scope. */
  | "forbidden"
  /** The content type, encoding or version is not supported. */
  | "unsupported"
  /** The request exceeds a limit: send less, or ask for less. */
  | "too large"
  /** The tenant or key is over a limit of its own: send the same again after a while, or raise the limit. */
  | "rate limited"
  /** Throttling, a timeout or an unreachable table: send the same again later. */
  | "unavailable"
  /** A query ran longer than its timeout: ask for less. */
  | "timed out"
  /** Nobody waits for the answer any more. */
  | "canceled"
  /** Stored bytes fail to decode. */
  | "data"
  /** A bug in Hearth. */
  | "internal";

/** An error whose `message` callers may see. The message is lower case: what was done, what came, what was expected. */
export class HearthError extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HearthError";
    this.kind = kind;
  }
}

/** A request past a limit of its tenant or key. */
export class RateLimitError extends HearthError {
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super("rate limited", message);
    this.name = "RateLimitError";
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A request needs more read units than it may have. */
export class ReadUnitsError extends HearthError {
  /** The tenant that was read, of a request about several. */
  readonly tenant: string | undefined;

  constructor(message: string, tenant?: string) {
    super("too large", message);
    this.name = "ReadUnitsError";
    this.tenant = tenant;
  }
}

/** Reads were refused, before any was made, since they would cost more than the request may. */
export class TooExpensiveError extends ReadUnitsError {
  constructor(message: string, tenant?: string) {
    super(message, tenant);
    this.name = "TooExpensiveError";
  }
}

/** A query exceeds what its own request lets it cost. */
export class CostLimitError extends HearthError {
  constructor(message: string) {
    super("too large", message);
    this.name = "CostLimitError";
  }
}

/** Whether it says what is wrong with a text; else there was no time to read it, or nobody waits any more. */
export function isAboutText(error: unknown): error is HearthError {
  return error instanceof HearthError && error.kind !== "timed out" && error.kind !== "canceled";
}

/** The kind of anything thrown. Anything but a `HearthError` is a bug. */
export function errorKind(error: unknown): ErrorKind {
  return error instanceof HearthError ? error.kind : "internal";
}

/** The text of anything thrown, for logs. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
