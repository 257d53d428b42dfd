/**
 * Whether the compactor is far behind, by its cursor: what it has not superseded must not expire then. And
 * whether it is of a version that reads brief references. One look an hour serves all tenants of a process.
 */
import { errorKind } from "../../model/errors.ts";
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import { ByteReader } from "../codec/bytes.ts";
import { READS_BRIEF } from "../layout/brief-keys.ts";
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
  #readsBrief = false;
  #looking: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the oldest data that are not compacted may be more than two days old, as of the last look. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Whether the compactor reads brief references, as of the last look: one that has not run yet does. */
  get readsBrief(): boolean {
    return this.#readsBrief;
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
    const { fromMs, reads } = await lookAtCompactor(table);
    this.#isBehind = fromMs !== undefined && nowMs - fromMs > MAX_LAG_MS;
    this.#readsBrief = reads >= READS_BRIEF;
    this.#lookedMs = nowMs;
  }
}

interface CompactorState {
  /** The first hour whose mark may wait for compaction, in ms; undefined: there is none. */
  readonly fromMs: number | undefined;
  readonly reads: number;
}

/** What cannot be read might be any: the beginning of time, and an earlier version. */
async function lookAtCompactor(table: Table): Promise<CompactorState> {
  try {
    const cursor = await table.get(cursorKey(), { consistent: true });
    const { dueMs, reads } = cursor === undefined ? NEVER_RAN : readCursor(cursor.value);
    for await (const [mark] of table.query(marksRange(dueMs), { consistent: true, limit: 1 }))
      if (mark !== undefined) return { fromMs: parseMarkSortKey(mark.sk).hourMs, reads };
    return { fromMs: undefined, reads };
  } catch (error) {
    if (errorKind(error) === "data") return { fromMs: 0, reads: 0 };
    throw error;
  }
}

const NEVER_RAN = { dueMs: 0, reads: READS_BRIEF };

/** The third and fourth field of the cursor (compact/marks.ts), which earlier versions left out. Throws "data". */
function readCursor(cursor: Uint8Array): { readonly dueMs: number; readonly reads: number } {
  const reader = new ByteReader(cursor, "compaction cursor");
  const hourMs = reader.readVarint();
  if (reader.remaining > 0) reader.readVarint();
  const dueMs = reader.remaining > 0 ? reader.readVarint() : hourMs;
  return { dueMs, reads: reader.remaining > 0 ? reader.readVarint() : 0 };
}
