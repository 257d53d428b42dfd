/**
 * What a failed DynamoDB call means to the caller. Only a request that can never succeed is "internal"; everything else
 * is our trouble or the service's, never the sender's, and passes: "unavailable".
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
import { HearthError } from "../model/errors.ts";

const THROTTLED = "throttled by dynamodb";
const TIMED_OUT = "timed out";
const BROKEN = "dynamodb failed";
const DISCONNECTED = "no connection to dynamodb";
const NO_CREDENTIALS = "credentials are missing, expired or not accepted";
const DENIED = "access denied, check the permissions of the role";
const NO_TABLE = "the table does not exist";
const ABORTED = "aborted";

/** By the name of the error (service exceptions, SDK) or its code (network). */
const UNAVAILABLE: ReadonlyMap<string, string> = new Map([
  ["ThrottlingException", THROTTLED],
  ["ProvisionedThroughputExceededException", THROTTLED],
  ["RequestLimitExceeded", THROTTLED],
  ["LimitExceededException", THROTTLED],
  ["TooManyRequestsException", THROTTLED],
  ["InternalServerError", BROKEN],
  ["InternalFailure", BROKEN],
  ["ServiceUnavailable", BROKEN],
  ["ServiceUnavailableException", BROKEN],
  ["TimeoutError", TIMED_OUT],
  ["RequestTimeout", TIMED_OUT],
  ["RequestTimeoutException", TIMED_OUT],
  ["ETIMEDOUT", TIMED_OUT],
  ["AbortError", ABORTED],
  ["ECONNREFUSED", DISCONNECTED],
  ["ECONNRESET", DISCONNECTED],
  ["EPIPE", DISCONNECTED],
  ["ENOTFOUND", DISCONNECTED],
  ["EAI_AGAIN", DISCONNECTED],
  ["EHOSTUNREACH", DISCONNECTED],
  ["ENETUNREACH", DISCONNECTED],
  ["CredentialsProviderError", NO_CREDENTIALS],
  ["ExpiredToken", NO_CREDENTIALS],
  ["ExpiredTokenException", NO_CREDENTIALS],
  ["UnrecognizedClientException", NO_CREDENTIALS],
  ["InvalidSignatureException", NO_CREDENTIALS],
  ["IncompleteSignatureException", NO_CREDENTIALS],
  ["MissingAuthenticationTokenException", NO_CREDENTIALS],
  ["AccessDeniedException", DENIED],
  ["ResourceNotFoundException", NO_TABLE],
]);

/** Requests that will fail in the same way every time. */
const INTERNAL: ReadonlySet<string> = new Set([
  "ValidationException",
  "SerializationException",
  "UnknownOperationException",
]);

/**
 * The one mapping of what the SDK throws. The text of the service (it may name accounts and roles) stays in `cause`:
 * our message may be shown to the sender.
 */
export function mapDynamoDBError(call: string, tableName: string, error: unknown): HearthError {
  if (error instanceof HearthError) return error;
  const name = errorName(error);
  const where = `error=${name} table=${tableName}`;
  const known = UNAVAILABLE.get(name);
  if (known !== undefined)
    return new HearthError("unavailable", `${call}: ${known}, ${where}`, { cause: error });
  if (!INTERNAL.has(name) && cameFromOutside(error)) {
    return new HearthError("unavailable", `${call}: ${BROKEN}, ${where}`, { cause: error });
  }
  return new HearthError("internal", `${call}: request refused, ${where}`, { cause: error });
}

/** The code of a socket's failure if there is one: the SDK names some of them TimeoutError. */
function errorName(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = "code" in error ? String(error.code) : "";
  return UNAVAILABLE.has(code) ? code : error.name;
}

/** A response with a status of failure or that could not be read, or a failure of the socket. */
function cameFromOutside(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $fault, $response, $metadata, syscall } = error as {
    $fault?: unknown;
    $response?: unknown;
    $metadata?: { httpStatusCode?: number };
    syscall?: unknown;
  };
  return (
    $fault !== undefined ||
    $response !== undefined ||
    $metadata?.httpStatusCode !== undefined ||
    syscall !== undefined
  );
}
