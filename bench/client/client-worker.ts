/** Hearth's routes on the DynamoDB at an endpoint, the first argument, through whichever client was bundled. */
import { randomBytes } from "node:crypto";
import { openTable } from "../../lib/storage/dynamodb/dynamodb-table.ts";
import { newHearthApp, WRITE_HEADERS } from "../hearth-app.ts";
import { cpuSeconds, serveWorker } from "../worker.ts";

export interface ClientTask {
  /** Bodies to write, in order. */
  readonly bodies?: readonly Uint8Array<ArrayBuffer>[];
  /** A query's path and parameters, asked of a process that remembers nothing. */
  readonly query?: string;
}

export interface ClientReply {
  readonly cpuSeconds: number;
  /** Of the response to a query. */
  readonly sizeBytes: number;
  /** The most memory of this process so far. */
  readonly peakBytes: number;
}

const [endpoint] = process.argv.slice(2);
const table = openTable({ tableName: "bench", clock: Date.now, randomBytes, endpoint });
const app = await newHearthApp(table);
const { Authorization } = WRITE_HEADERS;

async function write(bodies: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
  for (const body of bodies) {
    const headers = { ...WRITE_HEADERS, "Content-Length": String(body.length) };
    const response = await app.fetch(
      new Request("http://127.0.0.1/api/v1/write", { method: "POST", headers, body }),
    );
    if (!response.ok) throw new Error(`write: ${response.status} ${await response.text()}`);
  }
}

serveWorker<ClientTask, ClientReply>(async ({ bodies, query }) => {
  let sizeBytes = 0;
  const cold = query === undefined ? app : await newHearthApp(table, 0);
  const spent = await cpuSeconds(async () => {
    if (bodies !== undefined) await write(bodies);
    if (query === undefined) return;
    const response = await cold.fetch(
      new Request(`http://127.0.0.1${query}`, { headers: { Authorization } }),
    );
    const text = await response.text();
    if (!response.ok) throw new Error(`query: ${response.status} ${text}`);
    sizeBytes = text.length;
  });
  return { cpuSeconds: spent, sizeBytes, peakBytes: process.resourceUsage().maxRSS * 1024 };
});
