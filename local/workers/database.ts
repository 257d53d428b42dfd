/** The embedded DynamoDB behind a thread. */
import { Worker } from "node:worker_threads";
import { type ErrorKind, HearthError } from "../../lib/model/errors.ts";

/**
 * Of the heap. By default half a page of items survives each time the collector runs, which then keeps all other threads waiting
 * for 13 to 28 ms. More often, it takes 3.
 */
const YOUNG_MIB = 12;

export interface DatabaseOptions {
  readonly directory: string;
  readonly isSynced: boolean;
  readonly acceptsDamage: boolean;
}

export type FromDatabase =
  | { readonly kind: "ready"; readonly endpoint: string }
  | { readonly kind: "refused"; readonly errorKind: ErrorKind; readonly message: string }
  | { readonly kind: "failure"; readonly message: string };

export interface Database {
  /** The URL to open tables with. */
  readonly endpoint: string;
  /** Finishes what is in flight, takes nothing new, and closes the database. */
  close(): Promise<void>;
}

/** `onFailure` receives a failed request's reason. Throws "unavailable" for a taken directory. */
export function startDatabase(
  options: DatabaseOptions,
  onFailure: (message: string) => void,
): Promise<Database> {
  const worker = new Worker(new URL("database-worker.ts", import.meta.url), {
    workerData: options,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
  });
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  return new Promise((resolve, reject) => {
    worker.on("message", (message: FromDatabase) => {
      if (message.kind === "failure") onFailure(message.message);
      else if (message.kind === "refused") reject(new HearthError(message.errorKind, message.message));
      else
        resolve({
          endpoint: message.endpoint,
          async close() {
            worker.postMessage("close");
            await exited;
          },
        });
    });
    // Without its database the process has no use: an error that nobody caught there is one here.
    worker.once("error", (error) => {
      reject(error);
      throw error;
    });
  });
}
