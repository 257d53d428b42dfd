/** Rules and alerts, as Prometheus 3.16 shows them. https://prometheus.io/docs/prometheus/latest/querying/api/#rules */
import { createHash } from "node:crypto";
import { HearthError } from "../../model/errors.ts";
import { labelSetOf } from "../../model/labels.ts";
import { matchesAll } from "../../model/matcher.ts";
import { quoteInput, shorten } from "../../model/shorten.ts";
import { SECOND_MS } from "../../model/time.ts";
import { parseExpr } from "../../promql/parse/parse-expr.ts";
import { printExpr } from "../../promql/syntax/print.ts";
import type { Alert } from "../../rules/alert.ts";
import type { RuleState } from "../../rules/group-state.ts";
import { isAlerting, labelsOf, nameOf, type Rule } from "../../rules/rule-file.ts";
import type { GroupWithState } from "../../rules/run/read-states.ts";
import { DEFAULT_RULE_SETTINGS } from "../../rules/settings.ts";
import { answerValue } from "./answer.ts";
import { invalidParameter, matchParameters, parseWhole } from "./parameters.ts";
import type { QueryRequest } from "./request.ts";
import { RulesView } from "./rules-view.ts";

/** As Go prints a time that was never set. */
const NO_TIME = "0001-01-01T00:00:00Z";

export async function answerRules(request: QueryRequest): Promise<Response> {
  const { c, services } = request;
  const rules = viewOf(request);
  const filter = filterOf(request);
  const groups: object[] = [];
  const { intervalMs } = services.rules ?? DEFAULT_RULE_SETTINGS;
  const { warnings } = rules;
  let isFound = filter.nextToken === "";
  for (const known of await rules.groups()) {
    const token = tokenOf(known);
    isFound ||= token === filter.nextToken;
    if (!isFound || !filter.takesGroup(known)) continue;
    const taken = known.rules.filter(([rule]) => filter.takesRule(known, rule));
    if (taken.length === 0) continue;
    if (groups.length === filter.groupLimit)
      return answerValue(c, { groups, groupNextToken: token }, { warnings });
    groups.push(printGroup({ ...known, rules: taken }, intervalMs, filter, request));
  }
  if (!isFound) {
    const reason = `invalid group_next_token '${shorten(filter.nextToken)}'. were rule groups changed?`;
    throw invalidParameter("group_next_token", reason);
  }
  return answerValue(c, { groups }, { warnings });
}

export async function answerAlerts(request: QueryRequest): Promise<Response> {
  const rules = viewOf(request);
  request.setPhase("evaluation");
  const alerts = (await rules.alerts()).filter(isActive);
  return answerValue(request.c, { alerts: alerts.map(printAlert) }, { warnings: rules.warnings });
}

function viewOf({ readableRules, deadline }: QueryRequest): RulesView {
  const { access, table } = readableRules();
  return new RulesView(table, access, deadline);
}

interface Filter {
  readonly excludesAlerts: boolean;
  readonly groupLimit: number;
  /** "" for the first page. */
  readonly nextToken: string;
  readonly takesGroup: (group: GroupWithState) => boolean;
  readonly takesRule: (group: GroupWithState, rule: Rule) => boolean;
}

function filterOf({ parameters, patterns }: QueryRequest): Filter {
  const type = (parameters.get("type") ?? "").toLowerCase();
  if (type !== "" && type !== "alert" && type !== "record")
    throw invalidParameter("type", `not supported value ${quoteInput(type)}`);
  const [names, groups, files] = ["rule_name[]", "rule_group[]", "file[]"].map((name) => {
    const values = new Set(parameters.getAll(name));
    return (value: string) => values.size === 0 || values.has(value);
  });
  const matcherSets = matchParameters(parameters, { patterns });
  return {
    excludesAlerts: excludeParameter(parameters),
    ...pageParameters(parameters),
    takesGroup: ({ namespace, group }) => groups(group.name) && files(namespace),
    takesRule: ({ group }, rule) =>
      (type === "" || (type === "alert") === isAlerting(rule)) &&
      names(nameOf(rule)) &&
      (matcherSets.length === 0 ||
        matcherSets.some((set) => matchesAll(set, labelSetOf(labelsOf(group, rule))))),
  };
}

/** What Go's `strconv.ParseBool` accepts, in small letters. */
const FLAGS: Readonly<Record<string, boolean>> = {
  "": false,
  "1": true,
  t: true,
  true: true,
  "0": false,
  f: false,
  false: false,
};

function excludeParameter(parameters: URLSearchParams): boolean {
  const text = (parameters.get("exclude_alerts") ?? "").toLowerCase();
  if (Object.hasOwn(FLAGS, text)) return FLAGS[text];
  const reason = `error converting exclude_alerts: strconv.ParseBool: parsing ${quoteInput(text)}: invalid syntax`;
  throw invalidParameter("exclude_alerts", reason);
}

function pageParameters(parameters: URLSearchParams): Pick<Filter, "groupLimit" | "nextToken"> {
  const text = parameters.get("group_limit") ?? "";
  const nextToken = parameters.get("group_next_token") ?? "";
  if (text === "") {
    if (nextToken === "") return { groupLimit: Number.POSITIVE_INFINITY, nextToken };
    const reason = "group_limit needs to be present in order to paginate over the groups";
    throw invalidParameter("group_next_token", reason);
  }
  const groupLimit = parseWhole(text);
  if (typeof groupLimit === "string")
    throw invalidParameter("group_limit", `group_limit needs to be a valid number: ${groupLimit}`);
  if (groupLimit > 0) return { groupLimit, nextToken };
  throw invalidParameter("group_limit", "group_limit needs to be greater than 0");
}

function tokenOf({ namespace, group }: GroupWithState): string {
  return createHash("sha256").update(`${namespace};${group.name}`).digest("hex");
}

function printGroup(
  { namespace, group, state, rules }: GroupWithState,
  defaultIntervalMs: number,
  { excludesAlerts }: Filter,
  { services }: QueryRequest,
): object {
  return {
    name: group.name,
    file: namespace,
    rules: rules.map(([rule, ruleState]) => {
      const common = {
        name: nameOf(rule),
        query: printQuery(rule.expr, services.settings.parse),
      };
      const labels = Object.fromEntries(labelsOf(group, rule));
      const health = printHealth(ruleState);
      if (!isAlerting(rule)) return { ...common, labels, ...health, type: "recording" };
      return {
        state: stateOf(ruleState),
        ...common,
        duration: rule.forMs / SECOND_MS,
        keepFiringFor: rule.keepFiringForMs / SECOND_MS,
        labels,
        annotations: Object.fromEntries(rule.annotations),
        // As Go prints a list that was never made.
        alerts: excludesAlerts ? null : activeAlerts(ruleState).map(printAlert),
        ...health,
        type: "alerting",
      };
    }),
    interval: (group.intervalMs ?? defaultIntervalMs) / SECOND_MS,
    limit: group.limit,
    evaluationTime: (state?.durationMs ?? 0) / SECOND_MS,
    lastEvaluation: printGoTime(state?.startedMs),
  };
}

function printHealth(state: RuleState | undefined): object {
  return {
    health: state?.health ?? "unknown",
    ...(state?.lastError ? { lastError: state.lastError } : {}),
    evaluationTime: (state?.durationMs ?? 0) / SECOND_MS,
    lastEvaluation: printGoTime(state?.startedMs),
  };
}

/** As Prometheus prints it, which is not always as it was written. */
function printQuery(text: string, options: QueryRequest["services"]["settings"]["parse"]): string {
  try {
    return printExpr(parseExpr(text, options));
  } catch (error) {
    // A rule may use what was allowed when it was stored.
    if (error instanceof HearthError) return text;
    throw error;
  }
}

function stateOf(state: RuleState | undefined): string {
  if (state === undefined) return "unknown";
  if (state.alerts.some((alert) => alert.state === "firing")) return "firing";
  return state.alerts.some((alert) => alert.state === "pending") ? "pending" : "inactive";
}

function activeAlerts(state: RuleState | undefined): readonly Alert[] {
  return (state?.alerts ?? []).filter(isActive);
}

function isActive({ state }: Alert): boolean {
  return state !== "inactive";
}

function printAlert({ labels, annotations, state, activeAtMs, keepFiringSinceMs, value }: Alert): object {
  return {
    labels: Object.fromEntries(labels),
    annotations: Object.fromEntries(annotations),
    state,
    activeAt: printGoTime(activeAtMs),
    ...(keepFiringSinceMs === undefined ? {} : { keepFiringSince: printGoTime(keepFiringSinceMs) }),
    value: printGoExponent(value),
  };
}

/** RFC 3339 as Go prints it: without zeros at the end of a fraction. */
function printGoTime(timeMs: number | undefined): string {
  if (!timeMs) return NO_TIME;
  return new Date(timeMs).toISOString().replace(/\.?0*Z$/, "Z");
}

/** `1e+00`: Go's `strconv.FormatFloat(value, 'e', -1, 64)`. */
function printGoExponent(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const text = Object.is(value, -0) ? "-0e+0" : value.toExponential();
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}
