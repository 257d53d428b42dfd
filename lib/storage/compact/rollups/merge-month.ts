/** Merges parts of a month's rows into one, with one index. */
import { Masks } from "../../deletion/masks.ts";
import { findMasks } from "../../index/meant-series.ts";
import { EMPTY_MANIFEST } from "../../layout/manifest.ts";
import { mergeRows } from "../../rollups/merge-rows.ts";
import type { RowHiding, RowPart } from "../../rollups/rollup-manifest.ts";
import type { RollupMonth } from "../../rollups/rollup-months.ts";
import { hidingBy, hidingOf } from "../../rollups/row-deletions.ts";
import { addCounts, NO_ROWS, rowShardBits, storeRows } from "../../rollups/store-rows.ts";
import { DamagedInput } from "../damaged-input.ts";
import { type DayContext, newId } from "../day-context.ts";
import { ReadCounts } from "../merge-parts.ts";
import { mergeIndexes } from "../store-index.ts";
import { findLeft } from "./left-series.ts";
import { monthExpiry } from "./month-expiry.ts";
import { isAlive, notePart } from "./noted-part.ts";
import { loadRollProgress, MONTH_ROWS, type RollProgress, storeRollProgress } from "./roll-progress.ts";

/**
 * Goes on where an earlier try on the same parts was stopped; undefined when `isTimeUp` said so before the
 * end. What the month's deletions hide is left out. Throws "data" for an input that has not as many rows as the manifest says, or that cannot be read.
 */
export async function mergeMonth(
  context: DayContext,
  inputs: readonly RowPart[],
  { manifest, deletions }: RollupMonth,
  isTimeUp: () => boolean,
): Promise<RowPart | undefined> {
  const { table, tenant, clock, randomBytes, partitionBits } = context;
  const days = inputs.flatMap((part) => part.days).sort((a, b) => a - b);
  const [day] = days;
  const expires = monthExpiry(context);
  const total = inputs.reduce((sum, { rows }) => sum + rows, 0);
  const made = inputs.map((part) => `${part.id}:${part.days.join()}`).join(" ");
  const name = `${made}/${expires.expiresAtSeconds ?? 0}/${deletions.last}`;
  const hiding = hidingOf(manifest, deletions, (one) => days.includes(one));
  const masks = await findRowMasks(context, inputs, hiding);
  const isHiddenOf = (hash: string) => hidingBy(masks.of(hash), hiding);
  const newProgress = (): RollProgress => ({
    id: newId(randomBytes),
    bits: (partitionBits ?? rowShardBits)(total),
    groups: 0,
    counts: NO_ROWS,
    read: ReadCounts.of(inputs.length).all,
  });
  const earlier = await loadRollProgress(context, MONTH_ROWS, name);
  const noted = earlier !== undefined && (await isAlive(context, earlier.id)) ? earlier : newProgress();
  const { id, bits } = noted;
  const indexed = inputs.flatMap(({ index }) => index).reduce((sum, { series }) => sum + series, 0);
  const newIndexId = await notePart(context, { id, day, shardBits: bits }, indexed);
  const read = new ReadCounts(noted.read);
  const onRead = (part: number, rows: number) => read.add(part, rows);
  let { counts } = noted;
  for (let prefix = noted.groups; prefix < 2 ** bits; prefix++) {
    if (prefix > noted.groups && isTimeUp()) {
      const progress = { id, bits, groups: prefix, counts, read: read.all };
      await storeRollProgress(context, MONTH_ROWS, name, progress);
      return undefined;
    }
    const shard = { bits, prefix };
    const series = mergeRows({ table }, tenant, inputs, shard, onRead, isHiddenOf);
    counts = addCounts(counts, await storeRows(table, { tenant, day, part: id, shard }, expires, series));
  }
  inputs.forEach(({ id: input, rows }, i) => {
    const { samples: found } = read.all[i];
    if (found !== rows)
      throw new DamagedInput(context, `part ${input} of hourly rows has ${found} rows`, `${rows}`);
  });
  const sources = inputs.flatMap(({ index, day: ofPart }) =>
    index.map((part) => ({ part, day: ofPart, isOfRows: true as const })),
  );
  const place = { id, day, shardBits: bits };
  const isLeft = await findLeft(table, tenant, place, masks);
  const index = await mergeIndexes(context, sources, { day, isOfRows: true, expires, isLeft, newIndexId });
  return { ...place, days, createdMs: clock(), ...counts, index };
}

/** The deletions that mean any series of some parts. */
async function findRowMasks(
  { table, tenant }: DayContext,
  parts: readonly RowPart[],
  { deletions }: RowHiding,
): Promise<Masks> {
  const masks = new Masks();
  if (deletions.length === 0) return masks;
  for (const { day, index } of parts) {
    const manifest = { ...EMPTY_MANIFEST, index };
    await findMasks({ table, tenant, day, isOfRows: true, manifest, shards: [] }, deletions, masks);
  }
  return masks;
}
