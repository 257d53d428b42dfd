/** The query of a metric's small curve. */
import { selectorOf } from "../../api/metric-text.ts";
import { guessUnit, type Unit } from "../../number/units.ts";

const WINDOW = "5m";

/** Of all series of a metric one curve: counters as a rate, gauges as their mean. */
export function sparklineQuery(name: string, type: string): string {
  const selector = selectorOf(name);
  const isCount = /_(total|sum|count|bucket)$/.test(name);
  if (type === "histogram" && !isCount) return `histogram_count(sum(rate(${selector}[${WINDOW}])))`;
  if (type === "counter" || isCount) return `sum(rate(${selector}[${WINDOW}]))`;
  return `avg(${selector})`;
}

/** What the curve shows, for its label. */
export function sparklineMeaning(name: string, type: string): string {
  const isCount = /_(total|sum|count|bucket)$/.test(name);
  if (type === "histogram" && !isCount) return "observations a second";
  return type === "counter" || isCount ? "rate a second" : "mean";
}

/** The unit of the curve's values. */
export function sparklineUnit(name: string, type: string, metadataUnit: string): Unit {
  // Observations are counted, whatever their unit.
  if (/_(bucket|count)$/.test(name) || (type === "histogram" && !/_sum$/.test(name))) return "per second";
  return guessUnit(sparklineQuery(name, type), [name], metadataUnit);
}
