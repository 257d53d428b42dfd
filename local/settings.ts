/** Settings of `npm start`, from the environment and its arguments. */

import { parseOidcSettings } from "../lib/auth/oidc-settings.ts";
import { parseCorsOrigin } from "../lib/http/browsers/cors-origin.ts";
import { parseReadBudget } from "../lib/http/read-budget.ts";
import { HearthError } from "../lib/model/errors.ts";
import { parseFlag } from "../lib/model/flag.ts";
import { LOG_LEVELS, type LogLevel } from "../lib/model/log.ts";
import { parseTenantLimits, type TenantLimits } from "../lib/model/quota/tenant-limits.ts";
import { DEFAULT_TENANT } from "../lib/model/tenant.ts";
import { DAY_MS } from "../lib/model/time.ts";
import { type OtlpSettings, parseOtlpSettings } from "../lib/otlp/settings.ts";
import { type PromqlSettings, parsePromqlSettings } from "../lib/promql/settings.ts";
import { parseDeliverySettings } from "../lib/rules/delivery/settings.ts";
import { parseRuleSettings, type RuleSettings } from "../lib/rules/settings.ts";
import { parseCompactorShare } from "../lib/storage/compact/pacing/write-capacity.ts";
import { parseRollupRetention } from "../lib/storage/layout/rollup-retention.ts";

export interface Settings {
  readonly host: string;
  readonly port: number;
  /** The embedded DynamoDB's. */
  readonly dataDirectory: string;
  /** Whether the embedded DynamoDB syncs a write to the disk before it acknowledges it. */
  readonly isSynced: boolean;
  /** Whether the embedded DynamoDB opens damaged files without what they lack. */
  readonly acceptsDamage: boolean;
  /** Another DynamoDB to use instead. */
  readonly endpoint: string | undefined;
  readonly tableName: string;
  /** 0: for ever. */
  readonly retentionMs: number;
  /** Read units that one request may cost. */
  readonly maxQueryReadUnits: number;
  /** Of tenants without limits of their own. */
  readonly tenantLimits: TenantLimits;
  /** The same of hourly rows; undefined: as samples. */
  readonly rollupRetentionMs: number | undefined;
  /** Of a table's provisioned write units, from 0 to 1. */
  readonly compactorShare: number;
  readonly logLevel: LogLevel;
  /** Whether of the lines below "warn" only those of slow requests are written. */
  readonly isQuiet: boolean;
  /** Threads that answer queries, one at a time each. */
  readonly queryWorkers: number;
  /** Whether it writes and reads back a series of its own. */
  readonly hasCanary: boolean;
  /** Whether it stores metrics of its own. */
  readonly isSelfScraped: boolean;
  /** The key to create if it is missing. */
  readonly key: { readonly id: string; readonly secret: string } | undefined;
  readonly tenant: string;
  readonly otlp: OtlpSettings;
  readonly promql: PromqlSettings;
  readonly rules: RuleSettings;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const NO_SELF_SCRAPE = "--no-self-scrape";

/**
 * Throws "invalid" with the variable's name for an impossible value, and for an unknown argument. On a terminal the log is
 * quiet unless a level is set: a line per request would scroll away what the start prints.
 */
export function parseSettings(env: Environment, args: readonly string[] = [], isTerminal = false): Settings {
  // The thread that delivers reads them itself: a secret is in no settings.
  parseDeliverySettings(env);
  parseCorsOrigin(env);
  parseOidcSettings(env);
  const unknown = args.find((arg) => arg !== NO_SELF_SCRAPE);
  if (unknown !== undefined)
    throw new HearthError("invalid", `argument ${unknown}: expected none, or ${NO_SELF_SCRAPE}`);
  return {
    host: env.HOST || "127.0.0.1",
    port: parseNumber(env, "PORT", 9201, 65_535),
    dataDirectory: env.HEARTH_DATA_DIR || ".hearth",
    isSynced: parseFlag(env, "HEARTH_FSYNC", true),
    acceptsDamage: parseFlag(env, "HEARTH_ACCEPT_DAMAGE", false),
    endpoint: parseEndpoint(env.AWS_ENDPOINT_URL_DYNAMODB),
    tableName: env.HEARTH_TABLE || "hearth",
    retentionMs: parseNumber(env, "HEARTH_RETENTION_DAYS", 0, 36_500) * DAY_MS,
    maxQueryReadUnits: parseReadBudget(env),
    tenantLimits: parseTenantLimits(env),
    rollupRetentionMs: parseRollupRetention(env),
    compactorShare: parseCompactorShare(env),
    logLevel: parseLogLevel(env.LOG_LEVEL),
    isQuiet: isTerminal && !env.LOG_LEVEL,
    queryWorkers: Math.max(1, parseNumber(env, "HEARTH_QUERY_WORKERS", 4, 64)),
    hasCanary: parseFlag(env, "HEARTH_CANARY", true),
    isSelfScraped: !args.includes(NO_SELF_SCRAPE),
    key: parseKey(env),
    tenant: env.HEARTH_TENANT || DEFAULT_TENANT,
    otlp: parseOtlpSettings(env),
    promql: parsePromqlSettings(env),
    rules: parseRuleSettings(env),
  };
}

function parseNumber(env: Environment, name: string, fallback: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new HearthError("invalid", `${name}=${text}: expected a whole number from 0 to ${max}`);
}

function parseEndpoint(text: string | undefined): string | undefined {
  if (!text) return undefined;
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new HearthError("invalid", `AWS_ENDPOINT_URL_DYNAMODB=${text}: expected a URL of http or https`);
}

function parseLogLevel(text: string | undefined): LogLevel {
  const wanted = (text || "info").toLowerCase();
  const level = LOG_LEVELS.find((candidate) => candidate === wanted);
  if (level !== undefined) return level;
  throw new HearthError("invalid", `LOG_LEVEL=${text}: expected one of ${LOG_LEVELS.join(", ")}`);
}

function parseKey(env: Environment): Settings["key"] {
  const { HEARTH_ACCESS_KEY_ID: id, HEARTH_SECRET_ACCESS_KEY: secret } = env;
  if (!id && !secret) return undefined;
  if (id && secret) return { id, secret };
  throw new HearthError("invalid", "HEARTH_ACCESS_KEY_ID and HEARTH_SECRET_ACCESS_KEY: set both or none");
}
