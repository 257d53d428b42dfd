/** How many read units of DynamoDB a request may cost: a setting, since they are money. */
import { HearthError } from "../model/errors.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";

const NAME = "HEARTH_QUERY_READ_UNITS";
/** $12.50. */
const MAX_READ_UNITS = 100_000_000;

/** From environment variables. Throws "invalid" with the variable's name for an invalid value. */
export function parseReadBudget(env: Readonly<Record<string, string | undefined>>): number {
  const text = env[NAME];
  if (text === undefined || text === "") return DEFAULT_LIMITS.maxQueryReadUnits;
  const units = Number(text);
  if (Number.isInteger(units) && units > 0 && units <= MAX_READ_UNITS) return units;
  throw new HearthError("invalid", `${NAME}=${text}: expected a whole number from 1 to ${MAX_READ_UNITS}`);
}
