/** The series of a day that deletions mean, found in its index. */
import type { LabelSet } from "../../model/labels.ts";
import { type Deletion, isMeant } from "../deletion/deletion.ts";
import { Masks } from "../deletion/masks.ts";
import type { Manifest } from "../layout/manifest.ts";
import type { Shard } from "../layout/shard.ts";
import type { NoteDamage } from "../layout/verified-table.ts";
import { hashHex, seriesHash } from "../series/series-hash.ts";
import type { Table } from "../table/table.ts";
import { readIndexPart } from "./index-reader.ts";
import { forEachSeriesRecord } from "./series-records.ts";

export interface IndexedDay {
  readonly table: Table;
  readonly tenant: string;
  readonly day: number;
  /** Whether the index is that of a part of rows. */
  readonly isOfRows?: true | undefined;
  readonly manifest: Manifest;
  /** Those of its log. */
  readonly shards: readonly Shard[];
}

/** Nobody finds a series whose index item cannot be read, so nobody sees what a deletion would hide of it. */
const passOver: NoteDamage = () => {};

/** What some deletions of a day hide, by series; added to `masks`. */
export async function findMasks(
  { table, tenant, day, isOfRows, manifest, shards }: IndexedDay,
  deletions: readonly Deletion[],
  masks = new Masks(),
): Promise<Masks> {
  if (deletions.length === 0) return masks;
  const onLabelSets = (labelSets: readonly LabelSet[]) => {
    for (const labels of labelSets)
      if (deletions.some((deletion) => isMeant(deletion, labels)))
        masks.add(hashHex(seriesHash(labels)), labels, deletions);
  };
  const records = { tenant, day, shards, receivedFromMs: manifest.flushedToMs + 1 };
  await forEachSeriesRecord(table, records, onLabelSets, undefined, passOver);
  const place = { table, tenant, day, isOfRows, signal: undefined, note: passOver };
  for (const { selectors } of deletions)
    for (const selector of selectors)
      for (const part of manifest.index) await readIndexPart(place, part, selector, onLabelSets);
  return masks;
}
