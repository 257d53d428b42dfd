/** What a warm function keeps: made once per instance, from the environment that template.yaml sets. */
import { Logger } from "@aws-lambda-powertools/logger";
import { KeyVerifier } from "../lib/auth/verifier.ts";
import type { Services } from "../lib/http/gateway.ts";
import { HearthError } from "../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../lib/model/limits.ts";
import type { Log } from "../lib/model/log.ts";
import { DAY_MS } from "../lib/model/time.ts";
import { parseOtlpSettings } from "../lib/otlp/settings.ts";
import { awsSettings } from "../lib/storage/dynamodb-endpoint.ts";
import { openTable } from "../lib/storage/dynamodb-table.ts";
import { HaTracker } from "../lib/storage/ha-tracker.ts";
import { Tenants } from "../lib/storage/tenant-settings.ts";
import { DEFAULT_WRITERS_BYTES, Writers } from "../lib/storage/writers.ts";

/** Throws "invalid" when the environment is not what template.yaml makes it. */
export function newServices(env: Readonly<Record<string, string | undefined>>): Services {
  const [clock, limits] = [Date.now, DEFAULT_LIMITS];
  const tenants = new Tenants(retentionDays(env) * DAY_MS, clock);
  const table = openTable({ tableName: required(env, "HEARTH_TABLE"), clock, ...awsSettings(env) });
  const writers = new Writers({ clock, limits, maxBytes: DEFAULT_WRITERS_BYTES });
  return {
    table,
    clock,
    limits,
    tenants,
    haTracker: new HaTracker(clock),
    keys: new KeyVerifier(clock),
    writers,
    otlp: parseOtlpSettings(env),
    log: newLog(),
  };
}

function required(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new HearthError("invalid", `environment variable ${name} is not set; template.yaml sets it`);
}

function retentionDays(env: Readonly<Record<string, string | undefined>>): number {
  const text = required(env, "HEARTH_RETENTION_DAYS");
  const days = Number(text);
  if (Number.isInteger(days) && days >= 0) return days;
  throw new HearthError(
    "invalid",
    `HEARTH_RETENTION_DAYS=${text}: expected a whole number, 0 to keep for ever`,
  );
}

/** CloudWatch lines as JSON; LOG_LEVEL sets what is written (POWERTOOLS_LOG_LEVEL too). */
function newLog(): Log {
  const logger = new Logger({ serviceName: "hearth" });
  return (level, message, fields) => logger[level](message, fields);
}
