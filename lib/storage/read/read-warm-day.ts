/**
 * Reads a day for a query that is small enough to be remembered: what a warm process has of it is not read, and what is read of
 * parts is decoded whole and kept. The log is read as ever.
 */

import { DECODED_SAMPLE_BYTES, DECODED_START_BYTES } from "../../chunk/sample-sizes.ts";
import { ALL_TIME } from "../../model/time.ts";
import { completeWarm, countWarmParts, type WarmDay, type WarmSeries } from "../cache/warm-samples.ts";
import type { Part } from "../layout/manifest.ts";
import { samplesBetween } from "../parts/hashed-samples.ts";
import { SeriesByHash, type SeriesSink, type SharedTimesSink } from "../parts/series-by-hash.ts";
import type { SeriesData } from "../parts/series-data.ts";
import type { FoundMetric } from "./find-series.ts";
import type { HeldBytes } from "./query-budget.ts";
import { beside, type DayRead, openLog, readLog, readParts } from "./read-day.ts";
import { type DayContents, partsWithin, planLog, planParts } from "./read-plan.ts";

export interface WarmDayRead extends DayRead {
  readonly sink: SharedTimesSink;
  readonly warm: WarmDay;
  readonly held: HeldBytes;
  /** Of memory, for what is read of parts. A day that takes more is read as for a query that is not remembered. */
  readonly maxBytes: number;
}

/** `metrics`: the series to read. Throws as `readDay`. */
export async function readWarmDay(
  read: WarmDayRead,
  day: DayContents,
  metrics: readonly FoundMetric[],
): Promise<void> {
  const log = openLog(read, planLog(read.query, day, metrics));
  await beside(log, () => readWarmParts(read, day, metrics));
  await readLog(read, log);
}

async function readWarmParts(
  read: WarmDayRead,
  day: DayContents,
  metrics: readonly FoundMetric[],
): Promise<void> {
  const { query, warm, sink } = read;
  const wanted = partsWithin(day.manifest, query);
  if (wanted.length === 0) return;
  const entries = new Map(
    metrics.flatMap(({ series }) => series.map((hash) => [hash, warm.find(hash)] as const)),
  );
  const missing = findMissing(read, entries, day.manifest.parts, wanted);
  const fresh = new FreshSeries([...missing.series], read);
  const damageBefore = read.damage?.count;
  try {
    const plan = planParts(query, day, only(metrics, missing.series), missing.from);
    const fits = await fresh.fits(() => readParts({ ...read, sink: fresh }, plan, ALL_TIME));
    if (!fits) return await readParts(read, planParts(query, day, metrics), query);
    const added = wanted.slice(missing.from);
    const isWhole = read.damage?.count === damageBefore;
    for (const [hash, entry] of entries) {
      const known = missing.from === 0 && missing.series.has(hash) ? undefined : entry;
      const data = sink.find(hash);
      const parts = added.map((part) => warmIdOf(read, hash, part));
      if (data !== undefined) give(read, { hash, known, added: fresh.find(hash), parts, isWhole }, data);
    }
  } finally {
    fresh.drop();
  }
}

interface Missing {
  /** Hashes of the series that lack parts. */
  readonly series: ReadonlySet<string>;
  /** How many of the wanted parts, from the first on, none of them lacks. */
  readonly from: number;
}

/**
 * All parts where they lack different ones: samples of a part that one of them has would count over those of a later one that it
 * has too, and that is not of the range.
 */
function findMissing(
  { masks }: WarmDayRead,
  entries: ReadonlyMap<string, WarmSeries | undefined>,
  parts: readonly Part[],
  wanted: readonly Part[],
): Missing {
  const series = new Set<string>();
  const counts = new Set<number>();
  for (const [hash, entry] of entries) {
    const idOf = (part: Part) => warmIdOf({ masks }, hash, part);
    const count = countWarmParts(entry, parts, wanted, idOf);
    if (count === wanted.length && entry !== undefined) continue;
    series.add(hash);
    counts.add(count);
  }
  const [from, ...others] = counts;
  return { series, from: from === undefined || others.length > 0 ? 0 : from };
}

/**
 * The name under which the samples of a part are remembered of a series: with deletions that hide
 * some of them, another one than without. Deletions are forgotten once they are carried out, so the name of a part
 * says too which ones were.
 */
function warmIdOf({ masks }: Pick<WarmDayRead, "masks">, hash: string, part: Part): string {
  const { number = 0 } = masks.ofPart(hash, part).at(-1) ?? {};
  const known = Math.max(number, part.erasedTo ?? 0);
  return known === 0 ? part.id : `${part.id}/${known}`;
}

function only(metrics: readonly FoundMetric[], wanted: ReadonlySet<string>): FoundMetric[] {
  return metrics.flatMap((metric) => {
    const series = metric.series.filter((hash) => wanted.has(hash));
    return series.length === 0 ? [] : [{ ...metric, series }];
  });
}

/** What is known of a series and what was added to it, which is undefined where nothing was missing. */
interface Completed {
  readonly hash: string;
  readonly known: WarmSeries | undefined;
  readonly added: SeriesData | undefined;
  /** Whose samples were added. */
  readonly parts: readonly string[];
  /** Whether nothing of the day's parts was damaged. */
  readonly isWhole: boolean;
}

/** Gives a series what it has of its parts, and keeps that unless something is damaged. */
function give(
  { query, warm, sink, maxBytes }: WarmDayRead,
  { hash, known, added, parts, isWhole }: Completed,
  data: SeriesData,
): void {
  const complete = added === undefined ? known! : completeWarm(known, added, parts, maxBytes);
  const { samples, items } = added === undefined || !isWhole ? complete : warm.keep(hash, complete);
  if (samples === undefined) {
    sink.hold(items.reduce((grown, value, order) => grown + data.addItem(order, value, query), 0));
    return;
  }
  const within = samplesBetween(samples, query.minTime, query.maxTime + 1);
  sink.hold(data.addDecoded(within));
  sink.holdTimes(within.timestamps);
}

/** Series while their missing parts are read. */
class FreshSeries implements SeriesSink {
  readonly #series: SeriesByHash;
  readonly #maxBytes: number;
  readonly #held: HeldBytes;
  #heldBytes = 0;

  constructor(hashes: readonly string[], { maxBytes, held }: WarmDayRead) {
    this.#series = new SeriesByHash(hashes);
    this.#maxBytes = maxBytes;
    this.#held = held;
  }

  /** Whether what is read is not too much, to be read nor, of each series by itself, to be decoded. */
  async fits(read: () => Promise<void>): Promise<boolean> {
    try {
      await read();
    } catch (error) {
      if (error === TOO_LARGE) return false;
      throw error;
    }
    const maxSamples = this.#maxBytes / (DECODED_SAMPLE_BYTES + DECODED_START_BYTES);
    for (const { sampleCount } of this.#series.all()) if (sampleCount > maxSamples) return false;
    return true;
  }

  find(hash: string): SeriesData | undefined {
    return this.#series.find(hash);
  }

  findByBytes(hash: Uint8Array): SeriesData | undefined {
    return this.#series.findByBytes(hash);
  }

  get metrics(): ReadonlySet<number> {
    return this.#series.metrics;
  }

  hold(sizeBytes: number): void {
    this.#heldBytes += sizeBytes;
    this.#held.add(sizeBytes);
    if (this.#heldBytes > this.#maxBytes) throw TOO_LARGE;
  }

  /** Lets go of everything. */
  drop(): void {
    this.#series.clear();
    this.#held.add(-this.#heldBytes);
    this.#heldBytes = 0;
  }
}

const TOO_LARGE = new Error("more than a query that is remembered may have");
