/**
 * What a writer has told the table of one day: its dictionary under an id of its own, and which series items are there. A
 * reference is handed out only when a reader can resolve it: the series items first, then the dictionary, then its users.
 */
import { decodeDictionary, encodeDictionary } from "./dictionary.ts";
import {
  dayKey,
  dictionariesRange,
  dictionaryKey,
  metricKey,
  metricsRange,
  parseMetricSortKey,
  seriesKey,
} from "./keys.ts";
import { expiry, type RetentionMs } from "./retention.ts";
import { hashHex } from "./series-hash.ts";
import type { SeriesRegistry } from "./series-registry.ts";
import type { Item, Table } from "./table.ts";

/**
 * Series registered at a time, their hashes one dictionary item of 16 KB. It bounds the items in memory, and what a
 * failure makes a retry do again.
 */
const REGISTER_SLICE = 1000;
/** Hashes that a new writer reads of others' dictionaries at most; a series beyond is written once more. */
const MAX_KNOWN_HASHES = 500_000;
const NO_VALUE = new Uint8Array(0);

export interface DayDictionaryOptions {
  readonly tenant: string;
  readonly day: number;
  /** `WRITER_ID_BYTES` random bytes that no other dictionary has: what it numbers needs no coordination. */
  readonly writer: Uint8Array;
  readonly retentionMs: RetentionMs;
}

export class DayDictionary {
  readonly writer: Uint8Array;
  readonly #options: DayDictionaryOptions;
  readonly #registry: SeriesRegistry;
  /** By series number: its reference plus one; 0: not registered. */
  #references = new Int32Array(1024);
  #nextReference = 0;
  /** Hashes (hex) whose series item is in the table, metric names likewise; as far as this writer knows. */
  readonly #storedSeries = new Set<string>();
  readonly #storedMetrics = new Set<string>();
  #loaded = false;
  /** Registrations run one after another. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: DayDictionaryOptions, registry: SeriesRegistry) {
    this.writer = options.writer;
    this.#options = options;
    this.#registry = registry;
  }

  get sizeBytes(): number {
    return this.#references.length * 4 + this.#storedSeries.size * 100 + this.#storedMetrics.size * 100;
  }

  /** The writer-local reference of a series, or -1 before it is registered. */
  reference(series: number): number {
    return series < this.#references.length ? this.#references[series] - 1 : -1;
  }

  /** Makes references of series that have none. Throws "unavailable"; what was registered before stays. */
  register(table: Table, series: Iterable<number>): Promise<void> {
    const turn = this.#turn.then(() => this.#register(table, series));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #register(table: Table, series: Iterable<number>): Promise<void> {
    const missing = [...new Set(series)].filter((s) => this.reference(s) < 0);
    if (missing.length === 0) return;
    await this.#load(table);
    for (let start = 0; start < missing.length; start += REGISTER_SLICE) {
      const slice = missing.slice(start, start + REGISTER_SLICE);
      await this.#storeSeries(table, slice);
      await this.#storeDictionary(table, slice);
    }
  }

  /** Learns from the day's other writers what is there already: reads cost a fifth of writes and cover 4 KB. */
  async #load(table: Table): Promise<void> {
    if (this.#loaded) return;
    const { tenant, day, retentionMs } = this.#options;
    await table.put({ ...dayKey(tenant, day), value: NO_VALUE, ...expiry(day, retentionMs) });
    for await (const page of table.query(dictionariesRange(tenant, day))) {
      for (const item of page) for (const hash of decodeDictionary(item.value)) this.#storedSeries.add(hash);
      if (this.#storedSeries.size >= MAX_KNOWN_HASHES) break;
    }
    for await (const page of table.query(metricsRange(tenant, day))) {
      for (const item of page) this.#storedMetrics.add(parseMetricSortKey(item.sk));
    }
    this.#loaded = true;
  }

  async #storeSeries(table: Table, slice: readonly number[]): Promise<void> {
    const { tenant, day, retentionMs } = this.#options;
    const expires = expiry(day, retentionMs);
    const items: Item[] = [];
    const hashes: string[] = [];
    const metrics = new Set<string>();
    for (const series of slice) {
      const hash = this.#registry.hash(series);
      const hex = hashHex(hash);
      if (this.#storedSeries.has(hex)) continue;
      const metric = this.#registry.metricName(series);
      const value = this.#registry.encodedLabels(series);
      items.push({ ...seriesKey(tenant, day, metric, hash), value, ...expires });
      hashes.push(hex);
      if (!this.#storedMetrics.has(metric)) metrics.add(metric);
    }
    for (const metric of metrics) {
      items.push({ ...metricKey(tenant, day, metric), value: NO_VALUE, ...expires });
    }
    await table.putAll(items);
    for (const hash of hashes) this.#storedSeries.add(hash);
    for (const metric of metrics) this.#storedMetrics.add(metric);
  }

  async #storeDictionary(table: Table, slice: readonly number[]): Promise<void> {
    const { tenant, day, writer, retentionMs } = this.#options;
    const value = encodeDictionary(slice.map((series) => this.#registry.hash(series)));
    const first = this.#nextReference;
    // Taken before the put: one that fails may still take effect, even after another, so its key is not used again.
    this.#nextReference += slice.length;
    const key = dictionaryKey(tenant, day, writer, first);
    await table.put({ ...key, value, ...expiry(day, retentionMs) });
    slice.forEach((series, i) => {
      this.#setReference(series, first + i);
    });
  }

  #setReference(series: number, reference: number): void {
    if (series >= this.#references.length) {
      const grown = new Int32Array(Math.max(this.#references.length * 2, series + 1));
      grown.set(this.#references);
      this.#references = grown;
    }
    this.#references[series] = reference + 1;
  }
}
