/** How a writer stores the samples of one day: split by shard, each shard's as log records under its dictionary. */

import { valueWords } from "../../chunk/sample-columns.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { MAX_START_MS } from "../codec/start-runs.ts";
import { hourOf, logKey, markKey } from "../layout/keys.ts";
import { transientExpiry } from "../layout/retention.ts";
import type { BitsOf } from "../layout/shard.ts";
import { HISTOGRAM_WEIGHT } from "../layout/shard.ts";
import { type EncodedHistograms, encodeHistogramRecords } from "../log/histogram-record.ts";
import {
  encodeLogRecord,
  type LogColumns,
  MAX_RECORD_SAMPLES,
  MAX_STARTED_RECORD_SAMPLES,
} from "../log/log-record.ts";
import type { SeriesRegistry } from "../series/series-registry.ts";
import type { Item, Table } from "../table/table.ts";
import type { Accepted, AcceptedFloats, AcceptedHistograms, Chosen } from "./accepted.ts";
import { type DayPlace, KnownSeries } from "./known-series.ts";
import type { ReceiveClock } from "./receive-clock.ts";
import { ShardDictionary } from "./shard-dictionary.ts";

const NO_VALUE = new Uint8Array(0);

/** The samples of one shard: where they are in the batch, in the order of arrival. */
interface ShardSamples {
  readonly dictionary: ShardDictionary;
  readonly floats: Int32Array;
  readonly histograms: Int32Array;
}

export interface DayWriterOptions {
  readonly shardBits: BitsOf;
  readonly randomBytes: RandomBytes;
}

export class DayWriter {
  readonly #place: DayPlace;
  readonly #registry: SeriesRegistry;
  readonly #clock: ReceiveClock;
  readonly #known: KnownSeries;
  readonly #options: DayWriterOptions;
  /** By level and prefix. */
  readonly #dictionaries = new Map<string, ShardDictionary>();
  #sequence = 0;
  /** The hour for which the day is marked, as its start in ms. */
  #markedHourMs = -1;

  constructor(place: DayPlace, registry: SeriesRegistry, clock: ReceiveClock, options: DayWriterOptions) {
    this.#place = place;
    this.#registry = registry;
    this.#clock = clock;
    this.#options = options;
    this.#known = new KnownSeries(place, registry, clock, options.randomBytes);
  }

  get sizeBytes(): number {
    let total = this.#known.sizeBytes;
    for (const dictionary of this.#dictionaries.values()) total += dictionary.sizeBytes;
    return total;
  }

  /** Stores what was chosen. Returns when all of it is durable and can be read. Throws "unavailable". */
  async append(
    table: Table,
    floats: Chosen<AcceptedFloats>,
    histograms: Chosen<AcceptedHistograms>,
  ): Promise<void> {
    const shards = this.#split(floats, histograms);
    for (const shard of shards) await register(table, shard, floats.series, histograms.series);
    await this.#clock.storeDated(async (receivedMs) => {
      await this.#mark(table, receivedMs);
      const values = shards.flatMap((shard) => this.#records(shard, floats, histograms, receivedMs));
      await table.putAll(values);
    });
  }

  /** As many shards as what they take makes worth while. */
  #split(floats: Chosen<AcceptedFloats>, histograms: Chosen<AcceptedHistograms>): ShardSamples[] {
    const bits = this.#options.shardBits(
      floats.indices.length + HISTOGRAM_WEIGHT * histograms.indices.length,
    );
    if (bits === 0) {
      const dictionary = this.#dictionary(0, 0);
      return [{ dictionary, floats: floats.indices, histograms: histograms.indices }];
    }
    const floatsOf = this.#splitIndices(floats, bits);
    const histogramsOf = this.#splitIndices(histograms, bits);
    return floatsOf.flatMap((ofShard, prefix) => {
      const isEmpty = ofShard.length + histogramsOf[prefix].length === 0;
      const samples = { floats: ofShard, histograms: histogramsOf[prefix] };
      return isEmpty ? [] : [{ dictionary: this.#dictionary(bits, prefix), ...samples }];
    });
  }

  /** By the prefix of the shard. */
  #splitIndices({ series, indices }: Chosen<Accepted>, bits: number): Int32Array[] {
    const counts = new Int32Array(2 ** bits);
    const prefixes = new Uint8Array(indices.length);
    for (let i = 0; i < indices.length; i++) {
      prefixes[i] = this.#registry.shardOf(series[indices[i]], bits);
      counts[prefixes[i]]++;
    }
    const split = Array.from(counts, (count) => new Int32Array(count));
    const filled = new Int32Array(2 ** bits);
    for (let i = 0; i < indices.length; i++) split[prefixes[i]][filled[prefixes[i]]++] = indices[i];
    return split;
  }

  #dictionary(bits: number, prefix: number): ShardDictionary {
    const key = `${bits}/${prefix}`;
    let found = this.#dictionaries.get(key);
    if (found === undefined) {
      const { randomBytes } = this.#options;
      found = new ShardDictionary(this.#place, { bits, prefix }, this.#registry, this.#known, randomBytes);
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

  /** Histograms behind floats: of a float and a histogram of one request and time the histogram counts. */
  #records(
    { dictionary, floats, histograms }: ShardSamples,
    allFloats: AcceptedFloats,
    allHistograms: AcceptedHistograms,
    receivedMs: number,
  ): Item[] {
    const values: Uint8Array[] = [];
    const { startTimestamps } = allFloats;
    const most = startTimestamps === undefined ? MAX_RECORD_SAMPLES : MAX_STARTED_RECORD_SAMPLES;
    for (let start = 0; start < floats.length; start += most) {
      const columns = gather(allFloats, floats.subarray(start, start + most), dictionary);
      values.push(encodeLogRecord(columns, 0, columns.count));
    }
    if (histograms.length > 0)
      values.push(...encodeHistogramRecords(gatherHistograms(allHistograms, histograms, dictionary)));
    const { tenant, day } = this.#place;
    const { shard, writer } = dictionary;
    return values.map((value) => {
      const key = logKey(tenant, day, shard, { receivedMs, writer, sequence: this.#sequence++ });
      return { ...key, value, ...this.#transient(receivedMs) };
    });
  }
}

async function register(
  table: Table,
  { dictionary, floats, histograms }: ShardSamples,
  series: Int32Array,
  histogramSeries: Int32Array,
): Promise<void> {
  const missing = new Set<number>();
  for (const index of floats) if (dictionary.reference(series[index]) < 0) missing.add(series[index]);
  for (const index of histograms)
    if (dictionary.reference(histogramSeries[index]) < 0) missing.add(histogramSeries[index]);
  if (missing.size > 0) await dictionary.register(table, missing);
}

/** What records are gathered in, one after another. */
let gathered = newColumns(1024);

function newColumns(count: number): LogColumns {
  return {
    count,
    references: new Int32Array(count),
    timestamps: new Float64Array(count),
    values: new Float64Array(count),
  };
}

/** The columns of one record, good until the next is gathered. Values move as words, so that a NaN keeps its bits. */
function gather(all: AcceptedFloats, indices: Int32Array, dictionary: ShardDictionary): LogColumns {
  const count = indices.length;
  if (gathered.count < count) gathered = newColumns(count);
  const { references, timestamps, values } = gathered;
  const from = valueWords(all.values);
  const to = valueWords(values);
  for (let at = 0; at < count; at++) {
    const index = indices[at];
    references[at] = dictionary.reference(all.series[index]);
    timestamps[at] = all.timestamps[index];
    to[at * 2] = from[index * 2];
    to[at * 2 + 1] = from[index * 2 + 1];
  }
  return { count, references, timestamps, values, startTimestamps: startsAt(all, indices) };
}

/** One that is no time in ms is as good as none. */
function startsAt({ startTimestamps }: Accepted, indices: Int32Array): Float64Array | undefined {
  if (startTimestamps === undefined) return undefined;
  const starts = new Float64Array(indices.length);
  for (let at = 0; at < indices.length; at++) {
    const startMs = startTimestamps[indices[at]];
    if (Math.abs(startMs) <= MAX_START_MS) starts[at] = startMs;
  }
  return starts;
}

function gatherHistograms(
  all: AcceptedHistograms,
  indices: Int32Array,
  dictionary: ShardDictionary,
): EncodedHistograms {
  return {
    references: indices.map((index) => dictionary.reference(all.series[index])),
    timestamps: Float64Array.from(indices, (index) => all.timestamps[index]),
    startTimestamps: startsAt(all, indices),
    encoded: Array.from(indices, (index) => all.encoded[index]),
  };
}
