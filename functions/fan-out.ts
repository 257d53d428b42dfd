/** A function starts itself once more, asynchronously: a busy compactor does, and rules that are many. */
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
    const event: CompactEvent = { helper: helper + 1 };
    if (await invokeSelf(functionName, event, "compaction: no other compactor could be started", log))
      log("info", "compaction: another compactor is started", { ...event });
  };
}

/** Starts a function with an event. Never throws: a failure is logged, and false. */
export async function invokeSelf(
  functionName: string,
  event: object,
  failure: string,
  log: Log,
): Promise<boolean> {
  try {
    // Most invocations need no client, and loading it takes a tenth of a second.
    const { InvokeCommand, LambdaClient } = await import("@aws-sdk/client-lambda");
    await new LambdaClient().send(
      new InvokeCommand({
        FunctionName: functionName,
        InvocationType: "Event",
        Payload: new TextEncoder().encode(JSON.stringify(event)),
      }),
    );
    return true;
  } catch (error) {
    log("warn", failure, { error: errorMessage(error) });
    return false;
  }
}
