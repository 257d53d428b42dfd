/** Merges parts of a month's rows into one, with one index. */
import { mergeRows } from "../../rollups/merge-rows.ts";
import type { RowPart } from "../../rollups/rollup-manifest.ts";
import { addCounts, NO_ROWS, rowShardBits, storeRows } from "../../rollups/store-rows.ts";
import { DamagedInput } from "../damaged-input.ts";
import { type DayContext, newId } from "../day-context.ts";
import { ReadCounts } from "../merge-parts.ts";
import { mergeIndexes } from "../store-index.ts";
import { monthExpiry } from "./roll-day.ts";
import { loadRollProgress, MONTH_ROWS, type RollProgress, storeRollProgress } from "./roll-progress.ts";

/**
 * Goes on where an earlier try on the same parts was stopped; undefined when `isTimeUp` said so before the
 * end. Throws "data" for an input that has not as many rows as the manifest says, or that cannot be read.
 */
export async function mergeMonth(
  context: DayContext,
  inputs: readonly RowPart[],
  isTimeUp: () => boolean,
): Promise<RowPart | undefined> {
  const { table, tenant, clock, randomBytes, partitionBits } = context;
  const days = inputs.flatMap((part) => part.days).sort((a, b) => a - b);
  const [day] = days;
  const expires = monthExpiry(context);
  const total = inputs.reduce((sum, { rows }) => sum + rows, 0);
  const made = inputs.map((part) => `${part.id}:${part.days.join()}`).join(" ");
  const name = `${made}/${expires.expiresAtSeconds ?? 0}`;
  const newProgress = (): RollProgress => ({
    id: newId(randomBytes),
    bits: (partitionBits ?? rowShardBits)(total),
    groups: 0,
    counts: NO_ROWS,
    read: ReadCounts.of(inputs.length).all,
  });
  const noted = (await loadRollProgress(context, MONTH_ROWS, name)) ?? newProgress();
  const { id, bits } = noted;
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
    const series = mergeRows({ table }, tenant, inputs, shard, onRead);
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
  const index = await mergeIndexes(context, sources, { day, isOfRows: true, expires });
  return { id, day, days, shardBits: bits, createdMs: clock(), ...counts, index };
}
