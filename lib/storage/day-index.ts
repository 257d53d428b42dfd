/** The index items of one day that a writer knows to be in the table, and how the others get there. */
import { forEachBounded } from "./bounded.ts";
import { listDays } from "./day-shards.ts";
import { decodeDictionary } from "./dictionary.ts";
import { dayKey, dictionariesRange, metricKey, metricsRange, parseMetricSortKey, seriesKey } from "./keys.ts";
import { expiry, type RetentionMs } from "./retention.ts";
import { hashHex } from "./series-hash.ts";
import type { SeriesRegistry } from "./series-registry.ts";
import type { Item, Table } from "./table.ts";

/** Dictionaries read at once. */
const READ_CONCURRENCY = 8;
/** Hashes that a new writer reads of others' dictionaries at most; a series beyond is written once more. */
const MAX_KNOWN_HASHES = 500_000;
const NO_VALUE = new Uint8Array(0);

export interface DayPlace {
  readonly tenant: string;
  readonly day: number;
  readonly retentionMs: RetentionMs;
}

export class DayIndex {
  readonly #place: DayPlace;
  readonly #registry: SeriesRegistry;
  /** Hashes (hex) whose series item is in the table, metric names, and levels of shards, as far as this writer knows. */
  readonly #series = new Set<string>();
  readonly #metrics = new Set<string>();
  readonly #levels = new Set<number>();
  #loaded = false;

  constructor(place: DayPlace, registry: SeriesRegistry) {
    this.#place = place;
    this.#registry = registry;
  }

  get sizeBytes(): number {
    return (this.#series.size + this.#metrics.size) * 100;
  }

  /** Makes sure that readers find the day, these series, and log records at a level of shards. Throws "unavailable". */
  async store(table: Table, series: readonly number[], shardBits: number): Promise<void> {
    if (!this.#loaded) await this.#load(table);
    if (!this.#levels.has(shardBits)) {
      await table.put({
        ...dayKey(this.#place.tenant, this.#place.day, shardBits),
        value: NO_VALUE,
        ...this.#expires,
      });
      this.#levels.add(shardBits);
    }
    await this.#storeSeries(table, series);
  }

  get #expires() {
    return expiry(this.#place.day, this.#place.retentionMs);
  }

  /**
   * Learns from the day's other writers what is there already: a series stands in a dictionary only when its item is stored.
   * Reads cost a fifth of writes and cover 200 hashes a unit.
   */
  async #load(table: Table): Promise<void> {
    const { tenant, day } = this.#place;
    const shards = (await listDays(table, tenant, day, day)).get(day) ?? [];
    for (const { bits } of shards) this.#levels.add(bits);
    await forEachBounded(shards, READ_CONCURRENCY, async (shard) => {
      for await (const page of table.query(dictionariesRange(tenant, day, shard))) {
        for (const item of page) for (const hash of decodeDictionary(item.value)) this.#series.add(hash);
        if (this.#series.size >= MAX_KNOWN_HASHES) return;
      }
    });
    for await (const page of table.query(metricsRange(tenant, day))) {
      for (const item of page) this.#metrics.add(parseMetricSortKey(item.sk));
    }
    this.#loaded = true;
  }

  async #storeSeries(table: Table, numbers: readonly number[]): Promise<void> {
    const { tenant, day } = this.#place;
    const items: Item[] = [];
    const hashes: string[] = [];
    const metrics = new Set<string>();
    for (const series of numbers) {
      const hash = this.#registry.hash(series);
      const hex = hashHex(hash);
      if (this.#series.has(hex)) continue;
      const metric = this.#registry.metricName(series);
      const value = this.#registry.encodedLabels(series);
      items.push({ ...seriesKey(tenant, day, metric, hash), value, ...this.#expires });
      hashes.push(hex);
      if (!this.#metrics.has(metric)) metrics.add(metric);
    }
    for (const metric of metrics)
      items.push({ ...metricKey(tenant, day, metric), value: NO_VALUE, ...this.#expires });
    await table.putAll(items);
    for (const hash of hashes) this.#series.add(hash);
    for (const metric of metrics) this.#metrics.add(metric);
  }
}
