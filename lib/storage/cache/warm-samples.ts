/**
 * Decoded samples in the memory of a warm process, by series and day. What a manifest names never changes, so the samples of a
 * part, once decoded, stay good for whatever manifest names it. They are of the whole of some of the day's parts, whatever
 * range was asked for; what is still in the log is not among them (warm-log.ts).
 */
import { sortOwnColumns } from "../../chunk/merge-mixed.ts";
import { SampleColumns } from "../../chunk/sample-columns.ts";
import type { Samples } from "../../model/samples.ts";
import { ALL_TIME } from "../../model/time.ts";
import type { Part } from "../layout/manifest.ts";
import { encodeSampleItems } from "../parts/chunk-items.ts";
import { type SeriesData, storedItemBytes, valuesBytes } from "../parts/series-data.ts";
import { dayKeyOf, type WarmCache, type WarmEntries } from "./warm-cache.ts";
import { type TimeColumn, WarmTimes } from "./warm-times.ts";

/** What an entry takes beside its samples: its objects and its names, about. */
const ENTRY_BYTES = 600;
const PART_BYTES = 16;

/** The samples of one series and day. */
export interface WarmSeries {
  /** Whose samples they are, all of each that no deletion hides, the earliest received first: names of parts. */
  readonly parts: readonly string[];
  /** Of a series of floats alone: sorted by time, each time once. Shared: nobody may write to them. */
  readonly samples?: Samples | undefined;
  /** The times of `samples`, where other series may have the same. */
  readonly times?: TimeColumn | undefined;
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
  readonly #times: WarmTimes;

  constructor(cache: WarmCache) {
    this.maxQueryBytes = cache.maxBytes / 2;
    this.#entries = cache.entries("samples");
    this.#times = new WarmTimes(cache);
  }

  day(tenant: string, day: number): WarmDay {
    return new WarmDay(this.#entries, this.#times, dayKeyOf(tenant, day));
  }
}

export class WarmDay {
  readonly #entries: WarmEntries<WarmSeries>;
  readonly #times: WarmTimes;
  readonly #prefix: string;

  /** `prefix`: what the keys of the day begin with. */
  constructor(entries: WarmEntries<WarmSeries>, times: WarmTimes, prefix: string) {
    this.#entries = entries;
    this.#times = times;
    this.#prefix = prefix;
  }

  /** `series`: its hash in hex. */
  find(series: string): WarmSeries | undefined {
    const entry = this.#entries.get(this.#prefix + series);
    if (entry?.times !== undefined) this.#times.use(entry.times);
    return entry;
  }

  /** Answers the entry as it is kept: with the times that others have, where they are the same. */
  keep(series: string, entry: WarmSeries): WarmSeries {
    const kept = this.#withSharedTimes(entry);
    const { parts, samples, times, items } = kept;
    let sizeBytes = ENTRY_BYTES + parts.length * PART_BYTES;
    if (samples !== undefined) sizeBytes += valuesBytes(samples);
    if (samples !== undefined && times === undefined) sizeBytes += samples.timestamps.byteLength;
    for (const value of items) sizeBytes += storedItemBytes(value.length);
    this.#entries.set(this.#prefix + series, kept, sizeBytes);
    if (times !== undefined) this.#times.keep(times);
    return kept;
  }

  #withSharedTimes(entry: WarmSeries): WarmSeries {
    const { samples } = entry;
    if (samples === undefined || samples.timestamps.length === 0) return entry;
    const times = this.#times.share(this.#prefix, samples.timestamps);
    if (times === undefined) return entry;
    // Values of their own: the columns that samples are decoded to are one piece of memory, times included.
    const values = samples.values.slice();
    return { ...entry, times, samples: { ...samples, timestamps: times.timestamps, values } };
  }
}

/**
 * How many of `wanted`, from the first on, an entry has the samples of, so that those of the others count over them; 0 where it
 * is of no use. `parts`: all of the manifest; `wanted`: some of them, in the same order; `idOf`: under which name the entry has
 * a part.
 */
export function countWarmParts(
  entry: WarmSeries | undefined,
  parts: readonly Part[],
  wanted: readonly Part[],
  idOf: (part: Part) => string = ({ id }) => id,
): number {
  if (entry === undefined) return 0;
  const isWarm = (part: Part) => entry.parts.includes(idOf(part));
  const first = wanted.findIndex((part) => !isWarm(part));
  if (first <= 0) return first === 0 ? 0 : wanted.length;
  // What comes after the first one that is missing must not be in the entry, of whatever range, under whatever name.
  return parts.slice(parts.indexOf(wanted[first])).some((part) => isKnown(entry, part)) ? 0 : first;
}

/** Whether an entry has samples of a part, whatever deletions hid then. */
function isKnown({ parts }: WarmSeries, { id }: Part): boolean {
  return parts.some((name) => name === id || name.startsWith(`${id}/`));
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
