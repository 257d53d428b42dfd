/**
 * One error class, few kinds, chosen by what the caller should do about it. `lib/http/status.ts` maps a kind to an
 * HTTP status, once.
 */
export type ErrorKind =
  /** The request is malformed: send it again only when corrected. */
  | "invalid"
  /** No key, or not a valid one. */
  | "unauthenticated"
  /** The key is valid and may not do this. */
  | "forbidden"
  /** A content type, encoding or version that is not spoken here. */
  | "unsupported"
  /** A limit was passed: send less, or ask for less. */
  | "too large"
  /** Throttled, timed out or storage away: send the same again later. */
  | "unavailable"
  /** A query ran longer than its timeout: ask for less. */
  | "timed out"
  /** Stored bytes fail to decode. */
  | "data"
  /** A bug. */
  | "internal";

/** An error whose `message` (lower case: what was done, what came, what was expected) may be shown to the caller. */
export class HearthError extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HearthError";
    this.kind = kind;
  }
}

/** The kind of anything thrown: what is not a `HearthError` is a bug. */
export function errorKind(error: unknown): ErrorKind {
  return error instanceof HearthError ? error.kind : "internal";
}

/** The text of anything thrown, for logs. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
