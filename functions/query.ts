/** Lambda: the query API with streamed responses. */
import { newGateway } from "../lib/http/gateway.ts";
import { addUsageRoutes } from "../lib/http/limits/usage-route.ts";
import { addQueryRoutes } from "../lib/http/query/routes.ts";
import { newQueryServices } from "../lib/http/query/source.ts";
import { parsePromqlSettings } from "../lib/promql/settings.ts";
import { parseRuleSettings } from "../lib/rules/settings.ts";
import { newStreamHandler, STREAMED } from "./handler.ts";
import { newReaderMemory } from "./reader-memory.ts";
import { newServices } from "./services.ts";

const services = { ...(await newServices(process.env, "query")), ...STREAMED };
const app = newGateway(services);
addQueryRoutes(
  app,
  services,
  newQueryServices(
    services,
    parsePromqlSettings(process.env),
    newReaderMemory(process.env),
    parseRuleSettings(process.env),
  ),
);
addUsageRoutes(app, services);

export const handler = newStreamHandler(app, services);
