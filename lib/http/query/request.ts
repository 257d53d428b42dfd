/** Requests to the query API. */
import type { Access } from "../../auth/verifier.ts";
import type { Deadline } from "../../model/deadline.ts";
import type { Limits } from "../../model/limits.ts";
import type { Patterns } from "../../model/regexp/patterns.ts";
import type { Queryable } from "../../storage/interface.ts";
import type { Table } from "../../storage/table/table.ts";
import type { Tenant } from "../../storage/tenants/tenant-settings.ts";
import type { GatewayContext, Services } from "../gateway.ts";
import type { QueryPhase } from "./errors.ts";
import type { QueryServices } from "./services.ts";

export interface WholeTenant {
  readonly tenant: string;
  /** Counts what the request costs. */
  readonly table: Table;
}

/** Rules are not read through `source`: what their view shows depends on the key. */
export interface ReadableRules {
  readonly access: Access;
  readonly table: Table;
}

export interface TenantState {
  readonly tenant: Tenant;
  readonly used: Readonly<Record<string, number>>;
  readonly limits: Limits;
}

/** An authorized request. */
export interface QueryRequest {
  readonly c: GatewayContext;
  readonly parameters: URLSearchParams;
  /** What the request may read of series, all of which its key may see. */
  readonly source: Queryable;
  /** What the request may see of rules and alerts. */
  readonly readableRules: () => ReadableRules;
  /**
   * The tenant and its table, for what is not read through `source`. Throws "forbidden" for a key that
   * is narrowed to some series.
   */
  readonly wholeTenant: () => WholeTenant;
  readonly services: QueryServices;
  readonly clock: Services["clock"];
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  /** The time limit of the request, its parsing included. */
  readonly deadline: Deadline;
  /** Compiles the request's regular expressions. */
  readonly patterns: Patterns;
  /** How long the tenant's samples are kept; 0 for ever. */
  readonly retentionMs: () => Promise<number>;
  /** The tenant's settings, what is known of its use of limits, and the limits of every request. */
  readonly tenantState: () => Promise<TenantState>;
  /** To be called once the parameters are valid. */
  setPhase(phase: QueryPhase): void;
}
