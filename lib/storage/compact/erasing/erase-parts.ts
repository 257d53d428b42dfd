/**
 * Takes what deletions hide out of the lasting parts of a day. Items are overwritten in place, one by
 * one: readers leave out what is hidden anyway, whatever of it is done, and a run that dies is repeated.
 * Open runs are left alone, since they become chunks, and what superseded items hold leaves by TTL.
 */
import { errorKind } from "../../../model/errors.ts";
import type { DayDeletions } from "../../deletion/deletion.ts";
import { isErasureDue, type Masks } from "../../deletion/masks.ts";
import { findMasks } from "../../index/meant-series.ts";
import { listShards } from "../../layout/day-shards.ts";
import { METRIC_HASH_BYTES } from "../../layout/keys.ts";
import { isOpenRun, type Manifest, type Part } from "../../layout/manifest.ts";
import { chunkSpanRange, parseChunkSortKey, runRange } from "../../layout/part-keys.ts";
import { shardOf } from "../../layout/shard.ts";
import { eraseFromBlock, eraseFromChunks } from "../../parts/erase-items.ts";
import type { Item, KeyRange } from "../../table/table.ts";
import { type DayContext, readItems } from "../day-context.ts";

/** The first lasting part that holds what deletions hide; undefined: none does. */
export function planErasure({ parts }: Manifest, { all }: DayDeletions): Part | undefined {
  return all.length === 0 ? undefined : parts.find((part) => !isOpenRun(part) && isErasureDue(all, part));
}

/** Overwrites the items of a part that hold what deletions hide. Returns how many. Throws "unavailable". */
export async function erasePart(
  context: DayContext,
  manifest: Manifest,
  part: Part,
  { all }: DayDeletions,
): Promise<number> {
  const { table, tenant, day } = context;
  const deletions = all.filter((one) => isErasureDue([one], part));
  const shards = await listShards(table, tenant, day);
  const masks = await findMasks({ ...context, manifest, shards }, deletions);
  let erased = 0;
  for (const range of rangesOf(context, part, masks.series)) {
    // A damaged item is for whoever reads all of the part.
    for await (const page of readItems(context, range)) {
      const items = page.flatMap((item) => without(item, part, masks));
      await table.putAll(items);
      erased += items.length;
    }
  }
  return erased;
}

/** Where the items of some series are, by hash in hex: of chunks from the first to the last of each metric. */
export function rangesOf({ tenant, day }: DayContext, part: Part, series: Iterable<string>): KeyRange[] {
  const { kind, id, bucket, shardBits: bits } = part;
  const hashes = [...series].sort();
  const shardBy = (hash: string) => shardOf(Buffer.from(hash.slice(0, 4), "hex"), bits);
  if (kind === "run")
    return [...new Set(hashes.map(shardBy))].map((prefix) => runRange(tenant, day, id, { bits, prefix }));
  const metrics = Map.groupBy(hashes, (hash) => hash.slice(0, 2 * METRIC_HASH_BYTES));
  return [...metrics.values()].map((ofMetric) => {
    const shard = { bits, prefix: shardBy(ofMetric[0]) };
    return chunkSpanRange({ tenant, day, bucket, part: id, shard }, ofMetric[0], ofMetric.at(-1)!);
  });
}

/** The item without what is hidden, to be stored in its place; none where nothing is. */
function without({ pk, sk, value, expiresAtSeconds }: Item, part: Part, masks: Masks): Item[] {
  try {
    const left =
      part.kind === "run"
        ? eraseFromBlock(value, (hash) => masks.ofPart(hash, part))
        : eraseFromChunks(value, masks.ofPart(parseChunkSortKey(sk), part));
    if (left === undefined) return [];
    return [{ pk, sk, value: left, ...(expiresAtSeconds !== undefined && { expiresAtSeconds }) }];
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return [];
  }
}
