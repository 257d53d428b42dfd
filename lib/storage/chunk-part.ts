/** Chunk items of a partition: one for each series, unless its chunks pass what an item holds. */
import type { Chunk } from "../chunk/cut.ts";
import { sortSamples } from "../chunk/merge.ts";
import { SampleColumns } from "../chunk/sample-columns.ts";
import type { MixedSamples } from "../model/samples.ts";
import { countChunkSamples, encodeChunkItem, type StartColumn } from "./chunk-item.ts";
import { lowerBound } from "./hashed-samples.ts";
import { cutMixedChunks } from "./mixed-chunks.ts";
import { type ChunkPartition, chunkKey, LINK_HASH_BYTES } from "./part-keys.ts";
import { hasStarts, MAX_START_BYTES } from "./start-runs.ts";
import type { Item } from "./table.ts";

/** Bytes of chunks of one item at most, heads not counted: with them it stays below 400 KB. */
const MAX_ITEM_CHUNK_BYTES = 360 * 1024;

/** An item that is not linked yet. */
interface Unlinked {
  readonly hash: string;
  readonly number: number;
  readonly value: Uint8Array;
}

/** Makes the items of a partition of series that come by ascending hash (hex). An item is ready when the one after it is known. */
export class ChunkPartitionWriter {
  readonly #partition: ChunkPartition;
  readonly #expires: { readonly expiresAtSeconds?: number };
  #place = 0;
  #before: Uint8Array | undefined;
  #pending: Unlinked | undefined;

  /** `expires`: the items' expiry. */
  constructor(partition: ChunkPartition, expires: { readonly expiresAtSeconds?: number }) {
    this.#partition = partition;
    this.#expires = expires;
  }

  /** `samples`: at least one, sorted, of the bucket. Answers what has become ready. */
  add(hash: string, samples: MixedSamples): Item[] {
    return this.addChunks(hash, cutMixedChunks(samples), startColumn(samples));
  }

  /** `chunks`: at least one, in order of time; `starts`: of all their samples, if any has one. */
  addChunks(hash: string, chunks: Iterable<Chunk>, starts?: StartColumn): Item[] {
    const ready: Item[] = [];
    let number = 0;
    for (const group of groupChunks(chunks, starts === undefined ? 0 : MAX_START_BYTES)) {
      if (this.#pending !== undefined) ready.push(this.#link(this.#pending, linkHash(hash)));
      const value = encodeChunkItem(group, starts && startsWithin(starts, group));
      this.#pending = { hash, number: number++, value };
    }
    return ready;
  }

  /** The last item, if there is one. */
  finish(): Item[] {
    return this.#pending === undefined ? [] : [this.#link(this.#pending, undefined)];
  }

  #link({ hash, number, value }: Unlinked, after: Uint8Array | undefined): Item {
    const link = { place: this.#place++, before: this.#before, after };
    this.#before = linkHash(hash);
    return { ...chunkKey(this.#partition, hash, number, link), value, ...this.#expires };
  }
}

function linkHash(hash: string): Uint8Array {
  return Buffer.from(hash.slice(0, 2 * LINK_HASH_BYTES), "hex");
}

function* groupChunks(chunks: Iterable<Chunk>, startBytes: number): Generator<readonly Chunk[]> {
  let group: Chunk[] = [];
  let sizeBytes = 0;
  for (const chunk of chunks) {
    const chunkBytes = chunk.bytes.length + startBytes * countChunkSamples(chunk);
    if (sizeBytes + chunkBytes > MAX_ITEM_CHUNK_BYTES) {
      yield group;
      [group, sizeBytes] = [[], 0];
    }
    group.push(chunk);
    sizeBytes += chunkBytes;
  }
  if (group.length > 0) yield group;
}

/** Of both kinds in order of time; undefined where no sample has a start. */
function startColumn({ histograms, ...floats }: MixedSamples): StartColumn | undefined {
  const kinds = histograms === undefined ? [floats] : [floats, histograms];
  if (!kinds.some(({ startTimestamps }) => hasStarts(startTimestamps))) return undefined;
  const columns = new SampleColumns(0);
  // Times are sorted together with their starts, which take the place of values.
  for (const { timestamps, startTimestamps = new Float64Array(timestamps.length) } of kinds)
    columns.appendSamples({ timestamps, values: startTimestamps });
  const { timestamps, values: starts } = sortSamples(columns, columns.count);
  return { timestamps, starts };
}

function startsWithin({ timestamps, starts }: StartColumn, chunks: readonly Chunk[]): StartColumn {
  const from = lowerBound(timestamps, chunks[0].minTime);
  // Times are whole numbers.
  const to = lowerBound(timestamps, chunks[chunks.length - 1].maxTime + 1);
  return { timestamps: timestamps.subarray(from, to), starts: starts.subarray(from, to) };
}
