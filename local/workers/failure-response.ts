/** The response to a request whose worker could not give one, in the shape that its client reads. */

import { errorHeaders, type Operation, statusOf } from "../../lib/http/status.ts";
import { errorKind, errorMessage } from "../../lib/model/errors.ts";

/** Prometheus' types of errors, by status. */
const ERROR_TYPES: Readonly<Record<number, string>> = { 422: "execution", 503: "timeout" };

export function failureResponse(error: unknown, operation: Operation): Response {
  const status = statusOf(errorKind(error), operation);
  const headers = errorHeaders(status);
  const message = errorMessage(error);
  if (operation === "write") return new Response(`${message}\n`, { status, headers });
  return Response.json(
    { status: "error", errorType: ERROR_TYPES[status] ?? "internal", error: message },
    { status, headers },
  );
}
