/**
 * Time columns in the memory of a warm process. Series of one scrape target have the very same times, so equal columns of a day are
 * kept once: a remembered sample takes 8 bytes then and not 16.
 *
 * A column counts for itself in the cache. It is used again after each of its series, so it outlives them: the cache never holds
 * more than it has counted.
 */
import type { WarmCache, WarmEntries } from "./warm-cache.ts";

/** What a column takes beside its times: its objects, about. */
const COLUMN_BYTES = 300;

/** Times of series of one day, shared: nobody may write to them. */
export interface TimeColumn {
  readonly key: string;
  readonly timestamps: Float64Array;
}

export class WarmTimes {
  readonly #columns: WarmEntries<TimeColumn>;

  constructor(cache: WarmCache) {
    this.#columns = cache.entries("times");
  }

  /**
   * The column of these times, which is a copy where no other series has it yet; undefined where others of as many times, from
   * the same to the same, are known. `prefix`: what the keys of the day begin with; `timestamps`: at least one.
   */
  share(prefix: string, timestamps: Float64Array): TimeColumn | undefined {
    const { length } = timestamps;
    const key = `${prefix}${length}/${timestamps[0]}/${timestamps[length - 1]}`;
    const known = this.#columns.get(key);
    if (known === undefined) return { key, timestamps: timestamps.slice() };
    return areEqual(known.timestamps, timestamps) ? known : undefined;
  }

  /** Notes that a series with this column was kept just now. */
  keep(column: TimeColumn): void {
    this.#columns.set(column.key, column, COLUMN_BYTES + column.timestamps.byteLength);
  }

  /** Notes that a series with this column was used just now. */
  use({ key }: TimeColumn): void {
    this.#columns.get(key);
  }
}

function areEqual(a: Float64Array, b: Float64Array): boolean {
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
