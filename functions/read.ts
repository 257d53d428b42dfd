/** Lambda: remote read with streamed responses. */
import { newGateway } from "../lib/http/gateway.ts";
import { addReadRoutes } from "../lib/http/read-route.ts";
import { newStreamHandler, STREAMED } from "./handler.ts";
import { newReaderMemory } from "./reader-memory.ts";
import { newServices } from "./services.ts";

const services = { ...(await newServices(process.env, "read")), ...STREAMED };
const app = newGateway(services);
addReadRoutes(app, services, newReaderMemory(process.env));

export const handler = newStreamHandler(app, services);
