/** Runs: sorted samples of many series, in blocks, partitioned by the leading bits of the series hash. */

import { valueWords } from "../chunk/sample-columns.ts";
import type { Samples } from "../model/samples.ts";
import { runKey } from "./keys.ts";
import { encodeRunBlock, MAX_BLOCK_SAMPLES, MAX_BLOCK_SERIES } from "./run-block.ts";
import { shardOf } from "./shard.ts";
import type { Item } from "./table.ts";

/** What a partition is meant to hold: a reader of one metric reads one partition. */
const TARGET_PARTITION_SAMPLES = 8000;
const MAX_SHARD_BITS = 8;

/** Where a run's blocks go. */
export interface RunPlace {
  readonly tenant: string;
  readonly day: number;
  readonly id: string;
  readonly shardBits: number;
  readonly expiresAtSeconds?: number;
}

/** The partitions, as bits, of a run of so many samples. */
export function runShardBits(sampleCount: number): number {
  const bits = Math.ceil(Math.log2(Math.max(1, sampleCount / TARGET_PARTITION_SAMPLES)));
  return Math.min(bits, MAX_SHARD_BITS);
}

/** Yields a run's items. `series`: by ascending hash (hex), each with at least one sample, sorted by time. */
export function* encodeRun(
  place: RunPlace,
  series: Iterable<readonly [hash: string, samples: Samples]>,
): Generator<Item, void, void> {
  let block = new BlockBuilder();
  let partition = -1;
  let index = 0;
  const flush = function* (): Generator<Item, void, void> {
    if (block.isEmpty) return;
    const { expiresAtSeconds } = place;
    const key = runKey(
      place.tenant,
      place.day,
      place.id,
      { bits: place.shardBits, prefix: partition },
      index++,
    );
    yield { ...key, value: block.encode(), ...(expiresAtSeconds !== undefined && { expiresAtSeconds }) };
    block = new BlockBuilder();
  };
  for (const [hex, samples] of series) {
    const hash = Buffer.from(hex, "hex");
    const shard = shardOf(hash, place.shardBits);
    if (shard !== partition) {
      yield* flush();
      [partition, index] = [shard, 0];
    }
    for (let start = 0; start < samples.timestamps.length; ) {
      if (block.room === 0) yield* flush();
      const end = Math.min(start + block.room, samples.timestamps.length);
      block.add(hash, samples, start, end);
      start = end;
    }
  }
  yield* flush();
}

/** A block while it is filled. */
class BlockBuilder {
  readonly #hashes: Uint8Array[] = [];
  readonly #bounds: number[] = [0];
  readonly #parts: Samples[] = [];

  get isEmpty(): boolean {
    return this.#hashes.length === 0;
  }

  /** How many samples of another series it takes. */
  get room(): number {
    return this.#hashes.length === MAX_BLOCK_SERIES ? 0 : MAX_BLOCK_SAMPLES - this.#bounds.at(-1)!;
  }

  add(hash: Uint8Array, { timestamps, values }: Samples, start: number, end: number): void {
    this.#hashes.push(hash);
    this.#bounds.push(this.#bounds.at(-1)! + end - start);
    this.#parts.push({ timestamps: timestamps.subarray(start, end), values: values.subarray(start, end) });
  }

  encode(): Uint8Array {
    const count = this.#bounds.at(-1)!;
    const timestamps = new Float64Array(count);
    const values = new Float64Array(count);
    const words = valueWords(values);
    this.#parts.forEach((part, i) => {
      timestamps.set(part.timestamps, this.#bounds[i]);
      words.set(valueWords(part.values), this.#bounds[i] * 2);
    });
    return encodeRunBlock({
      hashes: this.#hashes,
      bounds: Int32Array.from(this.#bounds),
      timestamps,
      values,
    });
  }
}
