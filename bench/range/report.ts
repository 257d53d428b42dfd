/** The figures as lines, and as JSON. */
import type { PrometheusCost } from "./measure-prometheus.ts";
import type { RangeCost } from "./measure-range.ts";
import type { RangeQuery, RangeSpan } from "./panels.ts";

export interface RangeFigures {
  readonly query: RangeQuery;
  readonly span: RangeSpan;
  readonly resolution: string;
  /** What `query_range_cost` expected the cold query to cost. */
  readonly expectedUnits: number;
  readonly cold: RangeCost;
  readonly warm: RangeCost;
  readonly prometheus: PrometheusCost | undefined;
}

/** On demand, in us-east-1. https://aws.amazon.com/dynamodb/pricing/on-demand/ */
const DOLLARS_PER_READ_UNIT = 0.125e-6;

const COLUMNS = [
  "expected",
  "units",
  "$",
  "calls",
  "in a row",
  "ms",
  "CPU ms",
  "MiB",
  "again: units",
  "ms",
  "CPU ms",
];
const NAME_WIDTH = 28;
const WIDTHS = [10, 9, 10, 7, 10, 8, 8, 6, 14, 8, 8];

export function printHead(): void {
  console.log(`\n${"panel".padEnd(NAME_WIDTH)}${cells(COLUMNS)}`);
}

export function printPanel(all: RangeFigures): void {
  const { query, span, resolution, expectedUnits, cold, warm, prometheus } = all;
  const source = resolution === "0s" ? "samples" : "rows";
  const name = `${query.series} series, ${span.name}, ${source}`.padEnd(NAME_WIDTH);
  const figures = [
    expectedUnits.toFixed(0),
    cold.readUnits,
    dollarsOf(cold).toFixed(6),
    cold.calls,
    cold.callsInARow,
    cold.wallMs.toFixed(0),
    cold.cpuMs.toFixed(0),
    cold.memoryMiB.toFixed(0),
    warm.readUnits,
    warm.wallMs.toFixed(0),
    warm.cpuMs.toFixed(0),
  ];
  const theirs =
    prometheus === undefined
      ? ""
      : `   Prometheus: ${prometheus.error ?? `${prometheus.wallMs.toFixed(0)} ms, CPU ${prometheus.cpuMs.toFixed(0)} ms`}`;
  const refused = cold.error === undefined ? "" : `   ${cold.error}`;
  console.log(name + cells(figures.map(String)) + theirs + refused);
}

export function figuresOf(all: RangeFigures): object {
  const { query, span, resolution, expectedUnits, cold, warm, prometheus } = all;
  return {
    query: query.name,
    series: query.series,
    span: span.name,
    resolution,
    step_s: span.stepMs / 1000,
    read_units_expected: expectedUnits,
    cold: costOf(cold),
    warm: costOf(warm),
    prometheus: prometheus && {
      error: prometheus.error,
      wall_ms: prometheus.wallMs,
      cpu_ms: prometheus.cpuMs,
    },
  };
}

function costOf(cost: RangeCost): object {
  const { error, readUnits, calls, callsInARow, wallMs, cpuMs, memoryMiB, points } = cost;
  return {
    error,
    read_units: readUnits,
    dollars: dollarsOf(cost),
    calls,
    calls_in_a_row: callsInARow,
    wall_ms: wallMs,
    cpu_ms: cpuMs,
    memory_mib: memoryMiB,
    points,
  };
}

function dollarsOf({ readUnits }: RangeCost): number {
  return readUnits * DOLLARS_PER_READ_UNIT;
}

function cells(texts: readonly string[]): string {
  return texts.map((text, i) => text.padStart(WIDTHS[i])).join("");
}
