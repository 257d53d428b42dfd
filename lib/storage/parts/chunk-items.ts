/** The values of chunk items of a series: one, unless its chunks pass what an item holds. */
import { sortSamples } from "../../chunk/merge.ts";
import { SampleColumns } from "../../chunk/sample-columns.ts";
import { lowerBound } from "../../model/lower-bound.ts";
import type { MixedSamples } from "../../model/samples.ts";
import { hasStarts, MAX_START_BYTES } from "../codec/start-runs.ts";
import { countChunkSamples, encodeChunkItem, type StartColumn } from "./chunk-item.ts";
import type { FormedChunk } from "./float-chunks.ts";
import { cutForStoring } from "./mixed-chunks.ts";

/** Bytes of chunks of one item at most, heads not counted: with them it stays below 400 KB. */
const MAX_ITEM_CHUNK_BYTES = 360 * 1024;
/** What a steady sample takes in a XOR chunk. */
const MIN_SAMPLE_BYTES = 1 / 4;
/** What a sample of a decimal chunk takes at most where it has to be stored in another form. */
const MAX_DECIMAL_BYTES = 9;

/** `samples`: sorted, each time once. None is no item. */
export function encodeSampleItems(samples: MixedSamples): Iterable<Uint8Array> {
  return encodeChunkItems(cutForStoring(samples), startColumn(samples));
}

/** `chunks`: in order of time; `starts`: of all their samples, if any has one. */
export function* encodeChunkItems(
  chunks: Iterable<FormedChunk>,
  starts: StartColumn | undefined,
): Generator<Uint8Array, void, void> {
  for (const group of groupChunks(chunks, starts === undefined ? 0 : MAX_START_BYTES))
    yield encodeChunkItem(group, starts && startsWithin(starts, group));
}

function* groupChunks(chunks: Iterable<FormedChunk>, startBytes: number): Generator<readonly FormedChunk[]> {
  let group: FormedChunk[] = [];
  let sizeBytes = 0;
  for (const chunk of chunks) {
    const samples = countChunkSamples(chunk);
    // What a deletion leaves of chunks has to fit one item too, and may need a form that takes more.
    const mostBytes = samples * (chunk.form === "decimal" ? MAX_DECIMAL_BYTES : MIN_SAMPLE_BYTES);
    const chunkBytes = Math.max(chunk.bytes.length, mostBytes) + startBytes * samples;
    if (sizeBytes + chunkBytes > MAX_ITEM_CHUNK_BYTES) {
      yield group;
      [group, sizeBytes] = [[], 0];
    }
    group.push(chunk);
    sizeBytes += chunkBytes;
  }
  if (group.length > 0) yield group;
}

/** Since when samples of both kinds count, in order of time; undefined where none has a start. */
export function startColumn({ histograms, ...floats }: MixedSamples): StartColumn | undefined {
  const kinds = histograms === undefined ? [floats] : [floats, histograms];
  if (!kinds.some(({ startTimestamps }) => hasStarts(startTimestamps))) return undefined;
  const columns = new SampleColumns(0);
  // Times are sorted together with their starts, which take the place of values.
  for (const { timestamps, startTimestamps = new Float64Array(timestamps.length) } of kinds)
    columns.appendSamples({ timestamps, values: startTimestamps });
  const { timestamps, values: starts } = sortSamples(columns, columns.count);
  return { timestamps, starts };
}

function startsWithin({ timestamps, starts }: StartColumn, chunks: readonly FormedChunk[]): StartColumn {
  const from = lowerBound(timestamps, chunks[0].minTime);
  // Times are whole numbers.
  const to = lowerBound(timestamps, chunks[chunks.length - 1].maxTime + 1);
  return { timestamps: timestamps.subarray(from, to), starts: starts.subarray(from, to) };
}
