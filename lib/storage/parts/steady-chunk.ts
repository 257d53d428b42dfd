/**
 * A steady chunk: samples of one value at one pace, however many. Half of all series of an exporter never change in a
 * bucket.
 *
 *     count    varint, at least 1
 *     step     varint, ms
 *     value    8 bytes, big-endian
 *
 * The chunk item says when the first sample is.
 */
import type { SampleColumns } from "../../chunk/sample-columns.ts";
import { HearthError } from "../../model/errors.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";

/** Samples of one chunk at most: as many as Prometheus' encodings can count. */
export const MAX_STEADY_SAMPLES = 0xffff;
/** A longer step than a bucket is damage. */
const MAX_STEP_MS = 2 ** 31;

/** `high`, `low`: the words of the value's bits. */
export function encodeSteadyChunk(
  count: number,
  stepMs: number,
  high: number,
  low: number,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter().writeVarint(count).writeVarint(stepMs);
  return writer.writeUint(high, 4).writeUint(low, 4).finish() as Uint8Array<ArrayBuffer>;
}

/** The number of samples. Throws "data" for what `encodeSteadyChunk` cannot have made. */
export function readSteadyCount(bytes: Uint8Array): number {
  const count = new ByteReader(bytes, "steady chunk").readVarint();
  if (count >= 1 && count <= MAX_STEADY_SAMPLES) return count;
  throw new HearthError("data", `steady chunk: count ${count}, expected 1 to ${MAX_STEADY_SAMPLES}`);
}

/** Appends the samples, the first of which is at `minTime` and the last at `maxTime`. Throws "data". */
export function appendSteadyChunk(
  bytes: Uint8Array,
  minTime: number,
  maxTime: number,
  columns: SampleColumns,
): void {
  const count = readSteadyCount(bytes);
  const reader = new ByteReader(bytes, "steady chunk");
  reader.readVarint();
  const stepMs = reader.readVarint();
  const [high, low] = [reader.readUint(4), reader.readUint(4)];
  reader.expectEnd();
  const isPace = count === 1 || (stepMs >= 1 && stepMs <= MAX_STEP_MS);
  if (!isPace || minTime + (count - 1) * stepMs !== maxTime)
    throw new HearthError(
      "data",
      `steady chunk: ${count} samples of step ${stepMs} ms do not go from ${minTime} to ${maxTime}`,
    );
  columns.reserve(count);
  const { timestamps, words } = columns;
  for (let i = columns.count, time = minTime; time <= maxTime; i++, time += stepMs || 1) {
    timestamps[i] = time;
    words[2 * i] = low;
    words[2 * i + 1] = high;
  }
  columns.count += count;
}
