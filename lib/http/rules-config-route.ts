/**
 * Mimir's configuration API of rules, for mimirtool, cortextool and Grafana's rule editor: groups in YAML by namespace.
 * https://grafana.com/docs/mimir/latest/references/http-api/#ruler
 */
import { audit } from "../auth/audit.ts";
import type { ParseOptions } from "../promql/parse/options.ts";
import { authenticate, type Gateway, type GatewayContext, type Services } from "./gateway.ts";

/** Mimir's, the same under Mimir's prefix of the query API (mimirtool), and Cortex' old one (cortextool). */
const PREFIXES = ["/config/v1/rules", "/prometheus/config/v1/rules", "/api/prom/rules"];
/** Cortex' new prefix. Its list is Prometheus' own `/api/v1/rules`, so only what is below it is here. */
const CORTEX_PREFIX = "/api/v1/rules";

/** What API Gateway routes to this API. */
export const RULES_CONFIG_PATHS = [
  "/config/v1/{proxy+}",
  "/prometheus/config/v1/{proxy+}",
  "/api/v1/rules/{proxy+}",
  "/api/prom/rules",
  "/api/prom/rules/{proxy+}",
];

/** Whether a path belongs to this API. */
export function isRulesConfigPath(path: string): boolean {
  return (
    PREFIXES.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)) ||
    path.startsWith(`${CORTEX_PREFIX}/`)
  );
}

type Handlers = typeof import("./rules-config-handlers.ts");
type HandlerName = "listNamespaces" | "getGroup" | "setGroup" | "deleteGroup" | "deleteNamespace";

export function addRulesConfigRoutes(app: Gateway, services: Services, parse: ParseOptions): void {
  const serve = (name: HandlerName) => async (c: GatewayContext) => {
    const tenant = await authenticate(c, services, "rules");
    const table = services.table.metered(c.get("meter"));
    const who = String(c.get("requestLog").fields.accessKeyId);
    const record = async (action: string, subject: string) => {
      const entry = await audit({ ...services, table, who }, { action, tenant, subject });
      services.log("info", "audit", { ...entry });
    };
    const handlers: Handlers = await import("./rules-config-handlers.ts");
    const { limits } = await services.tenants.find(table, tenant);
    return handlers[name]({ c, tenant, table, parse, limits, audit: record });
  };
  for (const prefix of PREFIXES) {
    app.get(prefix, serve("listNamespaces"));
    app.all(prefix, notAllowed("GET"));
  }
  for (const prefix of [...PREFIXES, CORTEX_PREFIX]) {
    app.get(`${prefix}/:namespace`, serve("listNamespaces"));
    app.post(`${prefix}/:namespace`, serve("setGroup"));
    app.delete(`${prefix}/:namespace`, serve("deleteNamespace"));
    app.all(`${prefix}/:namespace`, notAllowed("GET, POST, DELETE"));
    app.get(`${prefix}/:namespace/:group`, serve("getGroup"));
    app.delete(`${prefix}/:namespace/:group`, serve("deleteGroup"));
    app.all(`${prefix}/:namespace/:group`, notAllowed("GET, DELETE"));
  }
}

function notAllowed(methods: string) {
  return (c: GatewayContext) =>
    c.text(`method ${c.req.method} is not allowed here, use ${methods}\n`, 405, { Allow: methods });
}
