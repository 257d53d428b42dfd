/**
 * What writes cost, as an invariant: a request costs by what it brings and by how many series the day has, however many
 * requests came before it, and however often its writer has forgotten them.
 */
import { ByteReader } from "../../../lib/storage/codec/bytes.ts";
import { HASH_BYTES, KIND } from "../../../lib/storage/layout/keys.ts";
import type { Item, Meter } from "../../../lib/storage/table/table.ts";

/** Of an item's reference in a dictionary, about: a hash. */
const READ_UNIT_BYTES = 4096;
/** A dictionary is written again when two writers begin at once, or one has read none that was written just now. */
const COPIES = 8;
/** The day item, the mark, and what two of them cost at midnight. */
const FEW_UNITS = 6;

export class WriteCosts {
  /** Requests in a row that cost too much. */
  #most = { readUnits: 0, writeUnits: 0 };

  /** Throws when a request of so many samples cost more than what it may. `series`: how many the tenant has. */
  expectCheap(
    { readUnits, writeUnits }: Meter,
    samples: number,
    series: number,
    levels: readonly number[],
  ): void {
    const shards = levels.reduce((sum, bits) => sum + 2 ** bits, 0);
    const dictionaries = (COPIES * levels.length * series * HASH_BYTES) / READ_UNIT_BYTES;
    // Two days, each shard of which is asked for dictionaries and series records.
    const mostRead = FEW_UNITS + 4 * shards + 2 * dictionaries;
    // A log record, a dictionary and a series record of each shard and of the samples, which take far less than 64 bytes.
    const mostWritten = FEW_UNITS + 6 * shards + (3 * samples * 64) / 1024;
    this.#most = {
      readUnits: Math.max(this.#most.readUnits, readUnits),
      writeUnits: Math.max(this.#most.writeUnits, writeUnits),
    };
    if (readUnits > mostRead)
      throw new Error(`a request read ${readUnits} units, expected ${mostRead.toFixed(1)} at most`);
    if (writeUnits > mostWritten)
      throw new Error(`a request wrote ${writeUnits} units, expected ${mostWritten.toFixed(1)} at most`);
  }
}

/** What a call of a sparse schedule takes, in ms. */
export const CALL_MS = 20;
/** A request of twenty days in turn takes more: six calls of each. */
const MAX_SPARSE_MS = 2000;

/** Throws when a request of many days took as long as if they had been written one after another. */
export function expectSoon(ms: number): void {
  if (ms > MAX_SPARSE_MS) throw new Error(`a request took ${ms} ms, expected ${MAX_SPARSE_MS} at most`);
}

/** What a day takes once, in write units: settling, and hourly rows that are merged into their month. */
const DAY_UNITS = 9;
/**
 * What it takes for each append that is flushed by itself: a lease, the manifest and the lease's end, twice; a run, an
 * index part, and both again when they are merged; rows, their index and a month's manifest.
 */
const APPEND_UNITS = 12;
const SPARSE_SAMPLE_UNITS = 0.3;

/** Throws when compaction of sparse series wrote so much as if it made an item of each sample. */
export function expectCheapCompaction(
  { writeUnits }: Meter,
  { days, appends, samples }: { readonly days: number; readonly appends: number; readonly samples: number },
): void {
  const most = DAY_UNITS * days + APPEND_UNITS * appends + SPARSE_SAMPLE_UNITS * samples;
  if (writeUnits > most)
    throw new Error(`compaction of ${samples} samples wrote ${writeUnits} units, expected ${most} at most`);
}

/** Throws when dictionaries name the series of a tenant's day and level more often than some writers may. */
export function expectFewDictionaries(items: readonly Item[], seriesOf: (tenant: string) => number): void {
  const entries = new Map<string, number>();
  for (const { pk, value } of items) {
    if (pk[0] !== KIND.dictionary) continue;
    const reader = new ByteReader(pk, "dictionary");
    reader.readByte();
    const key = `${reader.readString()}/${reader.readUint(4)}/${reader.readByte()}`;
    entries.set(key, (entries.get(key) ?? 0) + Math.floor(value.length / HASH_BYTES));
  }
  for (const [key, count] of entries) {
    const series = seriesOf(key.split("/")[0]);
    if (count > COPIES * series)
      throw new Error(
        `dictionaries of ${key} name ${count} series, expected ${COPIES} times ${series} at most`,
      );
  }
}
