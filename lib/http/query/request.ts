/** A request to the query API. */
import type { GatewayContext, Services } from "../gateway.ts";
import type { QueryPhase } from "./errors.ts";
import type { QueryServices, QuerySource } from "./services.ts";

/** A request that was let in. */
export interface QueryRequest {
  readonly c: GatewayContext;
  readonly parameters: URLSearchParams;
  readonly source: QuerySource;
  readonly services: QueryServices;
  readonly clock: Services["clock"];
  /** Fires when the client goes away. */
  readonly signal: AbortSignal;
  /** To be told when the parameters turned out to be good. */
  setPhase(phase: QueryPhase): void;
}
