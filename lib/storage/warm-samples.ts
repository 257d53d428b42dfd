/**
 * Decoded samples in the memory of a warm process, by series and day. What a manifest names never changes, so the samples of a
 * part, once decoded, stay good for whatever manifest names it. They are of the whole of some of the day's parts, whatever
 * range was asked for; what is still in the log is not among them (warm-log.ts).
 */
import { sortOwnColumns } from "../chunk/merge-mixed.ts";
import { SampleColumns } from "../chunk/sample-columns.ts";
import type { Samples } from "../model/samples.ts";
import { dayPartition } from "./keys.ts";
import type { Part } from "./manifest.ts";
import type { WarmCache, WarmEntries } from "./warm-cache.ts";

/** What an entry takes beside its samples: its objects and its names, about. */
const ENTRY_BYTES = 600;
const PART_BYTES = 16;

/** The floats of one series and day, and no histograms. */
export interface WarmSeries {
  /** Whose samples they are, all of each, the earliest received first; ids in hex. */
  readonly parts: readonly string[];
  /** Sorted by time, each time once. Shared: nobody may write to them. */
  readonly samples: Samples;
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
    return new WarmDay(this.#entries, dayPartition(DAY_KIND, tenant, day).finish());
  }
}

/** Entries of a day are told from each other by their hashes alone. */
const DAY_KIND = 0;

export class WarmDay {
  readonly #entries: WarmEntries<WarmSeries>;
  readonly #prefix: string;

  constructor(entries: WarmEntries<WarmSeries>, place: Uint8Array) {
    this.#entries = entries;
    this.#prefix = Buffer.from(place).toString("latin1");
  }

  /** `series`: its hash in hex. */
  find(series: string): WarmSeries | undefined {
    return this.#entries.get(this.#prefix + series);
  }

  keep(series: string, entry: WarmSeries): void {
    const { startTimestamps, timestamps } = entry.samples;
    const each = startTimestamps === undefined ? 16 : 24;
    const sizeBytes = ENTRY_BYTES + entry.parts.length * PART_BYTES + timestamps.length * each;
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

/** An entry with what parts have that count over its own, or are the last of these. */
export function extendWarm(entry: WarmSeries, parts: readonly string[], samples: Samples): WarmSeries {
  const columns = new SampleColumns(entry.samples.timestamps.length + samples.timestamps.length);
  columns.appendSamples(entry.samples);
  columns.appendSamples(samples);
  return { parts: [...new Set([...entry.parts, ...parts])], samples: sortOwnColumns(columns) };
}
