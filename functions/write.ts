/** Lambda: remote write, OTLP and deletion with buffered responses. */
import { handle } from "hono/aws-lambda";
import { addAdminRoutes } from "../lib/http/admin/admin-routes.ts";
import { newGateway } from "../lib/http/gateway.ts";
import { addOtlpRoutes } from "../lib/http/otlp-route.ts";
import { addWriteRoutes } from "../lib/http/write-route.ts";
import { newWriteServices } from "./write-services.ts";

const services = await newWriteServices(process.env, "write");
const app = newGateway(services);
addWriteRoutes(app, services);
addOtlpRoutes(app, services);
addAdminRoutes(app, services);

export const handler = handle(app);
