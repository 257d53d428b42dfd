/** A compactor that needs help starts another: an asynchronous invocation of its own function. */
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { errorMessage } from "../lib/model/errors.ts";
import type { Log } from "../lib/model/log.ts";

/** Compactors that one schedule's event may start in a row. Lambda itself would end such a row after 16. */
export const MAX_HELPERS = 8;

/** What the function is invoked with: the schedule's own event says nothing of it. */
export interface CompactEvent {
  /** How many compactors there were before this one. */
  readonly helper?: number;
}

/** The `fanOut` of `compact`; undefined for the last in a row. What fails is logged: the next schedule goes on. */
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
