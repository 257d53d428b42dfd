/**
 * What is known of a tenant's metrics: of each the last few things that were said of it, since two programs may say different
 * things of one metric. Records of metadata are never changed: what is still sent is recorded again after some days, and what
 * is not any more leaves by TTL.
 */
import type { MetricDescription, MetricMetadata } from "../../model/metric-metadata.ts";
import { DAY_MS } from "../../model/time.ts";
import type { Table } from "../table/table.ts";
import { metadataRange, parseMetadataSortKey } from "./metadata-keys.ts";
import { decodeMetadataRecord } from "./metadata-record.ts";

/** How long a record stays. */
export const METADATA_TTL_MS = 30 * DAY_MS;
/** Metrics of a tenant; what is said of others is not stored. */
export const MAX_METADATA_METRICS = 20_000;
/** Different things that are kept of one metric. */
export const MAX_METADATA_VARIANTS = 4;

/** What a variant takes beside its texts, about. */
const MEMORY_BYTES = 400;

interface Variant {
  readonly metadata: MetricMetadata;
  /** The latest record that says it, in ms. */
  readonly storedMs: number;
}

/** Of a metric, by what is said of it; what was recorded last stands last. */
type Variants = Map<string, Variant>;

export class KnownMetadata {
  readonly #metrics = new Map<string, Variants>();
  #characters = 0;

  /** What it holds in memory, about. */
  get sizeBytes(): number {
    return this.#characters;
  }

  /** When a record said this, in ms; undefined: none did. */
  storedMs(metadata: MetricMetadata): number | undefined {
    return this.#metrics.get(metadata.metricFamilyName)?.get(textOf(metadata))?.storedMs;
  }

  /** When anything new was said of a metric that cannot take more, in ms; undefined: it can. */
  fullSinceMs(name: string): number | undefined {
    const variants = this.#metrics.get(name);
    if (variants === undefined) {
      return this.#metrics.size < MAX_METADATA_METRICS ? undefined : Number.POSITIVE_INFINITY;
    }
    if (variants.size < MAX_METADATA_VARIANTS) return undefined;
    return Math.max(...[...variants.values()].map(({ storedMs }) => storedMs));
  }

  /** Adds what a record says; a metric's oldest gives way. */
  add(metadata: MetricMetadata, storedMs: number): void {
    const { metricFamilyName: name } = metadata;
    const variants = this.#metrics.get(name) ?? new Map<string, Variant>();
    if (variants.size === 0 && this.#metrics.size >= MAX_METADATA_METRICS) return;
    this.#metrics.set(name, variants);
    const text = textOf(metadata);
    if (!variants.delete(text)) this.#characters += MEMORY_BYTES + 2 * text.length + name.length;
    variants.set(text, { metadata, storedMs });
    if (variants.size <= MAX_METADATA_VARIANTS) return;
    const [oldest] = variants.keys();
    variants.delete(oldest);
    this.#characters -= MEMORY_BYTES + 2 * oldest.length + name.length;
  }

  /** Of one metric or of all, by name; of each what was recorded last comes first. */
  all(name?: string): Map<string, MetricDescription[]> {
    const names = name === undefined ? [...this.#metrics.keys()].sort() : [name];
    const found = new Map<string, MetricDescription[]>();
    for (const one of names) {
      const variants = this.#metrics.get(one);
      if (variants !== undefined) found.set(one, [...variants.values()].reverse().map(describe));
    }
    return found;
  }
}

function describe({ metadata: { type, unit, help } }: Variant): MetricDescription {
  return { type, unit, help };
}

function textOf({ type, unit, help }: MetricMetadata): string {
  return JSON.stringify([type, unit, help]);
}

/** Reads what is recorded and has not expired. Throws "data", "unavailable". */
export async function loadMetadata(
  table: Table,
  tenant: string,
  nowMs: number,
  signal?: AbortSignal,
): Promise<KnownMetadata> {
  const known = new KnownMetadata();
  const range = metadataRange(tenant, nowMs - METADATA_TTL_MS);
  for await (const page of table.query(range, { consistent: true, signal })) {
    for (const { sk, value } of page) {
      const storedMs = parseMetadataSortKey(sk);
      for (const metadata of decodeMetadataRecord(value)) known.add(metadata, storedMs);
    }
  }
  return known;
}
