/**
 * What a failed DynamoDB call means: whether it is worth repeating, and what to tell the caller. Only a request that can never
 * succeed is "internal"; everything else is our trouble or the service's, never the sender's, and passes: "unavailable".
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
import { HearthError } from "../../model/errors.ts";
import { ExchangeError } from "./http.ts";

const THROTTLED = "throttled by dynamodb";
const TIMED_OUT = "timed out";
const BROKEN = "dynamodb failed";
const DISCONNECTED = "no connection to dynamodb";
const NO_CREDENTIALS = "credentials are missing, expired or not accepted";
const DENIED = "access denied, check the permissions of the role";
const NO_TABLE = "the table does not exist";
const ABORTED = "aborted";

/** By the name of the service's error. */
const SERVICE_ERRORS: ReadonlyMap<string, string> = new Map([
  ["ThrottlingException", THROTTLED],
  ["ProvisionedThroughputExceededException", THROTTLED],
  ["RequestLimitExceeded", THROTTLED],
  ["LimitExceededException", THROTTLED],
  ["TooManyRequestsException", THROTTLED],
  ["RequestTimeout", TIMED_OUT],
  ["RequestTimeoutException", TIMED_OUT],
  ["ExpiredToken", NO_CREDENTIALS],
  ["ExpiredTokenException", NO_CREDENTIALS],
  ["UnrecognizedClientException", NO_CREDENTIALS],
  ["InvalidSignatureException", NO_CREDENTIALS],
  ["IncompleteSignatureException", NO_CREDENTIALS],
  ["MissingAuthenticationTokenException", NO_CREDENTIALS],
  ["RequestTimeTooSkewed", NO_CREDENTIALS],
  ["RequestExpired", NO_CREDENTIALS],
  ["AccessDeniedException", DENIED],
  ["ResourceNotFoundException", NO_TABLE],
]);

/** By the code of an exchange's failure; any other is a connection that could not be made or kept. */
const EXCHANGE_ERRORS: ReadonlyMap<string, string> = new Map([
  ["ETIMEDOUT", TIMED_OUT],
  ["ABORT_ERR", ABORTED],
]);

/** Requests that will fail in the same way every time. */
const INTERNAL: ReadonlySet<string> = new Set([
  "ValidationException",
  "SerializationException",
  "UnknownOperationException",
]);

/** Said of a signature whose time is not the service's. */
const CLOCK_ERRORS: ReadonlySet<string> = new Set([
  "InvalidSignatureException",
  "RequestTimeTooSkewed",
  "RequestExpired",
]);

/** Said of credentials that others may replace: temporary ones end. */
const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "UnrecognizedClientException",
]);

const FIRST_SERVER_ERROR = 500;

/** An answer that says that a call failed, or that says nothing. */
export class ServiceError extends Error {
  readonly status: number;
  /** The answer's body; undefined when it was no JSON. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(status: number, details: object | undefined) {
    const { __type: type, message, Message } = (details ?? {}) as Record<string, unknown>;
    super(String(message ?? Message ?? `answer of status ${status}`));
    // com.amazonaws.dynamodb.v20120810#ThrottlingException
    this.name = typeof type === "string" ? type.slice(type.lastIndexOf("#") + 1) : `HTTP ${status}`;
    this.status = status;
    this.details = details as ServiceError["details"];
  }
}

/** Whether the same call may succeed when it is repeated. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ExchangeError) return EXCHANGE_ERRORS.get(error.code) !== ABORTED;
  if (!(error instanceof ServiceError)) return false;
  const meaning = SERVICE_ERRORS.get(error.name);
  return error.status >= FIRST_SERVER_ERROR || meaning === THROTTLED || meaning === TIMED_OUT;
}

/** Whether the service had no capacity for the call. */
export function isThrottled(error: unknown): boolean {
  return error instanceof ServiceError && SERVICE_ERRORS.get(error.name) === THROTTLED;
}

/** Whether our clock may be why. */
export function isAboutClock(error: ServiceError): boolean {
  return CLOCK_ERRORS.has(error.name);
}

/** Whether other credentials may help. */
export function isAboutCredentials(error: ServiceError): boolean {
  return CREDENTIAL_ERRORS.has(error.name);
}

/**
 * The one mapping of what a call throws. The text of the service (it may name accounts and roles) stays in `cause`: our
 * message may be shown to the sender.
 */
export function mapDynamoDBError(call: string, tableName: string, error: unknown): HearthError {
  if (error instanceof HearthError) return error;
  const [meaning, name] = meaningOf(error);
  const where = `error=${name} table=${tableName}`;
  if (meaning !== undefined)
    return new HearthError("unavailable", `${call}: ${meaning}, ${where}`, { cause: error });
  return new HearthError("internal", `${call}: request refused, ${where}`, { cause: error });
}

/** In words, undefined for a request that will never succeed; and the error's name. */
function meaningOf(error: unknown): [meaning: string | undefined, name: string] {
  if (error instanceof ExchangeError) return [EXCHANGE_ERRORS.get(error.code) ?? DISCONNECTED, error.code];
  if (!(error instanceof ServiceError))
    return [undefined, error instanceof Error ? error.name : typeof error];
  const { name } = error;
  return [INTERNAL.has(name) ? undefined : (SERVICE_ERRORS.get(name) ?? BROKEN), name];
}
