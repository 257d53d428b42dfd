/**
 * Chunks of floats as they are stored: a long run of one value at one pace is a steady chunk, decimals are a decimal chunk
 * where that takes less, everything else is XOR2 (docs/decisions/0065-smaller-chunks.md, 0094-decimal-chunks.md). Earlier
 * versions stored XOR, imports may bring it, and readers of remote read get it.
 */
import type { Chunk } from "../../chunk/cut.ts";
import { cutChunks } from "../../chunk/cut.ts";
import { SampleColumns, valueWords } from "../../chunk/sample-columns.ts";
import { appendXorChunk, readChunkCount } from "../../chunk/xor-chunk.ts";
import { appendXor2Chunk, readXor2Count } from "../../chunk/xor2-chunk.ts";
import { encodeXor2Chunk } from "../../chunk/xor2-writer.ts";
import type { Samples } from "../../model/samples.ts";
import { appendDecimalChunk, readDecimalCount } from "./decimal-chunk.ts";
import { encodeDecimalChunk } from "./decimal-writer.ts";
import { appendSteadyChunk, encodeSteadyChunk, MAX_STEADY_SAMPLES, readSteadyCount } from "./steady-chunk.ts";

/** How a chunk of floats is encoded; absent: XOR. */
export type FloatForm = "xor2" | "steady" | "decimal";

export interface FormedChunk extends Chunk {
  readonly form?: FloatForm | undefined;
}

/**
 * Two hours of a sample every 15 s. On the recording XOR2 takes 1.21 bytes a sample in chunks of 120 samples, 1.13 of 240,
 * 1.10 of 480, 1.07 of 1,920; a reader decodes all of a chunk for one of its samples.
 */
export const SAMPLES_PER_STORED_CHUNK = 480;
/** A shorter run stays in a XOR2 chunk: there a steady sample takes a bit, and every chunk some 20 bytes. */
export const MIN_STEADY_SAMPLES = 160;

/** Yields chunks of samples `start..end` (half-open) for storing, in order of time. */
export function* cutStoredChunks(
  { timestamps, values }: Samples,
  start = 0,
  end = timestamps.length,
): Generator<FormedChunk, void, undefined> {
  const words = valueWords(values);
  let from = start;
  while (from < end) {
    const steadyEnd = endOfSteady(timestamps, words, from, Math.min(end, from + MAX_STEADY_SAMPLES));
    const isSteady = steadyEnd - from >= MIN_STEADY_SAMPLES;
    const to = isSteady ? steadyEnd : Math.min(from + SAMPLES_PER_STORED_CHUNK, end);
    const [minTime, maxTime] = [timestamps[from], timestamps[to - 1]];
    if (isSteady) {
      const step = timestamps[from + 1] - minTime;
      const bytes = encodeSteadyChunk(to - from, step, words[2 * from + 1], words[2 * from]);
      yield { minTime, maxTime, bytes, form: "steady" };
    } else {
      const decimal = encodeDecimalChunk(timestamps, values, words, from, to);
      if (decimal !== undefined) yield { minTime, maxTime, bytes: decimal, form: "decimal" };
      else yield { minTime, maxTime, bytes: encodeXor2Chunk(timestamps, values, from, to), form: "xor2" };
    }
    from = to;
  }
}

/** Where the run of one value at one pace ends that begins at `from`. */
function endOfSteady(timestamps: Float64Array, words: Uint32Array, from: number, end: number): number {
  const [low, high] = [words[2 * from], words[2 * from + 1]];
  const step = timestamps[from + 1] - timestamps[from];
  let to = from + 1;
  while (
    to < end &&
    words[2 * to] === low &&
    words[2 * to + 1] === high &&
    timestamps[to] - timestamps[to - 1] === step
  )
    to++;
  return to;
}

/** The samples of a chunk of floats. Throws "data" if its bytes cannot hold what they say. */
export function countFloats({ form, bytes }: FormedChunk): number {
  if (form === "steady") return readSteadyCount(bytes);
  if (form === "decimal") return readDecimalCount(bytes);
  return form === "xor2" ? readXor2Count(bytes) : readChunkCount(bytes);
}

/** Appends the samples of a chunk of floats. Throws "data". */
export function appendFloats({ form, minTime, maxTime, bytes }: FormedChunk, columns: SampleColumns): void {
  if (form === "steady") appendSteadyChunk(bytes, minTime, maxTime, columns);
  else if (form === "decimal") appendDecimalChunk(bytes, minTime, maxTime, columns);
  else if (form === "xor2") appendXor2Chunk(bytes, columns);
  else appendXorChunk(bytes, columns);
}

const scratch = new SampleColumns();

/** The same samples as XOR chunks, which every reader of remote read knows. Throws "data". */
export function toXorChunks(chunk: FormedChunk): Iterable<Chunk> {
  if (chunk.form === undefined) return [chunk];
  scratch.clear();
  appendFloats(chunk, scratch);
  return [...cutChunks(scratch.samples())];
}
