/** Lambda: the query API, its answers streamed. */
import { handle, streamHandle } from "hono/aws-lambda";
import { newGateway } from "../lib/http/gateway.ts";
import { addQueryRoutes } from "../lib/http/query/routes.ts";
import { newQueryServices } from "../lib/http/query/source.ts";
import { parsePromqlSettings } from "../lib/promql/settings.ts";
import { newReaderMemory } from "./reader-memory.ts";
import { newServices } from "./services.ts";

const services = newServices(process.env, "query");
const app = newGateway(services);
addQueryRoutes(
  app,
  services,
  newQueryServices(services, parsePromqlSettings(process.env), newReaderMemory(process.env)),
);

/** `sam local` cannot stream: it takes a buffered answer. */
const isSamLocal = process.env.AWS_SAM_LOCAL === "true";

export const handler = isSamLocal ? handle(app) : streamHandle(app);
