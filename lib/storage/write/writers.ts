/** The writers of a process, one a tenant, within a bound of memory. */

import type { Limits } from "../../model/limits.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { Rejections } from "../../model/rejections.ts";
import type { AppendBatch } from "../../model/sample-batch.ts";
import type { Clock } from "../../model/time.ts";
import type { Appender } from "../interface.ts";
import type { RetentionMs } from "../layout/retention.ts";
import { type BitsOf, shardBits } from "../layout/shard.ts";
import { type SeriesHash, seriesHash } from "../series/series-hash.ts";
import type { Table } from "../table/table.ts";
import { withoutLabel } from "../tenants/replica-labels.ts";
import { Writer } from "./writer.ts";

/** A quarter of the write function's 256 MB: label sets of about 100,000 series. */
export const DEFAULT_WRITERS_BYTES = 64 * 1024 * 1024;

/** Series of a batch that are stored before the next ones are looked at. Senders' requests have 2,000. */
const SLICE_SERIES = 10_000;

export interface WritersOptions {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly limits: Limits;
  /** What all writers together may hold, in bytes; past it the one unused longest is forgotten. */
  readonly maxBytes: number;
  readonly hash?: SeriesHash;
  /** Into how many shards a record is split. */
  readonly shardBits?: BitsOf;
}

/** Whose samples, how long they are kept, and a label that their series are stored without. */
export interface TenantPlace {
  readonly tenant: string;
  readonly retentionMs: RetentionMs;
  readonly droppedLabel?: string | undefined;
}

export class Writers {
  readonly #options: WritersOptions;
  /** By tenant and dropped label: with and without it the same bytes are other series. In the order of last use. */
  readonly #writers = new Map<string, Writer>();

  constructor(options: WritersOptions) {
    this.#options = options;
  }

  /** A tenant's appender, its calls made on `table`. */
  appender(place: TenantPlace, table: Table): Appender {
    const { droppedLabel } = place;
    return {
      append: async (batch) => {
        const rejections = new Rejections();
        const stored = { storedSamples: 0, storedHistograms: 0, storedExemplars: 0, storedMetadata: 0 };
        const kept = droppedLabel === undefined ? batch : withoutLabel(batch, droppedLabel);
        try {
          for (const slice of slicesBySeries(kept)) {
            const { samples, histograms, exemplars } = await this.#use(place).append(
              table,
              slice,
              rejections,
            );
            stored.storedSamples += samples;
            stored.storedHistograms += histograms;
            stored.storedExemplars += exemplars;
            this.#forgetUnused();
          }
          const { metadata } = batch;
          if (metadata !== undefined && metadata.count > 0)
            stored.storedMetadata = await this.#use(place).appendMetadata(table, metadata, rejections);
        } finally {
          this.#forgetUnused();
        }
        return { ...stored, rejections };
      },
    };
  }

  /** One that was made for another retention is forgotten: its dictionaries would leave too early. */
  #use({ tenant, retentionMs, droppedLabel = "" }: TenantPlace): Writer {
    const key = `${tenant}/${droppedLabel}`;
    const known = this.#writers.get(key);
    const writer = known?.retentionMs === retentionMs ? known : this.#newWriter(tenant, retentionMs);
    this.#writers.delete(key);
    this.#writers.set(key, writer);
    return writer;
  }

  #newWriter(tenant: string, retentionMs: RetentionMs): Writer {
    const { maxBytes: _, ...options } = this.#options;
    return new Writer({ hash: seriesHash, shardBits, ...options, tenant, retentionMs });
  }

  /** A forgotten writer costs its tenant a new dictionary. One that is too large by itself goes too. */
  #forgetUnused(): void {
    let total = 0;
    for (const writer of this.#writers.values()) total += writer.sizeBytes;
    for (const [key, writer] of this.#writers) {
      if (total <= this.#options.maxBytes) return;
      total -= writer.sizeBytes;
      this.#writers.delete(key);
    }
  }
}

/** A batch in parts: what a writer learns of a large one is forgotten in time, not only at its end. */
function* slicesBySeries(batch: AppendBatch): Generator<AppendBatch> {
  const { sampleCount, startTimestamps } = batch;
  const sampleSeries = batch.sampleSeries.subarray(0, sampleCount);
  const histograms = new SeriesCursor(batch.histograms);
  const exemplars = new SeriesCursor(batch.exemplars);
  let start = 0;
  while (start < sampleCount || histograms.hasMore || exemplars.hasMore) {
    const first = Math.min(
      sampleSeries[start] ?? Number.POSITIVE_INFINITY,
      histograms.series,
      exemplars.series,
    );
    const beyond = first + SLICE_SERIES;
    const end = firstBeyond(sampleSeries, start, beyond);
    yield {
      ...batch,
      sampleCount: end - start,
      sampleSeries: sampleSeries.subarray(start, end),
      timestamps: batch.timestamps.subarray(start, end),
      values: batch.values.subarray(start, end),
      startTimestamps: startTimestamps?.subarray(start, end),
      histograms: histograms.take(beyond),
      exemplars: exemplars.take(beyond),
    };
    start = end;
  }
}

/** The first index from `start` on of a series that is `beyond` or later: mostly none. */
function firstBeyond(ascending: Int32Array, start: number, beyond: number): number {
  if (start === ascending.length || ascending[ascending.length - 1] < beyond) return ascending.length;
  let end = start;
  while (ascending[end] < beyond) end++;
  return end;
}

/** Goes through what belongs to a batch's series, which ascend. */
class SeriesCursor<T extends { readonly series: number }> {
  readonly #all: readonly T[];
  #at = 0;

  constructor(all: readonly T[] = []) {
    this.#all = all;
  }

  get hasMore(): boolean {
    return this.#at < this.#all.length;
  }

  /** Of the next; none is infinite. */
  get series(): number {
    return this.#all[this.#at]?.series ?? Number.POSITIVE_INFINITY;
  }

  /** Those of series before `beyond`. */
  take(beyond: number): readonly T[] {
    const start = this.#at;
    while (this.series < beyond) this.#at++;
    return start === 0 && !this.hasMore ? this.#all : this.#all.slice(start, this.#at);
  }
}
