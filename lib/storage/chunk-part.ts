/** Chunk items of one series: one, unless its chunks pass what an item holds. */
import type { Chunk } from "../chunk/cut.ts";
import type { MixedSamples } from "../model/samples.ts";
import { encodeChunkItem } from "./chunk-item.ts";
import { type ChunkPartition, chunkKey } from "./keys.ts";
import { cutMixedChunks } from "./mixed-chunks.ts";
import type { Item } from "./table.ts";

/** Bytes of chunks of one item at most, heads not counted: with them it stays below 400 KB. */
const MAX_ITEM_CHUNK_BYTES = 360 * 1024;

/** `hash` in hex; `samples`: at least one, sorted, of the bucket; `expires`: the items' expiry. */
export function encodeChunkItems(
  partition: ChunkPartition,
  hash: string,
  samples: MixedSamples,
  expires: { readonly expiresAtSeconds?: number },
): Item[] {
  return [...groupChunks(cutMixedChunks(samples))].map((chunks, number) => ({
    ...chunkKey(partition, hash, number),
    value: encodeChunkItem(chunks),
    ...expires,
  }));
}

function* groupChunks(chunks: Iterable<Chunk>): Generator<readonly Chunk[]> {
  let group: Chunk[] = [];
  let sizeBytes = 0;
  for (const chunk of chunks) {
    if (sizeBytes + chunk.bytes.length > MAX_ITEM_CHUNK_BYTES) {
      yield group;
      [group, sizeBytes] = [[], 0];
    }
    group.push(chunk);
    sizeBytes += chunk.bytes.length;
  }
  if (group.length > 0) yield group;
}
