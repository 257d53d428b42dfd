/** The routes that a thread serves. */
import { addAdminRoutes } from "../../lib/http/admin/admin-routes.ts";
import { type Gateway, newGateway, type WriteServices } from "../../lib/http/gateway.ts";
import { addUsageRoutes } from "../../lib/http/limits/usage-route.ts";
import { addOtlpRoutes } from "../../lib/http/otlp-route.ts";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { addReadRoutes } from "../../lib/http/read-route.ts";
import { addRulesConfigRoutes } from "../../lib/http/rules-config-route.ts";
import { addWriteRoutes } from "../../lib/http/write-route.ts";
import { parseOptions } from "../../lib/promql/parse/options.ts";
import { ReaderMemory } from "../../lib/storage/cache/reader-memory.ts";
import type { Settings } from "../settings.ts";

export type ServingRole = "write" | "query";
export type AppSettings = Pick<Settings, "promql" | "rules">;

/** `readerMemoryBytes`: what readers of the thread remember. */
export function newRoleApp(
  role: ServingRole,
  services: WriteServices,
  { promql, rules }: AppSettings,
  readerMemoryBytes: number,
): Gateway {
  const app = newGateway(services);
  if (role === "write") {
    addWriteRoutes(app, services);
    addOtlpRoutes(app, services);
    addRulesConfigRoutes(app, services, parseOptions(promql));
    addAdminRoutes(app, services);
  } else {
    const memory = new ReaderMemory(readerMemoryBytes);
    addReadRoutes(app, services, memory);
    addQueryRoutes(app, services, newQueryServices(services, promql, memory, rules));
    addUsageRoutes(app, services);
  }
  return app;
}
