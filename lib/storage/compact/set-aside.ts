/** Days that keep failing wait longer each time, so that others go on; and their errors, as long as they wait. */
import { HearthError } from "../../model/errors.ts";
import { HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import type { Attempts } from "../layout/manifest-facts.ts";
import { placeOf } from "./damaged-input.ts";
import type { DayContext } from "./day-context.ts";
import { HELD_INDEX, HELD_ROWS } from "./plan-compaction.ts";

/** A day with so many attempts that published nothing is set aside. */
const MAX_ATTEMPTS = 2;
/** After the second attempt, and twice as long after each further one. */
const FIRST_WAIT_MS = 10 * MINUTE_MS;
const LONGEST_WAIT_MS = 6 * HOUR_MS;

/** Whether the next attempt is one that may end the process again. */
export function isSuspect({ count }: Attempts): boolean {
  return count >= MAX_ATTEMPTS;
}

/** How long after the latest attempt a suspect day is tried again, in ms. */
export function backoffMs({ count }: Attempts): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (count - MAX_ATTEMPTS), LONGEST_WAIT_MS);
}

type Place = Pick<DayContext, "tenant" | "day">;

export function setAsideError({ tenant, day }: Place, { count }: Attempts): HearthError {
  return new HearthError(
    "data",
    `compaction: ${count} attempts in a row published nothing; the day is set aside and tried again later ${placeOf(tenant, day)}`,
  );
}

export function heldError({ tenant, day }: Place, buckets: readonly number[]): HearthError {
  const what = buckets.map(nameOf).join(", ");
  return new HearthError(
    "data",
    `compaction: ${what} is left as it is, since parts of it are damaged; run "hearthdb verify" ${placeOf(tenant, day)}`,
  );
}

function nameOf(bucket: number): string {
  if (bucket === HELD_INDEX) return "the index";
  return bucket === HELD_ROWS ? "the making of hourly rows" : `bucket ${bucket}`;
}
