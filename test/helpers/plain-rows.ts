/** Rows as plain data: floats by their bits, sums to twelve digits. */
import type { HourRows } from "../../lib/model/rows/hour-rows.ts";
import { meaningOf } from "./histograms.ts";
import { bitsOf } from "./write-requests.ts";

export function plainRows({ floats, histograms }: HourRows): unknown {
  const { sums, drops, ...exact } = floats;
  const near = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(12)) : `${value}`);
  const bits = Object.entries(exact).map(([name, column]) => [
    name,
    Array.from(column as Float64Array, bitsOf),
  ]);
  const { firsts = [], lasts = [], sums: totals = [], drops: lost = [], ...columns } = histograms ?? {};
  const lists = [firsts, lasts, totals, lost].map((list) =>
    list.map((one) => one && { ...meaningOf(one), kind: one.kind }),
  );
  const ofHistograms = Object.entries(columns).map(([name, column]) => [
    name,
    Array.from(column as Float64Array),
  ]);
  return { bits, sums: Array.from(sums, near), drops: Array.from(drops, near), ofHistograms, lists };
}
