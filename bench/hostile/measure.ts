/** Sends requests to workers, one after the other to each. A worker that does not respond, or ends, is replaced. */
import { startWorker, type Worker } from "../worker.ts";
import { faultsOf } from "./budgets.ts";
import type { Group, HostileRequest } from "./requests.ts";
import type { Cost } from "./subject.ts";
import type { Ask } from "./worker.ts";

/** Far past every budget. */
const TIMEOUT_MS = 60_000;
/** A worker whose memory has grown is replaced: what it holds already would hide what the next request takes. */
const GROWN_BYTES = 100e6;
/** Workers at once. CPU time and memory are each process' own. */
const WORKERS = 2;

export interface Measured {
  readonly group: Group;
  readonly name: string;
  /** Undefined without a response. */
  readonly cost: Cost | undefined;
  readonly faults: readonly string[];
}

type HostileWorker = Worker<Ask, Cost>;

/** In the order of `chosen`. */
export async function measureAll(
  requests: readonly HostileRequest[],
  chosen: readonly number[],
  isSmall: boolean,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  const queue = chosen.entries();
  let done = 0;
  const work = async () => {
    let worker: HostileWorker | undefined;
    for (const [place, index] of queue) {
      const { group, name } = requests[index];
      worker ??= await startWorker<Ask, Cost>(
        new URL("worker.ts", import.meta.url),
        isSmall ? ["small"] : [],
      );
      const cost = await costOf(worker, index);
      measured[place] =
        typeof cost === "string"
          ? { group, name, cost: undefined, faults: [cost] }
          : { group, name, cost, faults: faultsOf(group, cost) };
      if (typeof cost === "string" || cost.memoryBytes > GROWN_BYTES) {
        await worker.close();
        worker = undefined;
      }
      done++;
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${chosen.length}`);
    }
    await worker?.close();
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return measured;
}

async function costOf(worker: HostileWorker, index: number): Promise<Cost | string> {
  const timeout = Promise.withResolvers<string>();
  const timer = setTimeout(() => timeout.resolve(`no response within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS);
  const answer = worker.ask({ index }).catch((error: Error) => `the process ended: ${error.message}`);
  const cost = await Promise.race([answer, timeout.promise]);
  clearTimeout(timer);
  return cost;
}
