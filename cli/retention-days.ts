/** The retention that the commands go by. */
import { HearthError } from "../lib/model/errors.ts";

/** Days of retention, 0 to keep for ever. Throws "invalid" where nothing says it: what is written then would have a wrong expiry. */
export function parseDays(text: string | undefined): number {
  if (text === undefined) {
    throw new HearthError(
      "invalid",
      "the deployment's retention is not known; give --stack, or --retention-days N (0 to keep for ever)",
    );
  }
  const days = Number(text || 0);
  if (Number.isInteger(days) && days >= 0) return days;
  throw new HearthError("invalid", `retention of ${text} days: expected a whole number, 0 to keep for ever`);
}
