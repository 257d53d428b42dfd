/** Numbers with their nouns, as people write them. */
import type { Meter } from "../lib/storage/table/table.ts";

/** `1 block`, `2,000 blocks`. */
export function printNumberOf(count: number, what: string, several = `${what}s`): string {
  const rounded = Math.round(count);
  return `${printCount(rounded)} ${rounded === 1 ? what : several}`;
}

export function printDays(count: number): string {
  return printNumberOf(count, "day");
}

export function printCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** `1 read unit, 0.5 write units`: halves are not rounded. */
export function printUnits({ readUnits, writeUnits }: Pick<Meter, "readUnits" | "writeUnits">): string {
  return `${unitsOf(readUnits, "read")}, ${unitsOf(writeUnits, "write")}`;
}

function unitsOf(units: number, kind: string): string {
  return `${units} ${kind} unit${units === 1 ? "" : "s"}`;
}
