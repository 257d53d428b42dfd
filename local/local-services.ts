/** The services of `npm start`, as each of its threads makes them for itself: its own client of the table, its own caches. */
import { randomBytes } from "node:crypto";
import { parseOidcSettings } from "../lib/auth/oidc-settings.ts";
import { parseCorsOrigin } from "../lib/http/browsers/cors-origin.ts";
import { composeServices } from "../lib/http/compose-services.ts";
import type { WriteServices } from "../lib/http/gateway.ts";
import type { Log } from "../lib/model/log.ts";
import type { Metrics } from "../lib/model/metrics.ts";
import { openTimedTable } from "../lib/storage/dynamodb/timed-table.ts";
import { findAwsAccount } from "./aws-account.ts";
import type { Environment, Settings } from "./settings.ts";

/** More than a function has: a million series and their spellings. */
const WRITERS_BYTES = 256 * 1024 * 1024;

/** Where the table is. Throws "invalid" without a region. */
export async function tableOptions(settings: Settings, env: Environment, endpoint: string | undefined) {
  const account = await findAwsAccount(env, { endpoint });
  return { tableName: settings.tableName, clock: Date.now, randomBytes, ...account };
}

export async function newLocalServices(
  settings: Settings,
  env: Environment,
  endpoint: string | undefined,
  sinks: { readonly log: Log; readonly metrics: Metrics | undefined },
): Promise<WriteServices> {
  return composeServices({
    ...openTimedTable(await tableOptions(settings, env, endpoint)),
    randomBytes,
    retentionMs: settings.retentionMs,
    maxQueryReadUnits: settings.maxQueryReadUnits,
    tenantLimits: settings.tenantLimits,
    rollupRetentionMs: settings.rollupRetentionMs,
    writersBytes: WRITERS_BYTES,
    otlp: settings.otlp,
    corsOrigin: parseCorsOrigin(env),
    oidc: parseOidcSettings(env),
    ...sinks,
  });
}
