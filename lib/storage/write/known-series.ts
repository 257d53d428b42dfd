/**
 * Which series of one day a writer knows readers to find, and how it makes them find others: by a *series record* of their
 * label sets, beside the log of its shard and dated as log records are. The next flush moves it to the index.
 */
import { compareLabelSets } from "../../model/labels.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { SeriesBlockWriter } from "../index/series-block.ts";
import { listDays } from "../layout/day-shards.ts";
import { dayKey, dictionariesRange, seriesRecordKey, WRITER_ID_BYTES } from "../layout/keys.ts";
import { expiry, type RetentionMs, transientExpiry } from "../layout/retention.ts";
import type { Shard } from "../layout/shard.ts";
import { decodeDictionary } from "../log/dictionary.ts";
import { hashHex } from "../series/series-hash.ts";
import type { SeriesRegistry } from "../series/series-registry.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Table } from "../table/table.ts";
import type { ReceiveClock } from "./receive-clock.ts";

/** Dictionaries read at once. */
const READ_CONCURRENCY = 8;
/** Hashes that a new writer reads of others' dictionaries at most; a series beyond is recorded once more. */
const MAX_KNOWN_HASHES = 500_000;
const NO_VALUE = new Uint8Array(0);

export interface DayPlace {
  readonly tenant: string;
  readonly day: number;
  readonly retentionMs: RetentionMs;
}

export class KnownSeries {
  readonly #place: DayPlace;
  readonly #registry: SeriesRegistry;
  readonly #clock: ReceiveClock;
  /** Tells this writer's records from others' of the same moment. */
  readonly #writer: Uint8Array;
  #sequence = 0;
  /** Hashes (hex) of series that a record has, and levels of shards that readers look at. */
  readonly #series = new Set<string>();
  readonly #levels = new Set<number>();
  #loaded = false;

  constructor(place: DayPlace, registry: SeriesRegistry, clock: ReceiveClock, randomBytes: RandomBytes) {
    this.#writer = randomBytes(WRITER_ID_BYTES);
    this.#place = place;
    this.#registry = registry;
    this.#clock = clock;
  }

  get sizeBytes(): number {
    return this.#series.size * 100;
  }

  /** Makes sure that readers find these series of a shard, and its log. Throws "unavailable". */
  async store(table: Table, series: readonly number[], shard: Shard): Promise<void> {
    if (!this.#loaded) await this.#load(table);
    if (!this.#levels.has(shard.bits)) await this.#storeLevel(table, shard.bits);
    const hexOf = (number: number) => hashHex(this.#registry.hash(number));
    const unknown = series.filter((number) => !this.#series.has(hexOf(number)));
    if (unknown.length === 0) return;
    const blocks = this.#encode(unknown);
    await this.#clock.storeDated((receivedMs) => this.#storeRecords(table, shard, blocks, receivedMs));
    for (const number of unknown) this.#series.add(hexOf(number));
  }

  /**
   * Learns from the day's other writers what is there already: a series stands in a dictionary only when its record is stored.
   * Reads cost a fifth of writes and cover 200 hashes a unit.
   */
  async #load(table: Table): Promise<void> {
    const { tenant, day } = this.#place;
    const shards = (await listDays(table, tenant, day, day)).get(day) ?? [];
    for (const { bits } of shards) this.#levels.add(bits);
    await forEachBounded(shards, READ_CONCURRENCY, async (shard) => {
      for await (const page of table.query(dictionariesRange(tenant, day, shard))) {
        for (const item of page)
          for (const hash of decodeDictionary(item.value)) this.#series.add(hashHex(hash));
        if (this.#series.size >= MAX_KNOWN_HASHES) return;
      }
    });
    this.#loaded = true;
  }

  async #storeLevel(table: Table, bits: number): Promise<void> {
    const { tenant, day, retentionMs } = this.#place;
    await table.put({ ...dayKey(tenant, day, bits), value: NO_VALUE, ...expiry(day, retentionMs) });
    this.#levels.add(bits);
  }

  /** Sorted, so that neighbours are alike. */
  #encode(series: readonly number[]): Uint8Array[] {
    const blocks: Uint8Array[] = [];
    let block = new SeriesBlockWriter();
    const sets = series.map((number) => this.#registry.labels(number));
    for (const labels of sets.sort(compareLabelSets)) {
      if (!block.hasRoomFor(labels)) {
        blocks.push(block.finish());
        block = new SeriesBlockWriter();
      }
      block.add(labels);
    }
    return [...blocks, block.finish()];
  }

  async #storeRecords(
    table: Table,
    shard: Shard,
    blocks: readonly Uint8Array[],
    receivedMs: number,
  ): Promise<void> {
    const { tenant, day, retentionMs } = this.#place;
    const expires = transientExpiry(receivedMs, day, retentionMs);
    const items = blocks.map((value) => {
      const position = { receivedMs, writer: this.#writer, sequence: this.#sequence++ };
      return { ...seriesRecordKey(tenant, day, shard, position), value, ...expires };
    });
    await table.putAll(items);
  }
}
