/**
 * Decoded samples in the memory of a warm process, by series and day. What a manifest names never changes, so the samples of a
 * part, once decoded, stay good for whatever manifest names it. They are of the whole of some of the day's parts, whatever
 * range was asked for; what is still in the log is not among them (warm-log.ts).
 */
import { sortOwnColumns } from "../chunk/merge-mixed.ts";
import { SampleColumns } from "../chunk/sample-columns.ts";
import type { Samples } from "../model/samples.ts";
import { encodeSampleItems } from "./chunk-items.ts";
import type { Part } from "./manifest.ts";
import { ALL_TIME, type SeriesData, samplesBytes, storedItemBytes } from "./series-data.ts";
import { dayKeyOf, type WarmCache, type WarmEntries } from "./warm-cache.ts";

/** What an entry takes beside its samples: its objects and its names, about. */
const ENTRY_BYTES = 600;
const PART_BYTES = 16;

/** The samples of one series and day. */
export interface WarmSeries {
  /** Whose samples they are, all of each, the earliest received first; ids in hex. */
  readonly parts: readonly string[];
  /** Of a series of floats alone: sorted by time, each time once. Shared: nobody may write to them. */
  readonly samples?: Samples | undefined;
  /**
   * Of one that has native histograms, which decoded would take a hundred times the memory: values of chunk items, in the order
   * in which their samples count.
   */
  readonly items: readonly Uint8Array[];
}

export class WarmSamples {
  /** Of the whole cache: one query should not push out all others. */
  readonly maxQueryBytes: number;
  readonly #entries: WarmEntries<WarmSeries>;

  constructor(cache: WarmCache) {
    this.maxQueryBytes = cache.maxBytes / 2;
    this.#entries = cache.entries("samples");
  }

  day(tenant: string, day: number): WarmDay {
    return new WarmDay(this.#entries, dayKeyOf(tenant, day));
  }
}

export class WarmDay {
  readonly #entries: WarmEntries<WarmSeries>;
  readonly #prefix: string;

  /** `prefix`: what the keys of the day begin with. */
  constructor(entries: WarmEntries<WarmSeries>, prefix: string) {
    this.#entries = entries;
    this.#prefix = prefix;
  }

  /** `series`: its hash in hex. */
  find(series: string): WarmSeries | undefined {
    return this.#entries.get(this.#prefix + series);
  }

  keep(series: string, entry: WarmSeries): void {
    const { parts, samples, items } = entry;
    let sizeBytes = ENTRY_BYTES + parts.length * PART_BYTES + (samples ? samplesBytes(samples) : 0);
    for (const value of items) sizeBytes += storedItemBytes(value.length);
    this.#entries.set(this.#prefix + series, entry, sizeBytes);
  }
}

/**
 * How many of `wanted`, from the first on, an entry has the samples of, so that those of the others count over them; 0 where it
 * is of no use. `parts`: all of the manifest; `wanted`: some of them, in the same order.
 */
export function countWarmParts(
  entry: WarmSeries | undefined,
  parts: readonly Part[],
  wanted: readonly Part[],
): number {
  if (entry === undefined) return 0;
  const isWarm = ({ id }: Part) => entry.parts.includes(id);
  const first = wanted.findIndex((part) => !isWarm(part));
  if (first <= 0) return first === 0 ? 0 : wanted.length;
  // What comes behind the first one that is missing must not be in the entry, of whatever range.
  return parts.slice(parts.indexOf(wanted[first])).some(isWarm) ? 0 : first;
}

/**
 * What is known of a series (undefined: nothing) with what was added of `parts`, which count over its own.
 * Throws "too large" if that takes more than `maxBytes` while it is decoded.
 */
export function completeWarm(
  known: WarmSeries | undefined,
  added: SeriesData,
  parts: readonly string[],
  maxBytes: number,
): WarmSeries {
  const all = [...(known?.parts ?? []), ...parts];
  const isOfFloats = added.isOfFloats && (known === undefined || known.samples !== undefined);
  if (isOfFloats)
    return { parts: all, samples: joined(known?.samples, added.samples(ALL_TIME, maxBytes)), items: [] };
  const before = known?.samples === undefined ? (known?.items ?? []) : encodeSampleItems(known.samples);
  return { parts: all, items: [...before, ...added.toItems()] };
}

function joined(before: Samples | undefined, samples: Samples): Samples {
  if (before === undefined) return samples;
  const columns = new SampleColumns(before.timestamps.length + samples.timestamps.length);
  columns.appendSamples(before);
  columns.appendSamples(samples);
  return sortOwnColumns(columns);
}
