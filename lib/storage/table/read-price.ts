/** What DynamoDB asks for reads. */

/** On demand, in us-east-1. https://aws.amazon.com/dynamodb/pricing/on-demand/ */
const DOLLARS_PER_READ_UNIT = 0.125e-6;
const DIGITS = 2;

/** `50,000 read units ($0.0063)`. */
export function printReadUnits(readUnits: number): string {
  const units = Math.ceil(readUnits);
  const dollars = Number((units * DOLLARS_PER_READ_UNIT).toPrecision(DIGITS));
  return `${units.toLocaleString("en-US")} read units ($${dollars.toFixed(decimalsOf(dollars))})`;
}

/** Of a price with `DIGITS` digits that count. */
function decimalsOf(dollars: number): number {
  return dollars === 0 ? 0 : Math.max(DIGITS, DIGITS - 1 - Math.floor(Math.log10(dollars)));
}
