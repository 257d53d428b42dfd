/** XOR chunks that Prometheus made. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Samples } from "../../lib/model/samples.ts";
import { samplesOf } from "./bits.ts";
import { readStreamedChunks } from "./upstream-chunks.ts";

const RECORDED = join(import.meta.dirname, "../fixtures/chunk/xor-golden-prom2.42.jsonl");

export interface GoldenChunk {
  readonly name: string;
  readonly samples: Samples;
  readonly bytes: Uint8Array;
}

/** Every chunk of the recorded series with the samples it holds. */
export function readRecordedChunks(): GoldenChunk[] {
  return readFileSync(RECORDED, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .flatMap(({ name, timestamps, values, chunks }) => {
      const bits = values.split(" ").map((hex: string) => BigInt(`0x${hex}`));
      return chunks.map(({ minTime, maxTime, data }: { minTime: number; maxTime: number; data: string }) => {
        const [from, to] = [timestamps.indexOf(minTime), timestamps.indexOf(maxTime) + 1];
        const samples = samplesOf(timestamps.slice(from, to), bits.slice(from, to));
        return { name: `${name} from ${from}`, samples, bytes: bytesOf(data) };
      });
    });
}

/** The float chunks of TestStreamReadEndpoint: sample i is at minute i and has the value 100i. */
export function readUpstreamChunks(): GoldenChunk[] {
  return readStreamedChunks()
    .filter(({ type }) => type === "XOR")
    .map(({ minMs, maxMs, bytes }, index) => {
      const minutes = Array.from({ length: (maxMs - minMs) / 60_000 + 1 }, (_, i) => minMs / 60_000 + i);
      const values = Float64Array.from(minutes, (minute) => 100 * minute);
      const timestamps = Float64Array.from(minutes, (minute) => 60_000 * minute);
      return { name: `upstream ${index}`, samples: { timestamps, values }, bytes };
    });
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}
