/** The marks that writers leave of the days they write to, gathered by day, and how far they have been gone through. */
import { errorKind } from "../../model/errors.ts";
import { DAY_MS } from "../../model/time.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { READS_BRIEF } from "../layout/brief-keys.ts";
import { cursorKey, marksRange, parseMarkSortKey } from "../layout/keys.ts";
import type { Item, Table } from "../table/table.ts";

/** A tenant's day, and the first and last hour in which it was written to, as ms of their starts. */
export interface MarkedDay {
  readonly tenant: string;
  readonly day: number;
  readonly firstHourMs: number;
  readonly lastHourMs: number;
  /** Of all its marks and what they hold, 8 bytes in hex: another mark, or one that was put again, changes it. */
  readonly digest: string;
}

/** Days marked in an hour that begins at `fromMs` or later, in the order of their first marks. */
export async function listMarks(table: Table, fromMs: number): Promise<MarkedDay[]> {
  const days = new Map<string, DayDigest>();
  const add = (item: Item) => {
    const { hourMs, day, tenant } = parseMarkSortKey(item.sk);
    const key = `${day}/${tenant}`;
    let known = days.get(key);
    if (known === undefined) {
      known = new DayDigest(tenant, day, hourMs);
      days.set(key, known);
    }
    known.add(hourMs, item);
  };
  // All that a mark says is in its key, so one whose checksum is wrong is taken too.
  const onDamage = addDamaged(add);
  for await (const page of table.query(marksRange(fromMs), { consistent: true, onDamage })) page.forEach(add);
  return [...days.values()].map((one) => one.finish());
}

/** Of a key that cannot be read nothing is known. */
function addDamaged(add: (item: Item) => void) {
  return (item: Item) => {
    try {
      add(item);
    } catch (error) {
      if (errorKind(error) !== "data") throw error;
    }
  };
}

class DayDigest {
  readonly #tenant: string;
  readonly #day: number;
  #firstHourMs: number;
  #lastHourMs = 0;
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;

  constructor(tenant: string, day: number, firstHourMs: number) {
    this.#tenant = tenant;
    this.#day = day;
    this.#firstHourMs = firstHourMs;
  }

  /** FNV-1a, twice with different starts. Marks come in the order of their keys. */
  add(hourMs: number, { sk, value }: Item): void {
    this.#firstHourMs = Math.min(this.#firstHourMs, hourMs);
    this.#lastHourMs = Math.max(this.#lastHourMs, hourMs);
    for (const bytes of [sk, value]) {
      for (let i = 0; i < bytes.length; i++) {
        this.#low = Math.imul(this.#low ^ bytes[i], 0x01000193);
        this.#high = Math.imul(this.#high ^ bytes[i], 0x01000193);
      }
    }
  }

  finish(): MarkedDay {
    const hex = (word: number) => (word >>> 0).toString(16).padStart(8, "0");
    return {
      tenant: this.#tenant,
      day: this.#day,
      firstHourMs: this.#firstHourMs,
      lastHourMs: this.#lastHourMs,
      digest: hex(this.#high) + hex(this.#low),
    };
  }
}

/** How far the compactor has gone. */
export interface Cursor {
  /** Marks of hours before it are done, in ms. */
  readonly hourMs: number;
  /** When all marks were gone through last, in ms; 0: never. */
  readonly sweptMs: number;
  /** Marks of hours before it are done or of damaged days, in ms: a compactor that runs is not behind because of these. */
  readonly dueMs: number;
  /** What the compactor that stored it can read: see `READS_BRIEF`; 0: an earlier version. */
  readonly reads: number;
}

/** All marks are gone through so often: one that came in behind the cursor is found then. */
export const SWEEP_INTERVAL_MS = DAY_MS;

/** Whether all marks are to be gone through. A clock that was ahead then does not delay it for longer than an interval. */
export function isSweepDue({ sweptMs }: Cursor, nowMs: number): boolean {
  return Math.abs(nowMs - sweptMs) >= SWEEP_INTERVAL_MS;
}

const NO_CURSOR: Cursor = { hourMs: 0, sweptMs: 0, dueMs: 0, reads: 0 };

/** One that is damaged is as good as none: the marks say the same, and all of them are gone through. */
export async function loadCursor(table: Table): Promise<Cursor> {
  try {
    const item = await table.get(cursorKey(), { consistent: true });
    if (item === undefined) return NO_CURSOR;
    return decodeCursor(item.value);
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return NO_CURSOR;
  }
}

/** Earlier versions stored the first fields alone. Throws "data". */
export function decodeCursor(value: Uint8Array): Cursor {
  const reader = new ByteReader(value, "compaction cursor");
  const hourMs = reader.readVarint();
  const sweptMs = reader.remaining > 0 ? reader.readVarint() : 0;
  const dueMs = reader.remaining > 0 ? reader.readVarint() : hourMs;
  return { hourMs, sweptMs, dueMs, reads: reader.remaining > 0 ? reader.readVarint() : 0 };
}

/** Says too what this version can read. */
export async function storeCursor(
  table: Table,
  { hourMs, sweptMs, dueMs }: Omit<Cursor, "reads">,
): Promise<void> {
  const writer = new ByteWriter().writeVarint(hourMs).writeVarint(sweptMs).writeVarint(dueMs);
  const value = writer.writeVarint(READS_BRIEF).finish();
  await table.put({ ...cursorKey(), value });
}
