/**
 * CPU time of the whole write function, from HTTP request to response, with its DynamoDB client, in
 * a process of its own.
 */
import { startDynamoDBStub } from "../dynamodb-stub.ts";
import type { HandlerReply } from "../ingest/handler-worker.ts";
import type { RecordedSeries } from "../recorded-series.ts";
import { startWorker, type Worker } from "../worker.ts";
import { newWorkload, type Sender, type Workload, workloadStart } from "../workload.ts";

/** Approximate numbers of samples: to warm up, to measure, and in one message. */
const WARM_UP_SAMPLES = 0.8e6;
const SAMPLES = 0.4e6;
const SAMPLES_AT_ONCE = 0.1e6;

type Bodies = readonly Uint8Array<ArrayBuffer>[];

/** CPU seconds per million samples of a warm writer. */
export async function measureWriteCpu(
  recorded: readonly RecordedSeries[],
  series: number,
  sender: Sender,
): Promise<number> {
  const [warmUp, measured] = [WARM_UP_SAMPLES, SAMPLES].map((samples) => Math.ceil(samples / series));
  const workload = newWorkload(recorded, series, workloadStart(Date.now(), warmUp + measured), sender);
  const stub = await startDynamoDBStub();
  try {
    const module = new URL("../ingest/handler-worker.ts", import.meta.url);
    const worker = await startWorker<Bodies, HandlerReply>(module, [stub.endpoint]);
    try {
      await replay(worker, workload, 0, warmUp);
      const cpuSeconds = await replay(worker, workload, warmUp, warmUp + measured);
      return (cpuSeconds / (measured * series)) * 1e6;
    } finally {
      await worker.close();
    }
  } finally {
    await stub.close();
  }
}

/** CPU seconds of the requests of intervals `first..end` (half-open). */
async function replay(
  worker: Worker<Bodies, HandlerReply>,
  workload: Workload,
  first: number,
  end: number,
): Promise<number> {
  const atOnce = Math.max(1, Math.floor(SAMPLES_AT_ONCE / workload.seriesCount));
  let seconds = 0;
  for (let interval = first; interval < end; interval += atOnce) {
    const count = Math.min(atOnce, end - interval);
    const bodies = Array.from({ length: count }, (_, i) => workload.requests(interval + i)).flat();
    seconds += (await worker.ask(bodies)).cpuSeconds;
  }
  return seconds;
}
