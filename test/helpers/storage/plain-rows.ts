/** Rows as plain data: floats by their bits, sums to twelve digits; what is computed of NaN is one NaN, whatever its bits. */
import type { HourRows } from "../../../lib/model/rows/hour-rows.ts";
import { meaningOf } from "../histograms.ts";
import { bitsOf } from "../write-requests.ts";

export function plainRows({ floats, histograms }: HourRows): unknown {
  const { sums, drops, mins, maxs, ...stored } = floats;
  const exact = { ...stored, mins: mins.map(oneNaN), maxs: maxs.map(oneNaN) };
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

/** Optimized code keeps other bits of a NaN that is computed. */
const oneNaN = (value: number) => (Number.isNaN(value) ? Number.NaN : value);
