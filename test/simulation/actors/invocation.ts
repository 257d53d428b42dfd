/** An invocation: how it is cut off, and which of its failures are expected. */
import { errorKind } from "../../../lib/model/errors.ts";
import { MINUTE_MS } from "../../../lib/model/time.ts";
import type { Process } from "../scheduler.ts";
import type { Simulated } from "../simulated.ts";

/** Lambda's longest. A writer's is mostly not limited: frozen and thawed, its calls may take hours. */
const MAX_INVOCATION_MS = 15 * MINUTE_MS;

/** A record or an import that took long, or a clock that was found wrong: it is right now, or not known. */
function isAboutTime(error: unknown): boolean {
  return /^log record: took longer|^write: the clock of this process|^write: DynamoDB's Date|^import: \S+ was compacted meanwhile/.test(
    (error as Error).message,
  );
}

/** What the message of every fault of the simulated table begins with. */
export const FAULT = "simulated: ";

/**
 * Does something that may fail when, and only when, the process has met a fault, or an item that it needs is damaged. Answers
 * whether it did not.
 */
export async function tolerate(
  sim: Simulated,
  process: Process,
  what: string,
  task: () => Promise<void>,
  isDamaged?: (message: string) => boolean,
): Promise<boolean> {
  const { faults } = process;
  try {
    await task();
    return true;
  } catch (error) {
    // A call that two of a process wait for may have met its fault before the second one began.
    const isOwnFault = process.faults > faults || (error as Error).message.startsWith(FAULT);
    const isExpected = isOwnFault || isAboutTime(error);
    const isDamage = errorKind(error) === "data" && isDamaged?.((error as Error).message) === true;
    if (!isDamage && (errorKind(error) !== "unavailable" || !isExpected)) throw error;
    sim.scheduler.note(process.name, `${what} failed: ${(error as Error).message}`);
    return false;
  }
}

/** An invocation of a function is ended by the platform after a time, or by chance early, whatever it does. */
export function limitInvocation(
  { scheduler, tally }: Simulated,
  process: Process,
  maxMs = MAX_INVOCATION_MS,
): { isOver: boolean } {
  const invocation = { isOver: false };
  const isEarly = process.role === "compactor" && scheduler.random.chance(0.1);
  const readyMs = scheduler.nowMs + (isEarly ? scheduler.random.between(0, 300) : maxMs);
  const run = () => {
    if (invocation.isOver || process.isDead) return "";
    tally.add(`${process.role} ended by its time-out`);
    scheduler.kill(process);
    return "ends it";
  };
  scheduler.add({ process: undefined, name: `time-out of ${process.name}`, readyMs, run });
  return invocation;
}
