/**
 * The last series of each partition of a chunk part that has items: the beginnings of their hashes, in hex, one after another,
 * ascending. An item links to its neighbours, so of one that has any left a reader knows that it is gone; of the last items of a
 * partition this says it.
 */
import type { Part } from "./manifest.ts";
import { LINK_HASH_BYTES } from "./part-keys.ts";
import { shardOf } from "./shard.ts";

/** Digits of one. */
const DIGITS = 2 * LINK_HASH_BYTES;

/** The ends of a part with more series (hashes in hex), which are behind those that it has, ascending. */
export function endsWith(ends: string, hashes: Iterable<string>, shardBits: number): string {
  let others = ends;
  let last = "";
  if (ends !== "") [others, last] = [ends.slice(0, -DIGITS), ends.slice(-DIGITS)];
  for (const hash of hashes) {
    const end = hash.slice(0, DIGITS);
    if (last !== "" && partitionOf(last, shardBits) !== partitionOf(end, shardBits)) others += last;
    last = end;
  }
  return others + last;
}

/** The partitions that have an end. */
export function partitionsOf(ends: string, shardBits: number): number[] {
  return Array.from({ length: ends.length / DIGITS }, (_, i) =>
    partitionOf(ends.slice(i * DIGITS), shardBits),
  );
}

/** The beginning of the hash of a partition's last series; "none": it has no items; undefined: that is not known. */
export function endOf({ ends, shardBits }: Pick<Part, "ends" | "shardBits">, prefix: number) {
  if (ends === undefined) return undefined;
  let [low, high] = [0, ends.length / DIGITS];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (partitionOf(ends.slice(middle * DIGITS), shardBits) < prefix) low = middle + 1;
    else high = middle;
  }
  const end = ends.slice(low * DIGITS, (low + 1) * DIGITS);
  return end !== "" && partitionOf(end, shardBits) === prefix ? end : "none";
}

function partitionOf(hash: string, shardBits: number): number {
  return shardOf(Uint8Array.of(Number.parseInt(hash.slice(0, 2), 16)), shardBits);
}
