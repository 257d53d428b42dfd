/**
 * Mimir's configuration API of rules, for mimirtool, cortextool and Grafana's rule editor: groups in YAML by namespace.
 * https://grafana.com/docs/mimir/latest/references/http-api/#ruler
 */
import { audit } from "../auth/audit.ts";
import { HearthError } from "../model/errors.ts";
import type { ParseOptions } from "../promql/parse/options.ts";
import { ALERT_TEMPLATES } from "../rules/alert-templates.ts";
import { parseRuleGroup } from "../rules/parse-rule-file.ts";
import { printGroup, printNamespaces } from "../rules/print-rule-file.ts";
import { hasErrors, printProblem } from "../rules/problem.ts";
import type { RuleGroup } from "../rules/rule-file.ts";
import type { RuleStore } from "../rules/rule-store.ts";
import { newRuleStore } from "../rules/table-rule-store.ts";
import { readBody } from "./body.ts";
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

/** Twice what an item of the table holds: YAML is longer than what is stored. */
const MAX_GROUP_BYTES = 800 * 1024;

const YAML = "application/yaml";
const NO_GROUP = "group does not exist\n";

/** Whether a path belongs to this API. */
export function isRulesConfigPath(path: string): boolean {
  return (
    PREFIXES.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)) ||
    path.startsWith(`${CORTEX_PREFIX}/`)
  );
}

interface Request {
  readonly c: GatewayContext;
  readonly tenant: string;
  readonly store: RuleStore;
  /** Puts a change of a group, or of a namespace, on record before it is made. */
  readonly audit: (action: string, subject: string) => Promise<void>;
}

type Handler = (request: Request) => Promise<Response>;

export function addRulesConfigRoutes(app: Gateway, services: Services, parse: ParseOptions): void {
  const serve = (handler: Handler) => async (c: GatewayContext) => {
    const tenant = await authenticate(c, services, "rules");
    const table = services.table.metered(c.get("meter"));
    const who = String(c.get("requestLog").fields.accessKeyId);
    const record = async (action: string, subject: string) => {
      const entry = await audit({ ...services, table, who }, { action, tenant, subject });
      services.log("info", "audit", { ...entry });
    };
    return handler({ c, tenant, store: newRuleStore(table), audit: record });
  };
  const set: Handler = (request) => setGroup(request, parse);
  for (const prefix of PREFIXES) {
    app.get(prefix, serve(listNamespaces));
    app.all(prefix, notAllowed("GET"));
  }
  for (const prefix of [...PREFIXES, CORTEX_PREFIX]) {
    app.get(`${prefix}/:namespace`, serve(listNamespaces));
    app.post(`${prefix}/:namespace`, serve(set));
    app.delete(`${prefix}/:namespace`, serve(deleteNamespace));
    app.all(`${prefix}/:namespace`, notAllowed("GET, POST, DELETE"));
    app.get(`${prefix}/:namespace/:group`, serve(getGroup));
    app.delete(`${prefix}/:namespace/:group`, serve(deleteGroup));
    app.all(`${prefix}/:namespace/:group`, notAllowed("GET, DELETE"));
  }
}

function notAllowed(methods: string) {
  return (c: GatewayContext) =>
    c.text(`method ${c.req.method} is not allowed here, use ${methods}\n`, 405, { Allow: methods });
}

const parameter = (c: GatewayContext, name: string): string => c.req.param(name) ?? "";

/** Of all namespaces, or of the one in the path. */
async function listNamespaces({ c, tenant, store }: Request): Promise<Response> {
  const stored = await store.list(tenant, c.req.param("namespace"));
  const namespaces = new Map<string, RuleGroup[]>();
  for (const { namespace, group } of stored) {
    const groups = namespaces.get(namespace);
    if (groups === undefined) namespaces.set(namespace, [group]);
    else groups.push(group);
  }
  return yaml(c, printNamespaces(namespaces));
}

async function getGroup({ c, tenant, store }: Request): Promise<Response> {
  const stored = await store.get(tenant, parameter(c, "namespace"), parameter(c, "group"));
  return stored === undefined ? c.text(NO_GROUP, 404) : yaml(c, printGroup(stored.group));
}

async function setGroup({ c, tenant, store, audit }: Request, parse: ParseOptions): Promise<Response> {
  const body = await readBody(c, MAX_GROUP_BYTES);
  const { group, problems } = parseRuleGroup(new TextDecoder().decode(body), {
    parse,
    templates: ALERT_TEMPLATES,
  });
  if (group === undefined || hasErrors(problems)) {
    const errors = problems.filter(({ severity }) => severity === "error");
    throw new HearthError("invalid", errors.map(printProblem).join("; "));
  }
  const namespace = parameter(c, "namespace");
  await audit("rules set", `${namespace}/${group.name}`);
  await store.put(tenant, namespace, group);
  return accepted(c);
}

async function deleteGroup({ c, tenant, store, audit }: Request): Promise<Response> {
  const [namespace, group] = [parameter(c, "namespace"), parameter(c, "group")];
  await audit("rules delete", `${namespace}/${group}`);
  const isDeleted = await store.delete(tenant, namespace, group);
  return isDeleted ? accepted(c) : c.text(NO_GROUP, 404);
}

async function deleteNamespace({ c, tenant, store, audit }: Request): Promise<Response> {
  const namespace = parameter(c, "namespace");
  const stored = await store.list(tenant, namespace);
  if (stored.length > 0) await audit("rules delete", namespace);
  for (const { group } of stored) await store.delete(tenant, namespace, group.name);
  return stored.length > 0 ? accepted(c) : c.text("no rule groups found\n", 404);
}

/** What Mimir responds with to a change. */
function accepted(c: GatewayContext): Response {
  return c.json({ status: "success", data: null, errorType: "", error: "" }, 202);
}

function yaml(c: GatewayContext, text: string): Response {
  return c.body(text, 200, { "Content-Type": YAML });
}
