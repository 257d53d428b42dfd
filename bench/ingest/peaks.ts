/** The most memory that Hearth's write handler takes, HTTP server and client of DynamoDB with it. */
import { encodeLargestBody, LARGEST_BODIES } from "./largest-bodies.ts";
import { Program } from "./program.ts";
import { hearthServer } from "./programs.ts";

export interface Peak {
  readonly name: string;
  /** Of the request as sent, compressed. */
  readonly bodyBytes: number;
  readonly peakBytes: number;
  readonly cpuSeconds: number;
}

/** Each body in a process of its own, sent twice: its series are new, then known. */
export async function measurePeaks(endpoint: string): Promise<Peak[]> {
  const peaks: Peak[] = [];
  for (const largest of LARGEST_BODIES) {
    const body = encodeLargestBody(largest, Date.now());
    const program = await Program.start(hearthServer(endpoint));
    try {
      const cpuSeconds = await program.replay([body, body]);
      const { name } = largest;
      peaks.push({ name, bodyBytes: body.length, peakBytes: program.peakBytes(), cpuSeconds });
    } finally {
      await program.close();
    }
  }
  return peaks;
}
