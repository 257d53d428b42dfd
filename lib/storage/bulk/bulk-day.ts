/**
 * A day's samples straight to lasting parts, past the log: chunk items, a run of the series with few samples, an index part.
 * They are written under random ids and count once `publishDay` has put them into the manifest.
 */
import type { LabelSet } from "../../model/labels.ts";
import type { MixedSamples } from "../../model/samples.ts";
import { DAY_MS } from "../../model/time.ts";
import { groupBits } from "../compact/chunking.ts";
import { type DayContext, dayExpiry, newId } from "../compact/day-context.ts";
import { SPARSE_SAMPLES } from "../compact/plan-compaction.ts";
import { PartSink } from "../compact/store-index.ts";
import { compareEntries, IndexEntries, type IndexEntry } from "../index/index-entry.ts";
import { indexShardBits } from "../index/index-part.ts";
import { BUCKET_MS, bucketEnd } from "../layout/bucket.ts";
import { filledPartitions } from "../layout/filled-partitions.ts";
import type { IndexPart, Part, PartKind } from "../layout/manifest.ts";
import { endsWith, partitionsOf } from "../layout/part-ends.ts";
import { shardOf } from "../layout/shard.ts";
import { ChunkPartitionWriter } from "../parts/chunk-partition.ts";
import {
  countSamples,
  extentOf,
  type HashedSeries,
  type SampleExtent,
  samplesBetween,
  union,
} from "../parts/hashed-samples.ts";
import { encodeRun, runShardBits } from "../parts/run-items.ts";
import { BulkSink } from "./bulk-sink.ts";

const BUCKETS = DAY_MS / BUCKET_MS;
/** As in a chunking: the bucket has a run of such series if half of its series may be sparse. */
const SPARSE_BUCKET_SHARE = 2;

/** A series of the day, and its samples there: at least one, sorted, each time once. */
export interface BulkSeries {
  /** In hex. */
  readonly hash: string;
  readonly labels: LabelSet;
  readonly samples: MixedSamples;
}

/** What is known of a day before it is read, about. */
export interface ExpectedDay {
  readonly series: number;
  /** By bucket. */
  readonly samples: readonly number[];
  /** Buckets that have chunks already: readers put runs over chunks, and what is stored shall win over what is imported. */
  readonly withoutRuns: ReadonlySet<number>;
}

/** What was stored of a day. */
export interface BulkDay {
  /** Without the time at which they count. */
  readonly parts: readonly Omit<Part, "createdMs">[];
  readonly index: readonly IndexPart[];
  readonly series: number;
  readonly samples: number;
}

/** Stores series that come by ascending hash. Throws "unavailable", and what `series` throws. */
export async function storeDay(
  context: DayContext,
  expected: ExpectedDay,
  series: AsyncIterable<BulkSeries>,
): Promise<BulkDay> {
  const writer = new DayPartsWriter(context, expected);
  try {
    for await (const one of series) await writer.add(one);
    return await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

class DayPartsWriter {
  readonly #context: DayContext;
  readonly #sink: BulkSink;
  readonly #index: PartSink;
  readonly #entries = new IndexEntries();
  readonly #buckets: readonly BucketWriter[];
  /** Leading bits of the hash by which parts are partitioned. */
  readonly #bits: number;
  #prefix = -1;
  /** Of the metric that is under way: a metric's series come one after another. */
  #metric: IndexEntry[] = [];
  #series = 0;
  #samples = 0;

  constructor(context: DayContext, { series, samples, withoutRuns }: ExpectedDay) {
    this.#context = context;
    this.#sink = new BulkSink(context.table);
    this.#index = new PartSink(context, indexShardBits(series));
    this.#bits = (context.partitionBits ?? groupBits)(Math.max(...samples));
    this.#buckets = Array.from({ length: BUCKETS }, (_, bucket) => {
      const isSparse =
        !withoutRuns.has(bucket) && samples[bucket] < series * SPARSE_SAMPLES * SPARSE_BUCKET_SHARE;
      return new BucketWriter(
        context,
        this.#sink,
        bucket,
        this.#bits,
        isSparse ? samples[bucket] : undefined,
      );
    });
  }

  async add({ hash, labels, samples }: BulkSeries): Promise<void> {
    const prefix = shardOf(Buffer.from(hash.slice(0, 2), "hex"), this.#bits);
    if (prefix !== this.#prefix) {
      for (const bucket of this.#buckets) await bucket.begin(prefix);
      this.#prefix = prefix;
    }
    await this.#note(labels);
    this.#series++;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const end = bucketEnd(this.#context.day, bucket);
      const slice = samplesBetween(samples, end - BUCKET_MS, end);
      const count = countSamples(slice);
      if (count === 0) continue;
      this.#samples += count;
      await this.#buckets[bucket].add([hash, slice], count);
    }
  }

  async finish(): Promise<BulkDay> {
    await this.#storeMetric();
    for (const bucket of this.#buckets) await bucket.end();
    await this.#sink.finish();
    const index = await this.#index.finish();
    const parts = this.#buckets.flatMap((bucket) => bucket.parts);
    return { parts, index, series: this.#series, samples: this.#samples };
  }

  /** Nothing runs on behind an error. */
  abandon(): Promise<void> {
    return this.#sink.abandon();
  }

  async #note(labels: LabelSet): Promise<void> {
    const entry = this.#entries.entryOf(labels);
    if (this.#metric.length > 0 && this.#metric[0].hash !== entry.hash) await this.#storeMetric();
    this.#metric.push(entry);
  }

  async #storeMetric(): Promise<void> {
    const entries = this.#metric.sort(compareEntries);
    this.#metric = [];
    for (const entry of entries) await this.#index.add(entry);
  }
}

/** A part while it is written. */
class Output {
  readonly kind: PartKind;
  readonly bucket: number;
  readonly id: string;
  readonly shardBits: number;
  #extent: SampleExtent = extentOf([]);
  #ends = "";

  constructor(kind: PartKind, bucket: number, id: string, shardBits: number) {
    this.kind = kind;
    this.bucket = bucket;
    this.id = id;
    this.shardBits = shardBits;
  }

  add(series: HashedSeries): void {
    this.#extent = union(this.#extent, extentOf([series]));
    this.#ends = endsWith(this.#ends, [series[0]], this.shardBits);
  }

  /** None if it has no samples. */
  get parts(): Omit<Part, "createdMs">[] {
    if (this.#extent.samples === 0) return [];
    const { kind, bucket, id, shardBits } = this;
    const part = { kind, bucket, id, shardBits, ...this.#extent };
    if (kind === "chunks") return [{ ...part, ends: this.#ends }];
    return [{ ...part, filled: filledPartitions(partitionsOf(this.#ends, shardBits)), isFinal: true }];
  }
}

/** The parts of a bucket, written partition by partition. */
class BucketWriter {
  readonly #context: DayContext;
  readonly #sink: BulkSink;
  readonly #bucket: number;
  readonly #chunks: Output;
  /** Undefined: every series gets an item of its own. */
  readonly #sparse: Output | undefined;
  #partition: ChunkPartitionWriter | undefined;
  #few: HashedSeries[] = [];

  /** `sparseSamples`: about what the bucket has, where series with few samples share a run. */
  constructor(
    context: DayContext,
    sink: BulkSink,
    bucket: number,
    bits: number,
    sparseSamples: number | undefined,
  ) {
    const { randomBytes, partitionBits = runShardBits } = context;
    this.#context = context;
    this.#sink = sink;
    this.#bucket = bucket;
    this.#chunks = new Output("chunks", bucket, newId(randomBytes), bits);
    if (sparseSamples !== undefined)
      this.#sparse = new Output(
        "run",
        bucket,
        newId(randomBytes),
        Math.max(bits, partitionBits(sparseSamples)),
      );
  }

  get parts(): Omit<Part, "createdMs">[] {
    return [...this.#chunks.parts, ...(this.#sparse?.parts ?? [])];
  }

  async begin(prefix: number): Promise<void> {
    await this.end();
    const { tenant, day } = this.#context;
    const shard = { bits: this.#chunks.shardBits, prefix };
    const place = { tenant, day, bucket: this.#bucket, part: this.#chunks.id, shard };
    this.#partition = new ChunkPartitionWriter(place, dayExpiry(this.#context));
  }

  async add(series: HashedSeries, count: number): Promise<void> {
    if (this.#sparse !== undefined && count < SPARSE_SAMPLES) {
      this.#sparse.add(series);
      this.#few.push(series);
      return;
    }
    this.#chunks.add(series);
    await this.#sink.add(this.#partition!.add(...series));
  }

  /** Ends the partition under way. */
  async end(): Promise<void> {
    await this.#sink.add(this.#partition?.finish() ?? []);
    this.#partition = undefined;
    if (this.#few.length === 0) return;
    const { tenant, day } = this.#context;
    const { id, shardBits } = this.#sparse!;
    await this.#sink.add(encodeRun({ tenant, day, id, shardBits, ...dayExpiry(this.#context) }, this.#few));
    this.#few = [];
  }
}
