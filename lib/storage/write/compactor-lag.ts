/**
 * Whether the compactor is far behind, by its cursor: what it has not superseded must not expire then.
 * One look an hour serves all tenants of a process.
 */
import { errorKind } from "../../model/errors.ts";
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import { ByteReader } from "../codec/bytes.ts";
import { cursorKey, marksRange, parseMarkSortKey } from "../layout/keys.ts";
import type { Table } from "../table/table.ts";

/**
 * The cursor stands at the first hour of a day for as long as the day is written to, and an hour or two
 * longer. So a compactor that runs is a day behind, and never two.
 */
const MAX_LAG_MS = 2 * DAY_MS;
/** While it is behind, it is looked at more often. */
const LOOK_AGAIN_MS = 10 * MINUTE_MS;

export class CompactorLag {
  readonly #clock: Clock;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #isBehind = false;
  #looking: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the oldest data that are not compacted may be more than two days old, as of the last look. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Whether it is time to look again. */
  get isDue(): boolean {
    const againMs = this.#isBehind ? LOOK_AGAIN_MS : HOUR_MS;
    return Math.abs(this.#clock() - this.#lookedMs) >= againMs;
  }

  /** Looks again if it is time. Throws "unavailable". */
  async look(table: Table): Promise<void> {
    if (!this.isDue) return;
    this.#looking ??= this.#look(table, this.#clock()).finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  async #look(table: Table, nowMs: number): Promise<void> {
    const fromMs = await oldestUncompacted(table);
    this.#isBehind = fromMs !== undefined && nowMs - fromMs > MAX_LAG_MS;
    this.#lookedMs = nowMs;
  }
}

/**
 * The first hour whose mark may wait for compaction, in ms; undefined: there is none. What
 * cannot be read might be any: the beginning of time.
 */
async function oldestUncompacted(table: Table): Promise<number | undefined> {
  try {
    const cursor = await table.get(cursorKey(), { consistent: true });
    const fromMs = cursor === undefined ? 0 : dueHour(cursor.value);
    for await (const [mark] of table.query(marksRange(fromMs), { consistent: true, limit: 1 }))
      if (mark !== undefined) return parseMarkSortKey(mark.sk).hourMs;
    return undefined;
  } catch (error) {
    if (errorKind(error) === "data") return 0;
    throw error;
  }
}

/** The third field of the cursor (compact/marks.ts), or the first of one that an earlier version stored. Throws "data". */
function dueHour(cursor: Uint8Array): number {
  const reader = new ByteReader(cursor, "compaction cursor");
  const hourMs = reader.readVarint();
  if (reader.remaining > 0) reader.readVarint();
  return reader.remaining > 0 ? reader.readVarint() : hourMs;
}
