/** Lambda handlers of HTTP routes. */
import { handle, streamHandle } from "hono/aws-lambda";
import type { Gateway } from "../lib/http/gateway.ts";

/** `sam local` cannot stream: it expects a buffered response. */
const isSamLocal = process.env.AWS_SAM_LOCAL === "true";

/** A handler that streams its responses: up to 200 MB, where a buffered one ends at 6 MB. */
export function newStreamHandler(app: Gateway): ReturnType<typeof streamHandle> {
  return isSamLocal ? (handle(app) as ReturnType<typeof streamHandle>) : streamHandle(app);
}
