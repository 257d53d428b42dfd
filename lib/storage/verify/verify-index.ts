/** Walks through a day's index: parts and series records, and whether each series that has samples is in one of them. */
import { errorKind, errorMessage } from "../../model/errors.ts";
import type { LabelSet } from "../../model/labels.ts";
import { decodeDirectory } from "../index/index-directory.ts";
import { MAX_PLAIN_BLOCKS } from "../index/index-part.ts";
import { decodePairs } from "../index/pairs-block.ts";
import { describeKey } from "../layout/key-place.ts";
import { seriesRecordsRange } from "../layout/keys.ts";
import type { IndexPart, Manifest } from "../layout/manifest.ts";
import { type IndexSection, indexRange } from "../layout/part-keys.ts";
import { ALL_SERIES, type Shard } from "../layout/shard.ts";
import { decodeSeriesBlock } from "../series/series-block.ts";
import { hashHex, seriesHash } from "../series/series-hash.ts";
import type { Item, KeyRange, Table } from "../table/table.ts";
import type { OnFinding, VerifiedDay } from "./finding.ts";
import { checkExpiry } from "./item-expiry.ts";

const LOSS = "series that only this block has are not found";
const DECODERS: Readonly<Record<Exclude<IndexSection, "series">, (value: Uint8Array) => unknown>> = {
  values: decodeSeriesBlock,
  pairs: decodePairs,
  directory: decodeDirectory,
};

/** Returns the hashes (hex) of every series in the index parts. */
export async function verifyIndex(
  table: Table,
  day: VerifiedDay,
  { index }: Manifest,
  onFinding: OnFinding,
): Promise<Set<string>> {
  const hashes = new Set<string>();
  for (const part of index) await verifyPart(table, day, part, hashes, onFinding);
  return hashes;
}

async function verifyPart(
  table: Table,
  day: VerifiedDay,
  part: IndexPart,
  hashes: Set<string>,
  onFinding: OnFinding,
): Promise<void> {
  const { tenant, day: number } = day;
  const place = { tenant, day: number, part: part.id };
  let series = 0;
  let blocks = 0;
  const take = (labelSets: readonly LabelSet[]) => {
    blocks++;
    series += labelSets.length;
    for (const labels of labelSets) hashes.add(hashHex(seriesHash(labels)));
  };
  for (let prefix = 0; prefix < 2 ** part.shardBits; prefix++) {
    const range = indexRange({ ...place, section: "series", shard: { bits: part.shardBits, prefix } });
    await readAll(table, day, range, part.id, (value) => take(decodeSeriesBlock(value)), onFinding);
  }
  if (part.blocks > MAX_PLAIN_BLOCKS) {
    for (const [section, decode] of Object.entries(DECODERS)) {
      const range = indexRange({ ...place, section: section as IndexSection, shard: ALL_SERIES });
      await readAll(table, day, range, part.id, decode, onFinding);
    }
  }
  if (series === part.series && blocks === part.blocks) return;
  onFinding({
    problem: "wrong count",
    detail: `index part ${part.id} has ${series} series in ${blocks} blocks, its manifest says ${part.series} in ${part.blocks}`,
    loss: `${Math.max(0, part.series - series)} entries of the index; series that no other part has are not found`,
    part: part.id,
  });
}

async function readAll(
  table: Table,
  day: VerifiedDay,
  range: KeyRange,
  part: string,
  decode: (value: Uint8Array) => unknown,
  onFinding: OnFinding,
): Promise<void> {
  const onDamage = (item: Item, reason: string) =>
    onFinding({
      problem: "damaged item",
      detail: `index part ${part}: ${reason}: ${describeKey(item)}`,
      loss: LOSS,
      key: item,
      part,
    });
  for await (const page of table.query(range, { consistent: true, signal: day.signal, onDamage })) {
    for (const item of page) {
      try {
        decode(item.value);
      } catch (error) {
        if (errorKind(error) !== "data") throw error;
        onDamage(item, errorMessage(error));
      }
      checkExpiry(day, item, onFinding);
    }
  }
}

/** The label sets of a part, as far as they can be read. */
export async function readIndexSeries(table: Table, day: VerifiedDay, part: IndexPart): Promise<LabelSet[]> {
  const { tenant, day: number } = day;
  const place = { tenant, day: number, part: part.id, section: "series" } as const;
  const found: LabelSet[] = [];
  const take = (value: Uint8Array) => found.push(...decodeSeriesBlock(value));
  for (let prefix = 0; prefix < 2 ** part.shardBits; prefix++) {
    const range = indexRange({ ...place, shard: { bits: part.shardBits, prefix } });
    await readAll(table, day, range, part.id, take, () => {});
  }
  return found;
}

/** The label sets of all series records that are left, by hash (hex). */
export async function readSeriesRecords(
  table: Table,
  day: VerifiedDay,
  shards: readonly Shard[],
  onFinding: OnFinding,
  receivedFromMs = 0,
): Promise<Map<string, LabelSet>> {
  const found = new Map<string, LabelSet>();
  const onDamage = (item: Item, reason: string) =>
    onFinding({
      problem: "damaged item",
      detail: `series record: ${reason}: ${describeKey(item)}`,
      loss: "series that only this record has are not found",
      key: item,
    });
  for (const shard of shards) {
    const range = seriesRecordsRange(day.tenant, day.day, shard, receivedFromMs);
    for await (const page of table.query(range, { consistent: true, signal: day.signal, onDamage })) {
      for (const item of page) {
        try {
          for (const labels of decodeSeriesBlock(item.value)) found.set(hashHex(seriesHash(labels)), labels);
        } catch (error) {
          if (errorKind(error) !== "data") throw error;
          onDamage(item, errorMessage(error));
        }
      }
    }
  }
  return found;
}
