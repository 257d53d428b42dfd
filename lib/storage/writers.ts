/** The writers of a process, one a tenant, within a bound of memory. */

import type { Limits } from "../model/limits.ts";
import { Rejections } from "../model/rejections.ts";
import type { SampleBatch } from "../model/sample-batch.ts";
import type { Clock } from "../model/time.ts";
import type { Appender } from "./interface.ts";
import type { RetentionMs } from "./retention.ts";
import { type SeriesHash, seriesHash } from "./series-hash.ts";
import { type BitsOf, shardBits } from "./shard.ts";
import type { Table } from "./table.ts";
import { Writer } from "./writer.ts";

/** A quarter of the write function's 256 MB: label sets of about 100,000 series. */
export const DEFAULT_WRITERS_BYTES = 64 * 1024 * 1024;

/** Series of a batch that are stored before the next ones are looked at. Senders' requests have 2,000. */
const SLICE_SERIES = 10_000;

export interface WritersOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  /** What all writers together may hold, in bytes; past it the one unused longest is forgotten. */
  readonly maxBytes: number;
  readonly hash?: SeriesHash;
  /** Into how many shards a record is split. */
  readonly shardBits?: BitsOf;
}

/** Whose samples, and how long they are kept. */
export interface TenantPlace {
  readonly tenant: string;
  readonly retentionMs: RetentionMs;
}

export class Writers {
  readonly #options: WritersOptions;
  /** In the order of last use. */
  readonly #writers = new Map<string, Writer>();

  constructor(options: WritersOptions) {
    this.#options = options;
  }

  /** A tenant's appender, its calls made on `table`. */
  appender({ tenant, retentionMs }: TenantPlace, table: Table): Appender {
    return {
      append: async (batch) => {
        const rejections = new Rejections();
        let storedSamples = 0;
        for (const slice of slicesBySeries(batch)) {
          try {
            storedSamples += await this.#use({ tenant, retentionMs }).append(table, slice, rejections);
          } finally {
            this.#forgetUnused();
          }
        }
        return { storedSamples, rejections };
      },
    };
  }

  /** One that was made for another retention is forgotten: its dictionaries would leave too early. */
  #use({ tenant, retentionMs }: TenantPlace): Writer {
    const known = this.#writers.get(tenant);
    const writer = known?.retentionMs === retentionMs ? known : this.#newWriter({ tenant, retentionMs });
    this.#writers.delete(tenant);
    this.#writers.set(tenant, writer);
    return writer;
  }

  #newWriter(place: TenantPlace): Writer {
    const { maxBytes: _, ...options } = this.#options;
    return new Writer({ hash: seriesHash, shardBits, ...options, ...place });
  }

  /** A forgotten writer costs its tenant a new dictionary. One that is too large by itself goes too. */
  #forgetUnused(): void {
    let total = 0;
    for (const writer of this.#writers.values()) total += writer.sizeBytes;
    for (const [tenant, writer] of this.#writers) {
      if (total <= this.#options.maxBytes) return;
      total -= writer.sizeBytes;
      this.#writers.delete(tenant);
    }
  }
}

/** A batch in parts: what a writer learns of a large one is forgotten in time, not only at its end. */
function* slicesBySeries(batch: SampleBatch): Generator<SampleBatch> {
  const { sampleCount, sampleSeries, timestamps, values } = batch;
  for (let start = 0, end = 0; start < sampleCount; start = end) {
    const beyond = sampleSeries[start] + SLICE_SERIES;
    end = sampleCount;
    if (sampleSeries[end - 1] >= beyond)
      end = sampleSeries.subarray(0, sampleCount).findIndex((s) => s >= beyond);
    yield {
      ...batch,
      sampleCount: end - start,
      sampleSeries: sampleSeries.subarray(start, end),
      timestamps: timestamps.subarray(start, end),
      values: values.subarray(start, end),
    };
  }
}
