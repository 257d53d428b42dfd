/** Axes in the page's colours, with times of the chosen zone and values with their unit. */
import uPlot from "uplot";
import { printValue, type Unit } from "../number/units.ts";
import { printTicks, type Zone } from "../time/time-text.ts";

/** Steps between ticks of bytes: powers of two. */
const BYTE_INCREMENTS = Array.from({ length: 62 }, (_, power) => 2 ** power);
const FONT = '11px "Inter Variable", system-ui, sans-serif';
/** Pixels of a character of that font, at most. */
const CHARACTER_PX = 6.6;

interface Inks {
  readonly ink: () => string;
  readonly line: () => string;
}

/** Colours are the computed ones of an element: its text's and its border's. */
export function inksOf(element: HTMLElement): Inks {
  return {
    ink: () => getComputedStyle(element).color,
    line: () => getComputedStyle(element).borderTopColor,
  };
}

export function timeAxis({ ink, line }: Inks, zone: Zone): uPlot.Axis {
  return {
    stroke: ink,
    font: FONT,
    size: 38,
    space: 58,
    gap: 4,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1, size: 4 },
    values: (_, splits) => printTicks(splits, zone),
  };
}

export function valueAxis({ ink, line }: Inks, unit: Unit): uPlot.Axis {
  return {
    stroke: ink,
    font: FONT,
    gap: 6,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    ...(unit === "bytes" || unit === "bytes/s" ? { incrs: BYTE_INCREMENTS } : {}),
    values: (_, splits) => splits.map((value) => (value === null ? "" : printValue(value, unit))),
    size: (_, values) => Math.max(44, widestOf(values) * CHARACTER_PX + 14),
  };
}

export function widestOf(values: readonly (string | null)[] | null): number {
  return (values ?? []).reduce((most, text) => Math.max(most, text?.length ?? 0), 0);
}

export function zoneDate(zone: Zone): (seconds: number) => Date {
  return (seconds) =>
    zone === "utc" ? uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") : new Date(seconds * 1000);
}
