/** Requests to the query API. */
import type { Deadline } from "../../model/deadline.ts";
import type { Patterns } from "../../model/regexp/patterns.ts";
import type { Queryable } from "../../storage/interface.ts";
import type { Table } from "../../storage/table/table.ts";
import type { GatewayContext, Services } from "../gateway.ts";
import type { QueryPhase } from "./errors.ts";
import type { QueryServices } from "./services.ts";

/** An authorized request. */
export interface QueryRequest {
  readonly c: GatewayContext;
  readonly parameters: URLSearchParams;
  readonly tenant: string;
  /** Counts what the request costs. */
  readonly table: Table;
  readonly source: Queryable;
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
  /** To be called once the parameters are valid. */
  setPhase(phase: QueryPhase): void;
}
