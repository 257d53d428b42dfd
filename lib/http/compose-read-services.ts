/**
 * What every route needs, from the parts that differ between a function, `npm start` and a benchmark.
 * Without writers: functions that only read load none of their code.
 */
import type { OidcSettings } from "../auth/oidc-settings.ts";
import type { OidcTokens } from "../auth/oidc-tokens.ts";
import { KeyVerifier } from "../auth/verifier.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { TenantLimits } from "../model/quota/tenant-limits.ts";
import type { Clock } from "../model/time.ts";
import type { RetentionMs } from "../storage/layout/retention.ts";
import { VerifiedTable } from "../storage/layout/verified-table.ts";
import { Quotas } from "../storage/limits/quotas.ts";
import type { Meter } from "../storage/table/table.ts";
import { Tenants } from "../storage/tenants/tenant-settings.ts";
import { UsageRecorder } from "../storage/usage/usage-recorder.ts";
import type { Services } from "./gateway.ts";

export interface ServiceParts
  extends Pick<
    Services,
    | "table"
    | "writeCapacity"
    | "clock"
    | "clockGuard"
    | "randomBytes"
    | "callerOf"
    | "otlp"
    | "corsOrigin"
    | "log"
    | "metrics"
  > {
  /** For tenants without a setting of their own. */
  readonly retentionMs: RetentionMs;
  /** Whose OpenID Connect tokens count; default: nobody's. */
  readonly oidc?: OidcSettings | undefined;
  /** Read units that one request may cost; default: that of `DEFAULT_LIMITS`. */
  readonly maxQueryReadUnits?: number | undefined;
  /** The same of hourly rows; default: that of samples. */
  readonly rollupRetentionMs?: RetentionMs | undefined;
  /** Counts what checks of the clock cost; default: nothing does. */
  readonly countProbes?: ((meter: Meter) => void) | undefined;
  /** Of tenants without limits of their own; default: none. */
  readonly tenantLimits?: TenantLimits | undefined;
}

/** Call once per process: the services hold its caches. All other limits are the default ones. */
export function composeReadServices({
  retentionMs,
  rollupRetentionMs,
  tenantLimits,
  countProbes,
  oidc,
  maxQueryReadUnits = DEFAULT_LIMITS.maxQueryReadUnits,
  ...parts
}: ServiceParts): Services {
  const { clock, randomBytes } = parts;
  const limits = { ...DEFAULT_LIMITS, maxQueryReadUnits };
  const usage = new UsageRecorder(clock, randomBytes);
  countProbes?.(usage.meter);
  return {
    ...parts,
    usage,
    table: new VerifiedTable(parts.table.metered(usage.meter)),
    limits,
    tenants: new Tenants(retentionMs, clock, rollupRetentionMs, tenantLimits),
    quotas: new Quotas(clock, randomBytes),
    keys: new KeyVerifier(clock, oidc && newLoader(oidc, clock)),
  };
}

/** Tokens are verified by code that most deployments never load. */
function newLoader(settings: OidcSettings, clock: Clock): () => Promise<OidcTokens> {
  let loaded: Promise<OidcTokens> | undefined;
  return () => {
    loaded ??= import("./rare-parts.ts").then(({ OidcTokens }) => new OidcTokens(settings, { clock, fetch }));
    return loaded;
  };
}
