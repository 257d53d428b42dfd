/** The order of cells in a sorted table. */

export type SortValue = number | string;

const COLLATOR = new Intl.Collator("en", { numeric: true });

/** `sign` is 1 for ascending, -1 for descending. NaN and empty texts come last both ways. */
export function compareCells(a: SortValue, b: SortValue, sign: number): number {
  const [isNoA, isNoB] = [isNothing(a), isNothing(b)];
  if (isNoA || isNoB) return Number(isNoA) - Number(isNoB);
  if (typeof a === "number" && typeof b === "number") return a === b ? 0 : (a < b ? -1 : 1) * sign;
  return COLLATOR.compare(String(a), String(b)) * sign;
}

function isNothing(value: SortValue): boolean {
  return value === "" || Number.isNaN(value);
}
