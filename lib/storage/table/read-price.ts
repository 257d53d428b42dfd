/** What DynamoDB asks for reads. */
import { DOLLARS_PER_READ_UNIT } from "../../model/quota/prices.ts";

const DIGITS = 2;

export function readDollars(readUnits: number): number {
  return readUnits * DOLLARS_PER_READ_UNIT;
}

/** `50,000 read units ($0.0063)`. */
export function printReadUnits(readUnits: number): string {
  const units = Math.ceil(readUnits);
  const dollars = Number(readDollars(units).toPrecision(DIGITS));
  return `${units.toLocaleString("en-US")} read units ($${dollars.toFixed(decimalsOf(dollars))})`;
}

/** Of a price with `DIGITS` digits that count. */
function decimalsOf(dollars: number): number {
  return dollars === 0 ? 0 : Math.max(DIGITS, DIGITS - 1 - Math.floor(Math.log10(dollars)));
}
