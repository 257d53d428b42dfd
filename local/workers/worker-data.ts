/** What a worker is started with, and what it says beside its answers. */
import type { MessagePort } from "node:worker_threads";
import type { CanaryReport } from "../../lib/canary/canary.ts";
import type { MetricOrigin, MetricValues } from "../../lib/model/metrics.ts";
import type { Urgency } from "../dynamodb/read-gate.ts";
import type { Environment, Settings } from "../settings.ts";
import type { RequestHead } from "./frames.ts";

/** "write": write routes. "query": all that reads. "compact": compactor and canary. "rules": rules. The latter have no routes. */
export type Role = "write" | "query" | "compact" | "rules";

export interface WorkerData {
  readonly role: Role;
  readonly settings: Settings;
  readonly env: Environment;
  /** Of the embedded DynamoDB, or the one that is used instead. */
  readonly endpoint: string | undefined;
  /** Bytes that readers of this worker remember. */
  readonly readerMemoryBytes: number;
  /** How much less urgent than the main thread it is, as `nice` counts. */
  readonly niceness: number;
  /** Of its large reads in the embedded database. */
  readonly urgency: Urgency;
  /** One integer in shared memory. Not 0: the thread's query is to end. */
  readonly canceled: Int32Array<SharedArrayBuffer>;
}

export type ToWorker =
  | { readonly kind: "request"; readonly head: RequestHead; readonly port: MessagePort }
  /** Ends what is in flight and closes; then the worker ends by itself. */
  | { readonly kind: "close" };

export type FromWorker =
  | { readonly kind: "ready" }
  | {
      readonly kind: "metrics";
      readonly source: "request" | "compaction" | "canary" | "rules";
      readonly values: MetricValues;
      readonly origin: MetricOrigin;
    }
  | { readonly kind: "canary"; readonly report: CanaryReport | undefined };
