/** Lambda handlers of HTTP routes. */
import { handle, streamHandle } from "hono/aws-lambda";
import { flushUsage, type Gateway, type Services } from "../lib/http/gateway.ts";

/** `sam local` cannot stream: it expects a buffered response. */
const isSamLocal = process.env.AWS_SAM_LOCAL === "true";

/** What a streaming function's services are besides: the counts of usage are stored once a response has ended. */
export const STREAMED = { flushesLater: !isSamLocal };

/** A handler that streams its responses: up to 200 MB, where a buffered one ends at 6 MB. */
export function newStreamHandler(app: Gateway, services?: Services): ReturnType<typeof streamHandle> {
  if (isSamLocal) return handle(app) as ReturnType<typeof streamHandle>;
  // The runtime marks the function and returns it.
  const respond = streamHandle(app) as unknown as StreamedFunction;
  if (services === undefined) return respond as unknown as ReturnType<typeof streamHandle>;
  return runtime.streamifyResponse(async (...request) => {
    await respond(...request);
    await flushUsage(services);
  });
}

type StreamedFunction = (event: unknown, stream: unknown, context: unknown) => Promise<void>;

/** A global of Lambda's runtime for Node. https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html */
const runtime = {
  streamifyResponse: (streamed: StreamedFunction) =>
    (
      globalThis as unknown as { awslambda: { streamifyResponse(one: StreamedFunction): unknown } }
    ).awslambda.streamifyResponse(streamed) as ReturnType<typeof streamHandle>,
};
