/** The handlers of Mimir's configuration API of rules. They are loaded when they are first needed: YAML and PromQL's parser are large. */
import { HearthError } from "../model/errors.ts";
import type { TenantLimits } from "../model/quota/tenant-limits.ts";
import { shorten } from "../model/shorten.ts";
import type { ParseOptions } from "../promql/parse/options.ts";
import { ALERT_TEMPLATES } from "../rules/alert-templates.ts";
import { parseRuleGroup } from "../rules/parse-rule-file.ts";
import { printGroup, printNamespaces } from "../rules/print-rule-file.ts";
import { hasErrors, type Problem, printProblem } from "../rules/problem.ts";
import type { RuleGroup } from "../rules/rule-file.ts";
import { expectGroupCount, expectGroupSize } from "../rules/rule-limits.ts";
import type { RuleStore } from "../rules/rule-store.ts";
import { newRuleStore } from "../rules/table-rule-store.ts";
import { wrongGroupName } from "../storage/rules/rule-keys.ts";
import type { Table } from "../storage/table/table.ts";
import { readBody } from "./body.ts";
import type { GatewayContext } from "./gateway.ts";

/** Twice what an item of the table holds: YAML is longer than what is stored. */
const MAX_GROUP_BYTES = 800 * 1024;

const MAX_ERRORS = 8;
const MAX_ERROR_CHARACTERS = 300;

const YAML = "application/yaml";
const NO_GROUP = "group does not exist\n";

export interface RulesConfigRequest {
  readonly c: GatewayContext;
  readonly tenant: string;
  readonly table: Table;
  readonly parse: ParseOptions;
  readonly limits: TenantLimits;
  /** Puts a change of a group, or of a namespace, on record before it is made. */
  readonly audit: (action: string, subject: string) => Promise<void>;
}

type Request = RulesConfigRequest;

const parameter = (c: GatewayContext, name: string): string => c.req.param(name) ?? "";

/** Of all namespaces, or of the one in the path. */
export async function listNamespaces({ c, tenant, table }: Request): Promise<Response> {
  const stored = await newRuleStore(table).list(tenant, c.req.param("namespace"));
  const namespaces = new Map<string, RuleGroup[]>();
  for (const { namespace, group } of stored) {
    const groups = namespaces.get(namespace);
    if (groups === undefined) namespaces.set(namespace, [group]);
    else groups.push(group);
  }
  return yaml(c, printNamespaces(namespaces));
}

export async function getGroup({ c, tenant, table }: Request): Promise<Response> {
  const stored = await newRuleStore(table).get(tenant, parameter(c, "namespace"), parameter(c, "group"));
  return stored === undefined ? c.text(NO_GROUP, 404) : yaml(c, printGroup(stored.group));
}

export async function setGroup({ c, tenant, table, parse, limits, audit }: Request): Promise<Response> {
  const body = await readBody(c, MAX_GROUP_BYTES);
  const { group, problems } = parseRuleGroup(new TextDecoder().decode(body), {
    parse,
    templates: ALERT_TEMPLATES,
  });
  if (group === undefined || hasErrors(problems)) {
    const errors = problems.filter(({ severity }) => severity === "error");
    throw new HearthError("invalid", printErrors(errors));
  }
  const namespace = parameter(c, "namespace");
  const wrong = wrongGroupName({ namespace, name: group.name });
  if (wrong !== undefined) throw new HearthError("invalid", `rule group: ${wrong}`);
  await expectWithin(limits, { tenant, table, namespace, group });
  await audit("rules set", `${namespace}/${group.name}`);
  await newRuleStore(table).put(tenant, namespace, group);
  return accepted(c);
}

/** The first ones, each in short: a text may have as many as rules. */
function printErrors(errors: readonly Problem[]): string {
  const printed = errors.slice(0, MAX_ERRORS).map((one) => shorten(printProblem(one), MAX_ERROR_CHARACTERS));
  const others = errors.length - printed.length;
  return [...printed, ...(others > 0 ? [`and ${others} more`] : [])].join("; ");
}

/** Throws "invalid" for a group past a limit of its tenant. */
async function expectWithin(
  limits: TenantLimits,
  place: Pick<Request, "tenant" | "table"> & { readonly namespace: string; readonly group: RuleGroup },
): Promise<void> {
  const { tenant, table, namespace, group } = place;
  expectGroupSize(limits, tenant, group);
  if (limits.ruleGroups === undefined) return;
  const stored = await newRuleStore(table).list(tenant);
  const isNew = !stored.some((one) => one.namespace === namespace && one.group.name === group.name);
  const before = stored.length;
  expectGroupCount(limits, tenant, { before, after: before + (isNew ? 1 : 0) });
}

export async function deleteGroup({ c, tenant, table, audit }: Request): Promise<Response> {
  const [namespace, group] = [parameter(c, "namespace"), parameter(c, "group")];
  await audit("rules delete", `${namespace}/${group}`);
  const isDeleted = await newRuleStore(table).delete(tenant, namespace, group);
  return isDeleted ? accepted(c) : c.text(NO_GROUP, 404);
}

export async function deleteNamespace({ c, tenant, table, audit }: Request): Promise<Response> {
  const store: RuleStore = newRuleStore(table);
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
