/**
 * A day's marks: they tell the compactor, hour by hour, that there is something to do. A mark is stored
 * before anything that it announces, so that nothing can be there without one.
 */
import type { RandomBytes } from "../../model/random-bytes.ts";
import { DAY_MS } from "../../model/time.ts";
import { hourOf, markKey, WRITER_ID_BYTES } from "../layout/keys.ts";
import { expiry, markExpiry, transientExpiry } from "../layout/retention.ts";
import { markStale } from "../rollups/mark-stale.ts";
import type { Table } from "../table/table.ts";
import type { CompactorLag } from "./compactor-lag.ts";
import type { DayPlace } from "./day-place.ts";

export class DayMarks {
  readonly #place: DayPlace;
  readonly #lag: CompactorLag;
  /** The value of its marks: a mark that is stored again, however late, differs from the one before it. */
  readonly #id: Uint8Array;
  /** The hour that is marked, as its start in ms. */
  #markedHourMs = -1;

  constructor(place: DayPlace, lag: CompactorLag, randomBytes: RandomBytes) {
    this.#place = place;
    this.#lag = lag;
    this.#id = randomBytes(WRITER_ID_BYTES);
  }

  /** Whether it is time to look at the compactor. */
  get isLookDue(): boolean {
    return this.#lag.isDue;
  }

  /** Looks at the compactor if it is time. Throws "unavailable". */
  look(table: Table): Promise<void> {
    return this.#lag.look(table);
  }

  /** Whether nothing is to be done for records of a receive time. */
  isMarked(receivedMs: number): boolean {
    return hourOf(receivedMs) === this.#markedHourMs && !this.#lag.isDue;
  }

  /**
   * Marks the hour of a receive time if that is to be done, and the hourly rows of a day that is over stale:
   * from then on its samples count. Throws "unavailable".
   */
  async mark(table: Table, receivedMs: number): Promise<void> {
    await this.#lag.look(table);
    const hourMs = hourOf(receivedMs);
    if (hourMs === this.#markedHourMs) return;
    const { tenant, day, retentionMs } = this.#place;
    const expires = this.#lag.isBehind ? expiry(day, retentionMs) : markExpiry(receivedMs, day, retentionMs);
    await table.put({ ...markKey({ hourMs, day, tenant }), value: this.#id, ...expires });
    // After the mark: whoever makes rows looks at marks after they count.
    if (receivedMs >= (day + 1) * DAY_MS) await markStale(table, tenant, day);
    this.#markedHourMs = hourMs;
  }

  /** Whether log records may name brief references: they stay as long as series records do, and the compactor reads them. */
  get allowBrief(): boolean {
    return this.#lag.readsBrief && !this.#lag.isBehind;
  }

  /**
   * The expiry of an item that compaction supersedes. While the compactor is far behind it is the day's:
   * such an item may be the only copy for as long.
   */
  expiry(receivedMs: number): { readonly expiresAtSeconds?: number } {
    const { day, retentionMs } = this.#place;
    return this.#lag.isBehind ? expiry(day, retentionMs) : transientExpiry(receivedMs, day, retentionMs);
  }
}
