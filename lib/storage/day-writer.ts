/** How a writer stores the samples of one day: split by shard, each shard's as log records under its dictionary. */

import type { SampleBatch } from "../model/sample-batch.ts";
import { hourOf, logKey, markKey } from "./keys.ts";
import { type DayPlace, KnownSeries } from "./known-series.ts";
import { encodeLogRecord, type LogColumns, MAX_RECORD_SAMPLES } from "./log-record.ts";
import type { ReceiveClock } from "./receive-clock.ts";
import { transientExpiry } from "./retention.ts";
import type { SeriesRegistry } from "./series-registry.ts";
import type { BitsOf } from "./shard.ts";
import { ShardDictionary } from "./shard-dictionary.ts";
import type { Item, Table } from "./table.ts";

const NO_VALUE = new Uint8Array(0);

/** The samples of one shard: where they are in the batch, in the order of arrival. */
interface ShardSamples {
  readonly dictionary: ShardDictionary;
  readonly indices: Int32Array;
}

export class DayWriter {
  readonly #place: DayPlace;
  readonly #registry: SeriesRegistry;
  readonly #clock: ReceiveClock;
  readonly #known: KnownSeries;
  readonly #shardBits: BitsOf;
  /** By level and prefix. */
  readonly #dictionaries = new Map<string, ShardDictionary>();
  #sequence = 0;
  /** The hour for which the day is marked, as its start in ms. */
  #markedHourMs = -1;

  constructor(place: DayPlace, registry: SeriesRegistry, clock: ReceiveClock, shardBits: BitsOf) {
    this.#place = place;
    this.#registry = registry;
    this.#clock = clock;
    this.#shardBits = shardBits;
    this.#known = new KnownSeries(place, registry, clock);
  }

  get sizeBytes(): number {
    let total = this.#known.sizeBytes;
    for (const dictionary of this.#dictionaries.values()) total += dictionary.sizeBytes;
    return total;
  }

  /**
   * Stores the samples of a batch at `indices`; `series` has the series number of each of the batch's samples. Returns when
   * all of it is durable and can be read. Throws "unavailable".
   */
  async append(table: Table, batch: SampleBatch, series: Int32Array, indices: Int32Array): Promise<void> {
    const shards = this.#split(series, indices);
    for (const shard of shards) await register(table, shard, series);
    await this.#clock.storeDated(async (receivedMs) => {
      await this.#mark(table, receivedMs);
      await table.putAll(shards.flatMap((shard) => this.#records(shard, batch, series, receivedMs)));
    });
  }

  /** As many shards as the number of samples makes worth while. */
  #split(series: Int32Array, indices: Int32Array): ShardSamples[] {
    const bits = this.#shardBits(indices.length);
    if (bits === 0) return [{ dictionary: this.#dictionary(0, 0), indices }];
    const counts = new Int32Array(2 ** bits);
    const prefixes = new Uint8Array(indices.length);
    for (let i = 0; i < indices.length; i++) {
      prefixes[i] = this.#registry.shardOf(series[indices[i]], bits);
      counts[prefixes[i]]++;
    }
    const split = Array.from(counts, (count) => new Int32Array(count));
    const filled = new Int32Array(2 ** bits);
    for (let i = 0; i < indices.length; i++) split[prefixes[i]][filled[prefixes[i]]++] = indices[i];
    return split.flatMap((ofShard, prefix) =>
      ofShard.length === 0 ? [] : [{ dictionary: this.#dictionary(bits, prefix), indices: ofShard }],
    );
  }

  #dictionary(bits: number, prefix: number): ShardDictionary {
    const key = `${bits}/${prefix}`;
    let found = this.#dictionaries.get(key);
    if (found === undefined) {
      found = new ShardDictionary(this.#place, { bits, prefix }, this.#registry, this.#known);
      this.#dictionaries.set(key, found);
    }
    return found;
  }

  /** Tells the compactor, once an hour, that there is something to do; before the record, so that none is overlooked. */
  async #mark(table: Table, receivedMs: number): Promise<void> {
    const hourMs = hourOf(receivedMs);
    if (hourMs === this.#markedHourMs) return;
    const { tenant, day } = this.#place;
    await table.put({ ...markKey({ hourMs, day, tenant }), value: NO_VALUE, ...this.#transient(receivedMs) });
    this.#markedHourMs = hourMs;
  }

  #transient(receivedMs: number) {
    return transientExpiry(receivedMs, this.#place.day, this.#place.retentionMs);
  }

  #records(
    { dictionary, indices }: ShardSamples,
    batch: SampleBatch,
    series: Int32Array,
    receivedMs: number,
  ): Item[] {
    const { tenant, day } = this.#place;
    const { shard, writer } = dictionary;
    const items: Item[] = [];
    for (let start = 0; start < indices.length; start += MAX_RECORD_SAMPLES) {
      const columns = gather(batch, series, indices.subarray(start, start + MAX_RECORD_SAMPLES), dictionary);
      const key = logKey(tenant, day, shard, { receivedMs, writer, sequence: this.#sequence++ });
      items.push({
        ...key,
        value: encodeLogRecord(columns, 0, columns.count),
        ...this.#transient(receivedMs),
      });
    }
    return items;
  }
}

async function register(
  table: Table,
  { dictionary, indices }: ShardSamples,
  series: Int32Array,
): Promise<void> {
  const missing = new Set<number>();
  for (const index of indices) if (dictionary.reference(series[index]) < 0) missing.add(series[index]);
  if (missing.size > 0) await dictionary.register(table, missing);
}

/** The columns of one record. Values move as words, so that a NaN keeps its bits. */
function gather(
  batch: SampleBatch,
  series: Int32Array,
  indices: Int32Array,
  dictionary: ShardDictionary,
): LogColumns {
  const count = indices.length;
  const references = new Int32Array(count);
  const timestamps = new Float64Array(count);
  const values = new Float64Array(count);
  const from = new Uint32Array(batch.values.buffer, batch.values.byteOffset, batch.sampleCount * 2);
  const to = new Uint32Array(values.buffer);
  for (let at = 0; at < count; at++) {
    const index = indices[at];
    references[at] = dictionary.reference(series[index]);
    timestamps[at] = batch.timestamps[index];
    to[at * 2] = from[index * 2];
    to[at * 2 + 1] = from[index * 2 + 1];
  }
  return { count, references, timestamps, values };
}
