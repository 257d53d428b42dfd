/**
 * Shards: the series whose hash begins with certain bits, that is, some of the metrics, each whole. A record is split as
 * finely as its size lets it be without waste (a write unit covers a KB), so the number of shards follows the size of what
 * a tenant sends, request by request; a reader asks each level that the day has for the one shard that can hold its metric.
 */

/** A shard: `bits` leading bits of the series hash, and what they are. */
export interface Shard {
  readonly bits: number;
  readonly prefix: number;
}

/** The levels there are: 1, 4 and 16 shards. Each series has a dictionary entry for every level it comes in. */
const LEVELS: readonly { readonly bits: number; readonly minSamples: number }[] = [
  { bits: 4, minSamples: 12_000 },
  { bits: 2, minSamples: 1500 },
  { bits: 0, minSamples: 0 },
];

/** All shards of every level. */
export const ALL_SHARDS: readonly Shard[] = LEVELS.flatMap(({ bits }) =>
  Array.from({ length: 2 ** bits }, (_, prefix) => ({ bits, prefix })),
);

/** Into how many shards, as bits, so many samples are divided. */
export type BitsOf = (sampleCount: number) => number;

/** Into how many shards (as bits) a record of so many samples is split: about 500 samples, 0.7 KB, stay in each. */
export function shardBits(sampleCount: number): number {
  return LEVELS.find(({ minSamples }) => sampleCount >= minSamples)!.bits;
}

/** The shard of a series at a level. `hash`: a series' or a metric's. */
export function shardOf(hash: Uint8Array, bits: number): number {
  return hash[0] >>> (8 - bits);
}

/** The shards at `bits` that have series in common with `shard`: itself, the one it lies in, or those in it. */
export function shardsOverlapping(shard: Shard, bits: number): Shard[] {
  if (bits <= shard.bits) return [{ bits, prefix: shard.prefix >>> (shard.bits - bits) }];
  const width = 2 ** (bits - shard.bits);
  return Array.from({ length: width }, (_, i) => ({ bits, prefix: shard.prefix * width + i }));
}

/** All shards of a level. */
export const ALL_SERIES: Shard = { bits: 0, prefix: 0 };

/** What a native histogram counts for where samples are divided by how much they take: its bytes are a score of samples'. */
export const HISTOGRAM_WEIGHT = 16;

/** All shards of a level. */
export function shardsOf(bits: number): Shard[] {
  return Array.from({ length: 2 ** bits }, (_, prefix) => ({ bits, prefix }));
}
