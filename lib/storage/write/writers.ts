/**
 * The writers of a process, one a tenant, within one bound of memory. Most of it is what they know of the
 * days that they write to; what that leaves remembers the spellings of series, which only saves CPU.
 */

import type { Limits } from "../../model/limits.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { Rejections } from "../../model/rejections.ts";
import type { AppendBatch, AppendResult } from "../../model/sample-batch.ts";
import type { Clock } from "../../model/time.ts";
import type { Appender } from "../interface.ts";
import { dayOf, INSTANCE_ID_BYTES } from "../layout/keys.ts";
import type { RetentionMs } from "../layout/retention.ts";
import { type BitsOf, shardBits } from "../layout/shard.ts";
import type { SeriesGate } from "../limits/series-gate.ts";
import { newHashFactors } from "../series/hash-index.ts";
import { type SeriesHash, seriesHash } from "../series/series-hash.ts";
import { SeriesRegistry } from "../series/series-registry.ts";
import type { Table } from "../table/table.ts";
import { withoutLabel } from "../tenants/replica-labels.ts";
import { slicesBySeries } from "./batch-slices.ts";
import { CompactorLag } from "./compactor-lag.ts";
import { DayWriter, FEW_SERIES } from "./day-writer.ts";
import { HourDays } from "./hour-days.ts";
import { LoadBudget } from "./load/budget.ts";
import { OpenDays } from "./open-days.ts";
import { type LatestDate, ReceiveClock } from "./receive-clock.ts";
import { Writer } from "./writer.ts";

/** A quarter of the write function's 256 MB. */
export const DEFAULT_WRITERS_BYTES = 64 * 1024 * 1024;

/** What days and spellings have of the memory at most and at least; metadata has as much as spellings. */
const DAYS_SHARE = 3 / 4;
const OTHER_SHARE = 1 / 8;
/** One for each name that tenants have set for their replicas' label, and for each limit of labels. */
const MAX_REGISTRIES = 16;

export interface WritersOptions {
  readonly clock: Clock;
  /** Default: the table's responses have none, and the clock counts alone. */
  readonly latestDate?: LatestDate | undefined;
  readonly randomBytes: RandomBytes;
  readonly limits: Limits;
  /** What all writers together may hold, in bytes. */
  readonly maxBytes: number;
  readonly hash?: SeriesHash;
  /** Into how many shards a record is split. */
  readonly shardBits?: BitsOf;
  /**
   * Requests with up to so many new series a shard give them brief references (layout/brief-keys.ts); 0: none does.
   * Default: as many as share a series record.
   */
  readonly fewSeries?: number;
}

/** Whose samples, how long they are kept, and a label that their series are stored without. */
export interface TenantPlace {
  readonly tenant: string;
  readonly retentionMs: RetentionMs;
  readonly droppedLabel?: string | undefined;
  /** Limits of each series of this tenant; default: those of every tenant. The same object for the same limits. */
  readonly limits?: Limits | undefined;
  readonly exemplarsPerSecond?: number | undefined;
  /** Refuses new series past the tenant's limits; default: none is refused. */
  readonly gate?: SeriesGate | undefined;
}

export class Writers {
  readonly #options: WritersOptions;
  readonly #days: OpenDays;
  readonly #hourDays: HourDays;
  readonly #loadBudget: LoadBudget;
  /** By tenant, in the order of last use. */
  readonly #writers = new Map<string, Writer>();
  /** By dropped label and limits of labels: the same bytes are other series without the label, or refused ones. */
  readonly #registries = new Map<string, SeriesRegistry>();
  /** The one used last, and for what. */
  #latest:
    | { readonly droppedLabel: string; readonly limits: Limits; readonly registry: SeriesRegistry }
    | undefined;

  constructor(options: WritersOptions) {
    this.#options = options;
    const { clock, randomBytes, maxBytes } = options;
    this.#loadBudget = new LoadBudget(maxBytes);
    this.#hourDays = new HourDays(clock);
    const shared = {
      clock,
      randomBytes,
      factors: newHashFactors(randomBytes),
      instance: randomBytes(INSTANCE_ID_BYTES),
      receiveClock: new ReceiveClock(clock, options.latestDate),
      lag: new CompactorLag(clock),
      loadBudget: this.#loadBudget,
      shardBits: options.shardBits ?? shardBits,
      hash: options.hash ?? seriesHash,
      fewSeries: options.fewSeries ?? FEW_SERIES,
    };
    this.#days = new OpenDays(clock, (place) => new DayWriter({ ...shared, place }));
  }

  /** A tenant's appender, its calls made on `table`. */
  appender(place: TenantPlace, table: Table): Appender {
    return { append: (batch) => this.#append(place, table, batch) };
  }

  /** Series of a tenant that have a sample today, about, as far as this process knows. */
  seriesToday(tenant: string): number {
    return this.#days.seriesOf(tenant, dayOf(this.#options.clock()));
  }

  async #append(place: TenantPlace, table: Table, batch: AppendBatch): Promise<AppendResult> {
    const { droppedLabel, gate } = place;
    const rejections = new Rejections();
    const stored = { storedSamples: 0, storedHistograms: 0, storedExemplars: 0, storedMetadata: 0 };
    const kept = droppedLabel === undefined ? batch : withoutLabel(batch, droppedLabel);
    this.#loadBudget.earn();
    try {
      const times = this.#writer(place).newTimes();
      for (const slice of slicesBySeries(kept)) {
        batch.deadline?.check();
        const writer = this.#writer(place);
        const registry = this.#registry(place);
        const { samples, histograms, exemplars } = await writer.append(
          table,
          slice,
          registry,
          times,
          rejections,
          gate,
        );
        stored.storedSamples += samples;
        stored.storedHistograms += histograms;
        stored.storedExemplars += exemplars;
        this.#bound();
      }
      const { metadata } = batch;
      if (metadata !== undefined && metadata.count > 0) {
        const writer = this.#writer(place);
        stored.storedMetadata = await writer.appendMetadata(table, metadata, rejections);
      }
    } finally {
      this.#bound();
    }
    return { ...stored, begunDictionaries: this.#days.takeBegunDictionaries(), rejections };
  }

  #writer({ tenant, retentionMs, exemplarsPerSecond, limits = this.#options.limits }: TenantPlace): Writer {
    const known = this.#writers.get(tenant);
    const { clock, randomBytes } = this.#options;
    const options = { clock, randomBytes, limits, tenant, retentionMs, exemplarsPerSecond };
    const writer = known?.isOf(options)
      ? known
      : new Writer({ ...options, days: this.#days, hourDays: this.#hourDays });
    this.#writers.delete(tenant);
    this.#writers.set(tenant, writer);
    return writer;
  }

  #registry({ droppedLabel = "", limits = this.#options.limits }: TenantPlace): SeriesRegistry {
    if (this.#latest?.droppedLabel === droppedLabel && this.#latest.limits === limits)
      return this.#latest.registry;
    const { maxLabelsPerSeries, maxLabelNameBytes, maxMetricNameBytes, maxLabelValueBytes } = limits;
    const sizes = [maxLabelsPerSeries, maxLabelNameBytes, maxMetricNameBytes, maxLabelValueBytes];
    const key = `${sizes.join()}/${droppedLabel}`;
    let registry = this.#registries.get(key);
    if (registry === undefined) {
      if (this.#registries.size >= MAX_REGISTRIES) this.#registries.clear();
      const { randomBytes, hash = seriesHash } = this.#options;
      registry = new SeriesRegistry(limits, hash, randomBytes);
      this.#registries.set(key, registry);
    }
    this.#latest = { droppedLabel, limits, registry };
    return registry;
  }

  /** Forgets what the memory does not hold. */
  #bound(): void {
    const { maxBytes } = this.#options;
    this.#days.bound(maxBytes * DAYS_SHARE);
    const metadataBytes = this.#boundMetadata(maxBytes * OTHER_SHARE);
    const left = Math.max(maxBytes - this.#days.sizeBytes - metadataBytes, maxBytes * OTHER_SHARE);
    for (const registry of this.#registries.values()) registry.limit(left / this.#registries.size);
  }

  /** What is known of a tenant's metadata is read again when it is needed again. Returns what is left, in bytes. */
  #boundMetadata(maxBytes: number): number {
    let total = 0;
    for (const writer of this.#writers.values()) total += writer.sizeBytes;
    for (const [tenant, writer] of this.#writers) {
      if (total <= maxBytes) break;
      total -= writer.sizeBytes;
      this.#writers.delete(tenant);
    }
    return total;
  }
}
