/** How rules are evaluated, from environment variables. */
import { HearthError } from "../model/errors.ts";
import { type Label, type LabelSet, labelSetOf, METRIC_NAME } from "../model/labels.ts";
import { quoteInput } from "../model/shorten.ts";
import { MINUTE_MS, SECOND_MS } from "../model/time.ts";
import { parseDuration } from "../promql/syntax/duration-text.ts";

export interface RuleSettings {
  /** Of groups that name none. */
  readonly intervalMs: number;
  /** How far before its nominal time an evaluation reads and writes, of groups that name none. */
  readonly queryOffsetMs: number;
  /** Added to alerts that are sent, where they have no label of the name; also `$externalLabels`. */
  readonly externalLabels: LabelSet;
  /** Where a browser finds this Hearth, without a slash at the end; "" if that is not known. */
  readonly externalUrl: string;
}

/**
 * The offset covers what lies between a sample and its acknowledgement: senders keep samples back for up to 15 s
 * (`batch_send_deadline` as docs/deploy-aws.md recommends), and need some more to send them.
 */
export const DEFAULT_RULE_SETTINGS: RuleSettings = {
  intervalMs: MINUTE_MS,
  queryOffsetMs: 30 * SECOND_MS,
  externalLabels: [],
  externalUrl: "",
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws "invalid" with the variable's name. */
export function parseRuleSettings(env: Environment): RuleSettings {
  return {
    intervalMs: duration(env, "HEARTH_RULE_INTERVAL", DEFAULT_RULE_SETTINGS.intervalMs, 1),
    queryOffsetMs: duration(env, "HEARTH_RULE_QUERY_OFFSET", DEFAULT_RULE_SETTINGS.queryOffsetMs, 0),
    externalLabels: labels(env, "HEARTH_EXTERNAL_LABELS"),
    externalUrl: externalUrl(env, "HEARTH_EXTERNAL_URL"),
  };
}

function duration(env: Environment, name: string, fallback: number, least: number): number {
  const text = env[name];
  if (!text) return fallback;
  const parsed = parseDuration(text);
  if (parsed.ok && parsed.ms >= least) return parsed.ms;
  throw new HearthError("invalid", `${name}=${text}: expected a duration as 30s or 1m30s`);
}

/** `cluster=eu,replica=a`. */
function labels(env: Environment, name: string): LabelSet {
  const pairs: Label[] = [];
  for (const text of (env[name] ?? "").split(",")) {
    if (text.trim() === "") continue;
    const at = text.indexOf("=");
    const label = text.slice(0, at).trim();
    if (at < 0 || label === "" || label === METRIC_NAME || pairs.some(([known]) => known === label))
      throw new HearthError(
        "invalid",
        `${name}: ${quoteInput(text)}: expected NAME=VALUE, with commas between them`,
      );
    pairs.push([label, text.slice(at + 1).trim()]);
  }
  return labelSetOf(pairs);
}

function externalUrl(env: Environment, name: string): string {
  const text = env[name] ?? "";
  if (text === "" || /^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text.replace(/\/+$/, "");
  throw new HearthError("invalid", `${name}=${text}: expected a URL of http or https`);
}

/** A link to the page with an expression, in the form of Prometheus' own page. */
export function expressionUrl(externalUrl: string, expr: string): string {
  return `${externalUrl}/graph?${new URLSearchParams({ "g0.expr": expr, "g0.tab": "1" })}`;
}
