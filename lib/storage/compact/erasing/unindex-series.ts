/** Takes series of which deletions have left nothing out of a day's index. */
import type { LabelSet } from "../../../model/labels.ts";
import { type Deletion, isMeant } from "../../deletion/deletion.ts";
import { labelSetsOf } from "../../index/index-items.ts";
import { readIndexPart } from "../../index/index-reader.ts";
import { listShards } from "../../layout/day-shards.ts";
import { parseReceiveTime, seriesRecordsRange } from "../../layout/keys.ts";
import type { IndexPart, Manifest } from "../../layout/manifest.ts";
import { transientExpiry } from "../../layout/retention.ts";
import type { NoteDamage } from "../../layout/verified-table.ts";
import { hashHex, seriesHash } from "../../series/series-hash.ts";
import type { Item } from "../../table/table.ts";
import { type DayContext, dayExpiry, readItems } from "../day-context.ts";
import { mergeIndexes } from "../store-index.ts";
import { findLeft } from "./left-samples.ts";
import { UNKNOWN_MS } from "./plan-unindexing.ts";

export interface UnindexedDay {
  readonly index: readonly IndexPart[];
  /** How many series left. */
  readonly series: number;
}

/** A series whose index item cannot be read is found by nobody. */
const passOver: NoteDamage = () => {};

/**
 * The index without series that `ripe` deletions mean and that have no sample left, its new parts stored. Series that `young` ones
 * mean stay: by the index of their day readers know that what their memories have of them is deleted. Undefined where a damaged series record may have named some
 * of them lately. Throws `DamagedInput`, "unavailable".
 */
export async function unindexSeries(
  context: DayContext,
  manifest: Manifest,
  ripe: readonly Deletion[],
  young: readonly Deletion[],
): Promise<UnindexedDay | undefined> {
  const { day } = context;
  const meant = await findMeant(context, manifest, ripe, young);
  const gone = new Set([...meant.values()].flatMap((hashes) => [...hashes]));
  const recorded = await findRecorded(context, manifest);
  if (recorded === undefined) return undefined;
  for (const hash of recorded) gone.delete(hash);
  for (const hash of await findLeft(context, manifest.parts, gone)) gone.delete(hash);
  const index: IndexPart[] = [];
  const target = { day, expires: dayExpiry(context), isLeft: (hash: string) => !gone.has(hash) };
  for (const part of manifest.index) {
    const isConcerned = [...meant.get(part.id)!].some((hash) => gone.has(hash));
    index.push(...(isConcerned ? await mergeIndexes(context, [{ part, day }], target) : [part]));
  }
  return { index, series: gone.size };
}

/** The series of each index part that `ripe` deletions mean and `young` ones do not, by hash in hex. */
async function findMeant(
  { table, tenant, day }: DayContext,
  { index }: Manifest,
  ripe: readonly Deletion[],
  young: readonly Deletion[],
): Promise<Map<string, Set<string>>> {
  const place = { table, tenant, day, signal: undefined, note: passOver };
  const meant = new Map<string, Set<string>>();
  const isMeantBy = (some: readonly Deletion[], labels: LabelSet) => some.some((one) => isMeant(one, labels));
  for (const part of index) {
    const hashes = new Set<string>();
    meant.set(part.id, hashes);
    const onLabelSets = (labelSets: readonly LabelSet[]) => {
      for (const labels of labelSets)
        if (isMeantBy(ripe, labels) && !isMeantBy(young, labels)) hashes.add(hashHex(seriesHash(labels)));
    };
    for (const { selectors } of ripe)
      for (const selector of selectors) await readIndexPart(place, part, selector, onLabelSets);
  }
  return meant;
}

/**
 * The series that writers recorded of late, and may believe to be in the index. Records that were flushed and never
 * expire, since the compactor was far behind when they came, get the expiry that others have.
 */
async function findRecorded(
  context: DayContext,
  { flushedToMs }: Manifest,
): Promise<ReadonlySet<string> | undefined> {
  const { table, tenant, day, clock, retentionMs } = context;
  const sinceMs = clock() - UNKNOWN_MS;
  const recorded = new Set<string>();
  const flushed: Item[] = [];
  let isDamaged = false;
  for (const shard of await listShards(table, tenant, day)) {
    const onDamaged = () => {
      isDamaged = true;
    };
    for await (const page of readItems(context, seriesRecordsRange(tenant, day, shard, 0), onDamaged))
      for (const item of page) {
        const receivedMs = parseReceiveTime(item.sk);
        if (item.expiresAtSeconds === undefined && receivedMs <= flushedToMs)
          flushed.push({ ...item, ...transientExpiry(receivedMs, day, retentionMs) });
        if (receivedMs < sinceMs) continue;
        for (const labels of labelSetsOf(item, onDamaged)) recorded.add(hashHex(seriesHash(labels)));
      }
  }
  await table.putAll(flushed);
  return isDamaged ? undefined : recorded;
}
