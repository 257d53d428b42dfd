/** CPU of the whole write function: HTTP request to answer, with the client of DynamoDB, in a process of its own. */
import { startDynamoDBStub } from "../dynamodb-stub.ts";
import type { HandlerReply } from "../ingest/handler-worker.ts";
import type { RecordedSeries } from "../recorded-series.ts";
import { startWorker } from "../worker.ts";
import { newWorkload, workloadStart } from "../workload.ts";

/** Samples that warm it up, and that are measured. */
const WARM_UP_SAMPLES = 1.2e6;
const SAMPLES = 0.6e6;

type Bodies = readonly Uint8Array<ArrayBuffer>[];

/** CPU seconds per million samples of a warm writer. */
export async function measureWriteCpu(recorded: readonly RecordedSeries[], series: number): Promise<number> {
  const [warmUp, measured] = [WARM_UP_SAMPLES, SAMPLES].map((samples) => Math.ceil(samples / series));
  const workload = newWorkload(recorded, series, workloadStart(Date.now(), warmUp + measured));
  const bodies = (first: number, end: number): Bodies =>
    Array.from({ length: end - first }, (_, i) => workload.requests(first + i)).flat();
  const stub = await startDynamoDBStub();
  const module = new URL("../ingest/handler-worker.ts", import.meta.url);
  const worker = startWorker<Bodies, HandlerReply>(module, [stub.endpoint]);
  try {
    await worker.ask(bodies(0, warmUp));
    const { cpuSeconds } = await worker.ask(bodies(warmUp, warmUp + measured));
    return (cpuSeconds / (measured * series)) * 1e6;
  } finally {
    await worker.close();
    await stub.close();
  }
}
