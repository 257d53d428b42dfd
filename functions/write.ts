/** Lambda: remote write, OTLP and deletion with buffered responses. */
import { handle } from "hono/aws-lambda";
import { addAdminRoutes } from "../lib/http/admin-routes.ts";
import { newGateway } from "../lib/http/gateway.ts";
import { addOtlpRoutes } from "../lib/http/otlp-route.ts";
import { addRulesConfigRoutes } from "../lib/http/rules-config-route.ts";
import { addWriteRoutes } from "../lib/http/write-route.ts";
import { parseOptions } from "../lib/promql/parse/options.ts";
import { parsePromqlSettings } from "../lib/promql/settings.ts";
import { newServices } from "./services.ts";

const services = newServices(process.env, "write");
const app = newGateway(services);
addWriteRoutes(app, services);
addOtlpRoutes(app, services);
addRulesConfigRoutes(app, services, parseOptions(parsePromqlSettings(process.env)));
addAdminRoutes(app, services);

export const handler = handle(app);
