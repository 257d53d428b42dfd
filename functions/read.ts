/** Lambda: remote read, its answer streamed (up to 200 MB, where a buffered one ends at 6 MB). */
import { streamHandle } from "hono/aws-lambda";
import { newGateway } from "../lib/http/gateway.ts";
import { addReadRoutes } from "../lib/http/read-route.ts";
import { newServices } from "./services.ts";

const services = newServices(process.env);
const app = newGateway(services);
addReadRoutes(app, services);

export const handler = streamHandle(app);
