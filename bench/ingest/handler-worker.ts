/**
 * Hearth's write handler in a process of its own. Its argument: the endpoint of a DynamoDB, or none for a table in memory.
 * A message is requests to replay, one after another.
 */
import { newHearthApp, WRITE_HEADERS } from "../hearth-app.ts";
import { cpuSeconds, serveWorker } from "../worker.ts";
import { openBenchTable } from "./table.ts";

export interface HandlerReply {
  readonly cpuSeconds: number;
  /** The most memory that this process has had, in bytes. */
  readonly peakBytes: number;
}

const URL = "http://127.0.0.1/api/v1/write";
const app = await newHearthApp(openBenchTable(process.argv[2]));

async function replay(bodies: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
  for (const body of bodies) {
    const headers = { ...WRITE_HEADERS, "Content-Length": String(body.length) };
    const response = await app.fetch(new Request(URL, { method: "POST", headers, body }));
    if (response.status !== 200) throw new Error(`hearth: ${response.status} ${await response.text()}`);
  }
}

serveWorker<readonly Uint8Array<ArrayBuffer>[], HandlerReply>(async (bodies) => ({
  cpuSeconds: await cpuSeconds(() => replay(bodies)),
  peakBytes: process.resourceUsage().maxRSS * 1024,
}));
