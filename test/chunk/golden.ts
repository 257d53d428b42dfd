/** XOR chunks that Prometheus made. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Samples } from "../../lib/model/samples.ts";
import { samplesOf } from "./bits.ts";

const ROOT = join(import.meta.dirname, "../..");
const RECORDED = join(ROOT, "test/fixtures/chunk/xor-golden-prom2.42.jsonl");
/** From a test of prometheus/prometheus (Apache-2.0): not copied into this repository. */
export const UPSTREAM = join(ROOT, "../shared/data/xor-golden-TestStreamReadEndpoint.json");

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

/** The float chunks of TestStreamReadEndpoint: samples i at i minutes with value 100i; undefined when not there. */
export function readUpstreamChunks(): GoldenChunk[] | undefined {
  if (!existsSync(UPSTREAM)) return undefined;
  const { chunks } = JSON.parse(readFileSync(UPSTREAM, "utf8"));
  return chunks
    .filter(({ type }: { type: string }) => type === "XOR")
    .map(({ min, max, data }: { min: number; max: number; data: string }, index: number) => {
      const minutes = Array.from({ length: (max - min) / 60_000 + 1 }, (_, i) => min / 60_000 + i);
      const values = Float64Array.from(minutes, (minute) => 100 * minute);
      const timestamps = Float64Array.from(minutes, (minute) => 60_000 * minute);
      return { name: `upstream ${index}`, samples: { timestamps, values }, bytes: bytesOf(data) };
    });
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}
