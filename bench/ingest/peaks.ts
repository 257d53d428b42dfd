/**
 * The peak memory of Hearth's write handler, bundled as on Lambda, with HTTP server and DynamoDB
 * client.
 */
import { join } from "node:path";
import { SECOND_MS } from "../../lib/model/time.ts";
import { WRITE_MEMORY_MB } from "../cost/prices.ts";
import type { Requests } from "./batch-series.ts";
import { deployedServer } from "./deployed.ts";
import { encodeLargestBody, LARGEST_BODIES } from "./largest-bodies.ts";
import { Program } from "./program.ts";

const SERVER = join(import.meta.dirname, "hearth-server.ts");

/**
 * Times that one process gets the largest body: its series are new at first, later garbage may
 * accumulate.
 */
const REPEATS = 3;

export interface Peak {
  readonly name: string;
  /** Bytes of a request as sent, compressed. */
  readonly bodyBytes: number;
  /** Memory of the process before, and its peak. */
  readonly idleBytes: number;
  readonly peakBytes: number;
}

/** For the ordinary load, then for each largest body; each in a process of its own. */
export async function measurePeaks(endpoint: string, ordinary: Requests): Promise<Peak[]> {
  const peaks = [await measurePeak("this load", ordinary, endpoint)];
  for (const largest of LARGEST_BODIES) {
    const body = encodeLargestBody(largest, Date.now() - SECOND_MS);
    peaks.push(await measurePeak(largest.name, Array(REPEATS).fill(body), endpoint));
  }
  return peaks;
}

async function measurePeak(name: string, bodies: readonly Uint8Array[], endpoint: string): Promise<Peak> {
  const program = await Program.start(deployedServer(endpoint, SERVER, WRITE_MEMORY_MB));
  try {
    const idleBytes = program.peakBytes();
    await program.replay(bodies);
    return { name, bodyBytes: bodies[0].length, idleBytes, peakBytes: program.peakBytes() };
  } finally {
    await program.close();
  }
}
