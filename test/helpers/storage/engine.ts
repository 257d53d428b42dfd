/** Writers and readers on one table, and a clock to turn. */
import { randomBytes } from "node:crypto";
import { DEFAULT_LIMITS, type Limits } from "../../../lib/model/limits.ts";
import { DAY_MS } from "../../../lib/model/time.ts";
import type { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { compact } from "../../../lib/storage/compact/compactor.ts";
import type { BitsOf } from "../../../lib/storage/layout/shard.ts";
import { VerifiedTable } from "../../../lib/storage/layout/verified-table.ts";
import { MAX_HOLD_MS, SETTLE_MS } from "../../../lib/storage/log/settling.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import type { SeriesHash } from "../../../lib/storage/series/series-hash.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Table } from "../../../lib/storage/table/table.ts";
import { Writers } from "../../../lib/storage/write/writers.ts";
import { batchOf, type SentSeries } from "../write-requests.ts";

/** A midnight (UTC) of 2026. */
export const MIDNIGHT_MS = 20_780 * DAY_MS;

export interface EngineOptions {
  readonly table?: Table;
  readonly limits?: Partial<Limits>;
  readonly retentionMs?: number;
  readonly maxBytes?: number;
  readonly hash?: SeriesHash;
  /** Leading bits of the hash that shards of the log have, by samples. */
  readonly shardBits?: BitsOf;
  /** New series a shard that get brief references; default: none, all are in dictionaries. */
  readonly fewSeries?: number;
  /** Leading bits of the hash that partitions of parts have, by samples. */
  readonly partitionBits?: BitsOf;
  /** Series with fewer samples in a bucket become a run that stays; default 0: all become chunks. */
  readonly sparseSamples?: number;
}

export class Engine {
  /** Writes and verifies checksums over `inner`. */
  readonly table: Table;
  readonly inner: Table;
  /** Every look at the clock moves it by this much. */
  tickMs = 1;
  nowMs = MIDNIGHT_MS;
  readonly #options: EngineOptions;

  constructor(options: EngineOptions = {}) {
    this.#options = options;
    this.inner = options.table ?? new MemoryTable();
    this.table = new VerifiedTable(this.inner);
  }

  readonly clock = (): number => {
    this.nowMs += this.tickMs;
    return this.nowMs;
  };

  get #common() {
    return { clock: this.clock, randomBytes, limits: { ...DEFAULT_LIMITS, ...this.#options.limits } };
  }

  get #retentionMs() {
    return this.#options.retentionMs ?? 0;
  }

  /** The writers of a process that has just started. */
  newWriters(): Writers {
    const { maxBytes = 64 * 1024 * 1024, hash, shardBits, fewSeries = 0 } = this.#options;
    const common = { ...this.#common, maxBytes, fewSeries };
    return new Writers({ ...common, ...(hash && { hash }), ...(shardBits && { shardBits }) });
  }

  /** Cold unless it is given a memory. */
  reader(tenant = "t", memory?: ReaderMemory): Reader {
    const { hash } = this.#options;
    const options = { ...this.#common, retentionMs: this.#retentionMs, tenant, memory };
    return new Reader(this.table, { ...options, ...(hash && { hash }) });
  }

  /** Flushes all that was written, and does what else is due. */
  async compact(): Promise<void> {
    this.nowMs += SETTLE_MS + MAX_HOLD_MS;
    const retentionOf = () => this.#retentionMs;
    const onDay = ({ error }: { readonly error: unknown }) => {
      if (error !== undefined) throw error;
    };
    const deadlineMs = Number.POSITIVE_INFINITY;
    await compact(this.table, {
      clock: this.clock,
      randomBytes,
      retentionOf,
      deadlineMs,
      isEager: true,
      sparseSamples: this.#options.sparseSamples ?? 0,
      partitionBits: this.#options.partitionBits,
      onDay,
    });
  }

  append(writers: Writers, request: readonly SentSeries[], tenant = "t") {
    return writers
      .appender({ tenant, retentionMs: this.#retentionMs }, this.table)
      .append(batchOf(...request));
  }
}
