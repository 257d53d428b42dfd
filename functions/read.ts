/** Lambda: remote read, its answer streamed (up to 200 MB, where a buffered one ends at 6 MB). */
import { handle, streamHandle } from "hono/aws-lambda";
import { newGateway } from "../lib/http/gateway.ts";
import { addReadRoutes } from "../lib/http/read-route.ts";
import { newReaderMemory } from "./reader-memory.ts";
import { newServices } from "./services.ts";

const services = newServices(process.env, "read");
const app = newGateway(services);
addReadRoutes(app, services, newReaderMemory(process.env));

/** `sam local` cannot stream: it takes a buffered answer. */
const isSamLocal = process.env.AWS_SAM_LOCAL === "true";

export const handler = isSamLocal ? handle(app) : streamHandle(app);
