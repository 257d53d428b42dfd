/** Lambda: remote write and OTLP with buffered responses. */
import { handle } from "hono/aws-lambda";
import { newGateway } from "../lib/http/gateway.ts";
import { addOtlpRoutes } from "../lib/http/otlp-route.ts";
import { addWriteRoutes } from "../lib/http/write-route.ts";
import { newServices } from "./services.ts";

const services = newServices(process.env, "write");
const app = newGateway(services);
addWriteRoutes(app, services);
addOtlpRoutes(app, services);

export const handler = handle(app);
