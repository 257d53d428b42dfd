/** The one assumption about time: how long a write may take until every reader sees it. */
import { MINUTE_MS, SECOND_MS } from "../../model/time.ts";

/**
 * How long a log record may take to land after the receive time in its key. A writer dates a record anew that it has held
 * for `MAX_HOLD_MS`; the rest is for clocks that differ. Nothing younger is flushed.
 */
export const SETTLE_MS = MINUTE_MS;

/**
 * A record that took longer to be stored is stored again under a new receive time before it is answered: compaction takes a
 * record to be there a settle time after its receive time (`planFlush`), and may have passed it by.
 */
export const MAX_HOLD_MS = 30 * SECOND_MS;
