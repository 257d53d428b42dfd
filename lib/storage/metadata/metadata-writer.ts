/**
 * How a writer stores what is said of metrics. Prometheus says it of every metric once a minute, and with remote write 2.0 with
 * every series of every request: nearly all of it is known, and to find that out must cost next to nothing.
 */
import { errorMessage } from "../../model/errors.ts";
import type { Limits } from "../../model/limits.ts";
import type { MetricMetadata } from "../../model/metric-metadata.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import type { Rejections } from "../../model/rejections.ts";
import type { MetadataColumns } from "../../model/sample-batch.ts";
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../model/time.ts";
import { RECORD_ID_BYTES } from "../layout/keys.ts";
import type { Table } from "../table/table.ts";
import { type KnownMetadata, loadMetadata, METADATA_TTL_MS } from "./known-metadata.ts";
import { metadataKey } from "./metadata-keys.ts";
import { encodeMetadataRecords } from "./metadata-record.ts";

/** After so long it is recorded again, if it is still sent: well before it expires. */
const RENEW_MS = 10 * DAY_MS;
/** How often a metric of which something new is said each time may have it recorded. */
const MIN_CHANGE_MS = HOUR_MS;
/** Looked at in a minute; of more, others each minute. A microsecond each. */
const MAX_PER_MINUTE = 4000;
/** Characters of a help text that are kept. */
const MAX_HELP_CHARACTERS = 1024;
const MAX_UNIT_CHARACTERS = 256;

export interface MetadataWriterOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly limits: Limits;
}

export class MetadataWriter {
  readonly #options: MetadataWriterOptions;
  #known: KnownMetadata | undefined;
  #minuteStartMs = Number.NEGATIVE_INFINITY;
  #left = 0;
  #next = 0;

  constructor(options: MetadataWriterOptions) {
    this.#options = options;
  }

  get sizeBytes(): number {
    return this.#known?.sizeBytes ?? 0;
  }

  /** Stores what is new; answers how much that was. Throws "unavailable". */
  async append(table: Table, columns: MetadataColumns, rejections: Rejections): Promise<number> {
    const nowMs = this.#options.clock();
    const indices = this.#choose(columns.count, nowMs);
    if (indices.length === 0) return 0;
    this.#known ??= await loadMetadata(table, this.#options.tenant, nowMs);
    const fresh = this.#fresh(this.#known, columns, indices, nowMs, rejections);
    if (fresh.length === 0) return 0;
    const { tenant } = this.#options;
    const expiresAtSeconds = Math.ceil((nowMs + METADATA_TTL_MS) / SECOND_MS);
    const items = Array.from(encodeMetadataRecords(fresh), (value) => {
      const id = this.#options.randomBytes(RECORD_ID_BYTES);
      return { ...metadataKey(tenant, nowMs, id), value, expiresAtSeconds };
    });
    await table.putAll(items);
    for (const metadata of fresh) this.#known.add(metadata, nowMs);
    return fresh.length;
  }

  /** Which of so many are looked at: all, or in turn as many as the minute allows. */
  #choose(count: number, nowMs: number): number[] {
    // A clock that was ahead for a moment must not end this for long.
    if (Math.abs(nowMs - this.#minuteStartMs) >= MINUTE_MS)
      [this.#minuteStartMs, this.#left] = [nowMs, MAX_PER_MINUTE];
    const length = Math.min(count, this.#left);
    this.#left -= length;
    const first = length === count ? 0 : this.#next;
    this.#next = first + length;
    return Array.from({ length }, (_, i) => (first + i) % count);
  }

  #fresh(
    known: KnownMetadata,
    { decode }: MetadataColumns,
    indices: readonly number[],
    nowMs: number,
    rejections: Rejections,
  ): MetricMetadata[] {
    const fresh = new Map<string, MetricMetadata>();
    for (const index of indices) {
      try {
        const metadata = shortened(decode(index));
        if (this.#isDue(known, metadata, nowMs)) fresh.set(JSON.stringify(metadata), metadata);
      } catch (error) {
        rejections.addOther(`metadata: ${errorMessage(error)}`);
      }
    }
    return [...fresh.values()];
  }

  #isDue(known: KnownMetadata, metadata: MetricMetadata, nowMs: number): boolean {
    const { metricFamilyName: name } = metadata;
    if (name === "" || Buffer.byteLength(name) > this.#options.limits.maxMetricNameBytes) return false;
    const storedMs = known.storedMs(metadata);
    if (storedMs !== undefined) return Math.abs(nowMs - storedMs) >= RENEW_MS;
    const fullSinceMs = known.fullSinceMs(name);
    return fullSinceMs === undefined || Math.abs(nowMs - fullSinceMs) >= MIN_CHANGE_MS;
  }
}

function shortened({ metricFamilyName, type, unit, help }: MetricMetadata): MetricMetadata {
  return {
    metricFamilyName,
    type,
    unit: unit.slice(0, MAX_UNIT_CHARACTERS).toWellFormed(),
    help: help.slice(0, MAX_HELP_CHARACTERS).toWellFormed(),
  };
}
