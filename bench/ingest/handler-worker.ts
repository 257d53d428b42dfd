/**
 * Hearth's write handler in a process of its own. Arguments: the endpoint of a DynamoDB, or nothing for
 * a table in memory; the name of a protocol, or nothing for remote write 1.0. A message holds requests
 * to replay in order.
 */
import { newHearthApp, WRITE_HEADERS } from "../hearth-app.ts";
import { cpuSeconds, serveWorker } from "../worker.ts";
import { PROTOCOLS, WRITE_V1 } from "./protocols.ts";
import { openBenchTable } from "./table.ts";

export interface HandlerReply {
  readonly cpuSeconds: number;
  /** The peak memory of this process, in bytes. */
  readonly peakBytes: number;
}

const [endpoint, protocolName = WRITE_V1.name] = process.argv.slice(2);
const protocol = PROTOCOLS.find(({ name }) => name === protocolName);
if (protocol === undefined) throw new Error(`no protocol is called ${protocolName}`);
const { Authorization, "User-Agent": userAgent } = WRITE_HEADERS;
const protocolHeaders = protocol.headers;
const url = `http://127.0.0.1${protocol.path}`;
const app = await newHearthApp(openBenchTable(endpoint || undefined));

async function replay(bodies: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
  for (const body of bodies) {
    const length = String(body.length);
    const headers = { Authorization, "User-Agent": userAgent, ...protocolHeaders, "Content-Length": length };
    const response = await app.fetch(new Request(url, { method: "POST", headers, body }));
    if (!response.ok) throw new Error(`hearth: ${response.status} ${await response.text()}`);
  }
}

serveWorker<readonly Uint8Array<ArrayBuffer>[], HandlerReply>(async (bodies) => ({
  cpuSeconds: await cpuSeconds(() => replay(bodies)),
  peakBytes: process.resourceUsage().maxRSS * 1024,
}));
