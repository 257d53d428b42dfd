/** A function's services, made once per instance from the environment that template.yaml sets. */
import { randomBytes } from "node:crypto";
import { parseOidcSettings } from "../lib/auth/oidc-settings.ts";
import type { CorsOrigin } from "../lib/http/browsers/cors.ts";
import { composeReadServices, type ServiceParts } from "../lib/http/compose-read-services.ts";
import type { Services } from "../lib/http/gateway.ts";
import { parseReadBudget } from "../lib/http/read-budget.ts";
import { HearthError } from "../lib/model/errors.ts";
import { parseTenantLimits } from "../lib/model/quota/tenant-limits.ts";
import { DAY_MS } from "../lib/model/time.ts";
import { parseOtlpSettings } from "../lib/otlp/settings.ts";
import { awsSettings } from "../lib/storage/dynamodb/endpoint.ts";
import { openTimedTable } from "../lib/storage/dynamodb/timed-table.ts";
import { parseRollupRetention } from "../lib/storage/layout/rollup-retention.ts";
import { callerOf } from "./caller.ts";
import { newLog } from "./log.ts";
import { newMetrics } from "./metrics.ts";
import { quietLog, quietMetrics } from "./quiet-refusals.ts";
import { nameSourcesInStackTraces } from "./stack-traces.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Of a function that only reads. `functionName` is a dimension of the metrics. Throws "invalid" for an
 * environment that template.yaml does not make.
 */
export async function newServices(env: Environment, functionName: string): Promise<Services> {
  return composeReadServices(await serviceParts(env, functionName));
}

export async function serviceParts(env: Environment, functionName: string): Promise<ServiceParts> {
  nameSourcesInStackTraces();
  const tableName = required(env, "HEARTH_TABLE");
  const timedTable = openTimedTable({ tableName, clock: Date.now, randomBytes, ...awsSettings(env) });
  const { clock } = timedTable;
  return {
    ...timedTable,
    randomBytes,
    callerOf,
    retentionMs: retentionDays(env) * DAY_MS,
    maxQueryReadUnits: parseReadBudget(env),
    tenantLimits: parseTenantLimits(env),
    rollupRetentionMs: parseRollupRetention(env),
    otlp: parseOtlpSettings(env),
    corsOrigin: await corsOriginOf(env),
    oidc: parseOidcSettings(env),
    log: quietLog(newLog(env.LOG_LEVEL), clock),
    metrics: quietMetrics(
      newMetrics({ stack: env.HEARTH_METRICS_STACK, functionName, clock, write: writeLine }),
      clock,
    ),
  };
}

/** Regular expressions are loaded for a setting that needs them: by default pages of any origin may call the API. */
async function corsOriginOf(env: Environment): Promise<CorsOrigin> {
  if ((env.HEARTH_CORS_ORIGIN ?? ".*") === ".*") return undefined;
  const { parseCorsOrigin } = await import("../lib/http/rare-parts.ts");
  return parseCorsOrigin(env);
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new HearthError("invalid", `environment variable ${name} is not set; template.yaml sets it`);
}

function retentionDays(env: Environment): number {
  const text = required(env, "HEARTH_RETENTION_DAYS");
  const days = Number(text);
  if (Number.isInteger(days) && days >= 0) return days;
  throw new HearthError(
    "invalid",
    `HEARTH_RETENTION_DAYS=${text}: expected a whole number, 0 to keep for ever`,
  );
}

/** Bypasses the console, which wraps each line in a log line of its own. */
function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
