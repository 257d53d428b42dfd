/** Lambda: the query API and the explorer's page, answers streamed. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { streamHandle } from "hono/aws-lambda";
import { addExplorerRoutes, EXPLORER_FILES } from "../lib/http/explorer-route.ts";
import { newGateway } from "../lib/http/gateway.ts";
import { addQueryRoutes } from "../lib/http/query-routes.ts";
import { newQueryServices } from "../lib/http/query-source.ts";
import { newServices } from "./services.ts";

const services = newServices(process.env, "query");
const app = newGateway(services);
const takesExperiments = process.env.HEARTH_PROMQL_EXPERIMENTAL === "true";
addQueryRoutes(app, services, newQueryServices(services, takesExperiments));
addExplorerRoutes(app, readExplorer);

/** `sam build` puts the explorer beside this function. */
async function readExplorer(): Promise<Map<string, Uint8Array>> {
  const directory = path.join(import.meta.dirname, "../explorer");
  const read = async (name: string) => [name, await readFile(path.join(directory, name))] as const;
  return new Map(await Promise.all(EXPLORER_FILES.map(read)));
}

export const handler = streamHandle(app);
