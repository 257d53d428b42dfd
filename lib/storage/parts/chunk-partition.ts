/** Chunk items of a partition: one for each series, unless its chunks pass what an item holds. */
import type { MixedSamples } from "../../model/samples.ts";
import { type ChunkPartition, chunkKey, LINK_HASH_BYTES } from "../layout/part-keys.ts";
import type { Item } from "../table/table.ts";
import type { StartColumn } from "./chunk-item.ts";
import { encodeChunkItems, startColumn } from "./chunk-items.ts";
import type { FormedChunk } from "./float-chunks.ts";
import { cutForStoring } from "./mixed-chunks.ts";

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
    return this.addChunks(hash, cutForStoring(samples), startColumn(samples));
  }

  /** `chunks`: at least one, in order of time; `starts`: of all their samples, if any has one. */
  addChunks(hash: string, chunks: Iterable<FormedChunk>, starts?: StartColumn): Item[] {
    const ready: Item[] = [];
    let number = 0;
    for (const value of encodeChunkItems(chunks, starts)) {
      if (this.#pending !== undefined) ready.push(this.#link(this.#pending, linkHash(hash)));
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
