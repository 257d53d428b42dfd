/** The steps of the write path: each runs over all requests before the next one does. */
import { randomBytes } from "node:crypto";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { Rejections } from "../../lib/model/rejections.ts";
import type { SampleBatch } from "../../lib/model/sample-batch.ts";
import { logKey, WRITER_ID_BYTES } from "../../lib/storage/layout/keys.ts";
import { encodeLogRecord } from "../../lib/storage/log/log-record.ts";
import { BatchSeries } from "../../lib/storage/series/batch-series.ts";
import { seriesHash } from "../../lib/storage/series/series-hash.ts";
import { SeriesRegistry } from "../../lib/storage/series/series-registry.ts";
import { itemSizeBytes, writeUnits } from "../../lib/storage/table/item-size.ts";
import type { Item, Table } from "../../lib/storage/table/table.ts";
import { uncompress } from "../../lib/wire/snappy.ts";
import { decodeWriteRequest } from "../../lib/wire/write-v1.ts";
import { cpuSeconds } from "../worker.ts";

export const STEPS = ["snappy", "protobuf", "series", "record", "put"] as const;
export type Step = (typeof STEPS)[number];

export interface StepCosts {
  /** CPU seconds over all requests. */
  readonly seconds: Readonly<Record<Step, number>>;
  readonly samples: number;
  readonly recordBytes: number;
  readonly recordUnits: number;
}

/** Keeps the state of a warm writer between calls. */
export class StepRunner {
  readonly #table: Table;
  readonly #registry = new SeriesRegistry(DEFAULT_LIMITS, seriesHash, randomBytes);
  readonly #writer = randomBytes(WRITER_ID_BYTES);
  #sequence = 0;

  constructor(table: Table) {
    this.#table = table;
  }

  async run(requests: readonly Uint8Array[]): Promise<StepCosts> {
    let bodies: Uint8Array[] = [];
    let batches: SampleBatch[] = [];
    let series: Int32Array[] = [];
    let records: Uint8Array[] = [];
    const snappy = await cpuSeconds(() => {
      bodies = requests.map((request) => uncompress(request, DEFAULT_LIMITS.maxDecompressedBytes));
    });
    const protobuf = await cpuSeconds(() => {
      batches = bodies.map((body) => decodeWriteRequest(body, DEFAULT_LIMITS));
    });
    const resolve = await cpuSeconds(() => {
      series = batches.map((batch) => this.#resolve(batch));
    });
    const record = await cpuSeconds(() => {
      records = batches.map((batch, i) => encode(batch, series[i]));
    });
    const items = records.map((value) => this.#item(value));
    const put = await cpuSeconds(async () => {
      for (const item of items) await this.#table.putAll([item]);
    });
    return {
      seconds: { snappy, protobuf, series: resolve, record, put },
      samples: sum(batches, ({ sampleCount }) => sampleCount),
      recordBytes: sum(items, itemSizeBytes),
      recordUnits: sum(items, (item) => writeUnits(itemSizeBytes(item))),
    };
  }

  #resolve(batch: SampleBatch): Int32Array {
    const rejections = new Rejections();
    const resolved = new BatchSeries(batch, 0, batch.seriesCount, this.#registry, DEFAULT_LIMITS);
    const series = new Int32Array(batch.sampleCount);
    for (let i = 0; i < series.length; i++) series[i] = resolved.resolve(batch.sampleSeries[i], rejections);
    return series;
  }

  #item(value: Uint8Array): Item {
    const position = { receivedMs: Date.now(), writer: this.#writer, sequence: this.#sequence++ };
    return {
      ...logKey("default", 20_000, { bits: 0, prefix: 0 }, position),
      value,
      expiresAtSeconds: 2_000_000_000,
    };
  }
}

function encode({ timestamps, values, sampleCount: count }: SampleBatch, references: Int32Array): Uint8Array {
  return encodeLogRecord({ count, references, timestamps, values }, 0, count);
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}
