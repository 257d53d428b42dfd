/** Merges parts of a month's rows into one, with one index. */
import { mergeRows } from "../../rollups/merge-rows.ts";
import type { RowPart } from "../../rollups/rollup-manifest.ts";
import { addCounts, NO_ROWS, rowShardBits, storeRows } from "../../rollups/store-rows.ts";
import { DamagedInput } from "../damaged-input.ts";
import { type DayContext, newId } from "../day-context.ts";
import { mergeIndexes } from "../store-index.ts";
import { monthExpiry } from "./roll-day.ts";

/** Throws "data" for an input that has not as many rows as the manifest says, or that cannot be read. */
export async function mergeMonth(context: DayContext, inputs: readonly RowPart[]): Promise<RowPart> {
  const { table, tenant, clock, randomBytes, partitionBits } = context;
  const days = inputs.flatMap((part) => part.days).sort((a, b) => a - b);
  const [day] = days;
  const expires = monthExpiry(context);
  const id = newId(randomBytes);
  const bits = (partitionBits ?? rowShardBits)(inputs.reduce((total, { rows }) => total + rows, 0));
  const read = new Array<number>(inputs.length).fill(0);
  const onRead = (part: number, rows: number) => {
    read[part] += rows;
  };
  let counts = NO_ROWS;
  for (let prefix = 0; prefix < 2 ** bits; prefix++) {
    const shard = { bits, prefix };
    const series = mergeRows({ table }, tenant, inputs, shard, onRead);
    counts = addCounts(counts, await storeRows(table, { tenant, day, part: id, shard }, expires, series));
  }
  inputs.forEach(({ id: input, rows }, i) => {
    if (read[i] !== rows)
      throw new DamagedInput(context, `part ${input} of hourly rows has ${read[i]} rows`, `${rows}`);
  });
  const sources = inputs.flatMap(({ index, day: ofPart }) =>
    index.map((part) => ({ part, day: ofPart, isOfRows: true as const })),
  );
  const index = await mergeIndexes(context, sources, { day, isOfRows: true, expires });
  return { id, day, days, shardBits: bits, createdMs: clock(), ...counts, index };
}
