/**
 * Which partitions of a part have items, as bits in hex, the first partition's the lowest of the first byte; bytes of zeros
 * at the end are omitted. Items link to their neighbours, so of a partition that has any left a reader knows what is missing;
 * this says it of one that has none.
 */
import type { Part } from "./manifest.ts";

/** `prefixes`: of the partitions that have items. */
export function filledPartitions(prefixes: Iterable<number>): string {
  const bytes: number[] = [];
  for (const prefix of prefixes) {
    const at = prefix >> 3;
    while (bytes.length <= at) bytes.push(0);
    bytes[at] |= 1 << (prefix & 7);
  }
  return Buffer.from(bytes).toString("hex");
}

/** Whether a partition of a part has items; undefined: that is not known. A part that has one partition has items in it. */
export function isFilled(
  { filled, shardBits, samples }: Pick<Part, "filled" | "shardBits" | "samples">,
  prefix: number,
): boolean | undefined {
  if (filled === undefined) return shardBits === 0 && samples > 0 ? true : undefined;
  const byte = Number.parseInt(filled.slice(2 * (prefix >> 3), 2 * (prefix >> 3) + 2) || "0", 16);
  return (byte & (1 << (prefix & 7))) !== 0;
}
