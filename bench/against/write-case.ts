/** Requests of remote write 1.0 to a tree's handler. */
import { randomBytes } from "node:crypto";
import { loadRecording } from "../recorded-series.ts";
import { SCRAPE_INTERVAL_MS } from "../workload.ts";
import type { OpenCase, WriteCase } from "./case.ts";
import type { Tree } from "./tree.ts";

const URL_OF_WRITES = "http://127.0.0.1/api/v1/write";
/** Less than a day of intervals, so the workload stays within one. */
const MAX_INTERVALS = 5_000;

/** `endpoint`: of a stub of DynamoDB. Requests are those of a scrape interval. The clock of this process follows the workload, so samples are fresh. */
export async function openWriteCase(tree: Tree, one: WriteCase, endpoint: string): Promise<OpenCase> {
  const { app: apps, workload: workloads } = tree;
  const startMs = workloads.workloadStart(Date.now(), MAX_INTERVALS);
  let nowMs = startMs;
  Date.now = () => nowMs;
  const app = await apps.newHearthApp(tableOf(tree, one, endpoint));
  const sender = { ...workloads.PROMETHEUS_3, maxSamples: one.samplesPerRequest };
  const workload = workloads.newWorkload(loadRecording().series, one.series, startMs, sender);
  let interval = 0;
  let bodies: Uint8Array<ArrayBuffer>[] = [];
  return {
    prepare() {
      if (interval === MAX_INTERVALS) throw new Error(`${one.name}: more than ${MAX_INTERVALS} intervals`);
      bodies = workload.requests(interval++);
      nowMs = startMs + interval * SCRAPE_INTERVAL_MS;
    },
    async send() {
      for (const body of bodies) {
        const headers = { ...apps.WRITE_HEADERS, "Content-Length": String(body.length) };
        const response = await app.fetch(new Request(URL_OF_WRITES, { method: "POST", headers, body }));
        if (!response.ok) throw new Error(`write: status=${response.status} ${await response.text()}`);
      }
      return bodies.length;
    },
  };
}

function tableOf({ memoryTable, dynamodbTable }: Tree, { hasClient }: WriteCase, endpoint: string) {
  if (!hasClient) return new memoryTable.MemoryTable();
  return dynamodbTable.openTable({ tableName: "bench", clock: Date.now, randomBytes, endpoint });
}
