/** Read units of each panel against its range: of samples, of rows, and of the same query again. */
import { DAY_MS } from "../../lib/model/time.ts";
import { type ChartLine, drawChart } from "../svg-chart.ts";
import { RANGE_SPANS } from "./panels.ts";
import type { RangeFigures } from "./report.ts";

/** A warm process may read nothing, which a logarithm cannot draw. */
const MIN_UNITS = 0.5;

export function plotUnits(all: readonly RangeFigures[]): string {
  const panels = [...Map.groupBy(all, ({ query }) => query)].map(([{ series, name }, figures]) => ({
    title: `${series} series: ${name}`,
    lines: [
      lineOf("samples", figures, "0s", "cold"),
      lineOf("samples, again", figures, "0s", "warm"),
      lineOf("hourly rows", figures, "1h", "cold"),
      lineOf("hourly rows, again", figures, "1h", "warm"),
    ].filter(({ points }) => points.length > 0),
  }));
  const names = new Map(RANGE_SPANS.map(({ name, spanMs }) => [spanMs / DAY_MS, name]));
  const labelX = (days: number) => names.get(days) ?? String(days);
  return drawChart({ xTitle: "range", yTitle: "read units", hasLogarithmicY: true, labelX, panels });
}

/** Refused queries have no point. */
function lineOf(
  name: string,
  figures: readonly RangeFigures[],
  resolution: string,
  state: "cold" | "warm",
): ChartLine {
  const points = figures
    .filter((one) => one.resolution === resolution && one[state].error === undefined)
    .map((one) => [one.span.spanMs / DAY_MS, Math.max(MIN_UNITS, one[state].readUnits)] as const);
  return { name, points };
}
