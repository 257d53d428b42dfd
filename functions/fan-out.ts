/** A busy compactor starts another one: an asynchronous invocation of its own function. */
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { errorMessage } from "../lib/model/errors.ts";
import type { Log } from "../lib/model/log.ts";

/** Compactors that one scheduled event may start in a chain. Lambda stops such a chain after 16. */
export const MAX_HELPERS = 8;

/** The event of an invocation; the schedule's own event has no `helper`. */
export interface CompactEvent {
  /** The number of compactors before this one. */
  readonly helper?: number;
}

/**
 * The `fanOut` of `compact`; undefined for the last in a chain. Failures are logged: the next
 * schedule continues.
 */
export function newFanOut(
  { helper = 0 }: CompactEvent,
  functionName: string,
  log: Log,
): (() => Promise<void>) | undefined {
  if (helper >= MAX_HELPERS) return undefined;
  return async () => {
    try {
      const event: CompactEvent = { helper: helper + 1 };
      await new LambdaClient().send(
        new InvokeCommand({
          FunctionName: functionName,
          InvocationType: "Event",
          Payload: new TextEncoder().encode(JSON.stringify(event)),
        }),
      );
      log("info", "compaction: another compactor is started", { ...event });
    } catch (error) {
      log("warn", "compaction: no other compactor could be started", { error: errorMessage(error) });
    }
  };
}
