/** Sends requests to a worker, one after the other. A worker that does not answer, or ends, is replaced. */
import { startWorker, type Worker } from "../worker.ts";
import { faultsOf } from "./budgets.ts";
import type { Group, HostileRequest } from "./requests.ts";
import type { Cost } from "./subject.ts";
import type { Ask } from "./worker.ts";

/** Far past every budget. */
const TIMEOUT_MS = 120_000;
/** A worker whose memory has grown is replaced: what it holds already would hide what the next request takes. */
const GROWN_BYTES = 100e6;

export interface Measured {
  readonly group: Group;
  readonly name: string;
  /** Undefined if there was no answer. */
  readonly cost: Cost | undefined;
  readonly faults: readonly string[];
}

type HostileWorker = Worker<Ask, Cost>;

export async function measureAll(
  requests: readonly HostileRequest[],
  chosen: readonly number[],
  isSmall: boolean,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  let worker: HostileWorker | undefined;
  for (const [done, index] of chosen.entries()) {
    const { group, name } = requests[index];
    worker ??= await startWorker<Ask, Cost>(new URL("worker.ts", import.meta.url), isSmall ? ["small"] : []);
    const cost = await costOf(worker, index);
    if (typeof cost === "string") measured.push({ group, name, cost: undefined, faults: [cost] });
    else measured.push({ group, name, cost, faults: faultsOf(group, cost) });
    if (typeof cost === "string" || cost.memoryBytes > GROWN_BYTES) {
      await worker.close();
      worker = undefined;
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${done + 1} of ${chosen.length}`);
  }
  await worker?.close();
  return measured;
}

async function costOf(worker: HostileWorker, index: number): Promise<Cost | string> {
  const timeout = Promise.withResolvers<string>();
  const timer = setTimeout(() => timeout.resolve(`no answer within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS);
  const answer = worker.ask({ index }).catch((error: Error) => `the process ended: ${error.message}`);
  const cost = await Promise.race([answer, timeout.promise]);
  clearTimeout(timer);
  return cost;
}
