/** What the compactor knows of the table's capacity, and which share of it is its own. */
import { HearthError } from "../../../model/errors.ts";

/** A source of the table's capacity. */
export interface WriteCapacity {
  /** Write units a second that are provisioned now; undefined: billed by request, so that nothing is paced. */
  read(): Promise<number | undefined>;
  /** Calls that the table refused for want of capacity since this process began. */
  throttledCalls(): number;
}

/**
 * Percent. At 70 % use compaction takes 35 to 45 % of the capacity, with requests of 2,000 and 10,000 samples, and writers 35 to
 * 25 %: half and half leaves both some room.
 */
export const DEFAULT_COMPACTOR_SHARE = 50;
const LEAST_SHARE = 10;
const MOST_SHARE = 90;

/** The setting of template.yaml and `npm start`, as a share of one. Throws "invalid". */
export function parseCompactorShare(env: Readonly<Record<string, string | undefined>>): number {
  const text = env.HEARTH_COMPACTOR_SHARE || String(DEFAULT_COMPACTOR_SHARE);
  const percent = Number(text);
  if (Number.isInteger(percent) && percent >= LEAST_SHARE && percent <= MOST_SHARE) return percent / 100;
  throw new HearthError(
    "invalid",
    `HEARTH_COMPACTOR_SHARE=${text}: expected a whole number of percent from ${LEAST_SHARE} to ${MOST_SHARE}`,
  );
}
