/** Where the series of a request's samples stand: the samples of each shard, and the place of each of their series. */
import type { BatchSeries } from "../series/batch-series.ts";
import { hashHex } from "../series/series-hash.ts";
import type { Accepted, Chosen } from "./accepted.ts";
import type { ChosenSamples, LocatedSamples } from "./day-records.ts";
import {
  dictionaryOf,
  hasReference,
  isBrief,
  isRecorded,
  NO_DICTIONARY,
  SEVERAL,
} from "./reference-table.ts";
import type { Alike, ShardWriter } from "./shard-writer.ts";

/** A request's samples of one shard. */
export interface ShardSamples extends ChosenSamples {
  readonly writer: ShardWriter;
}

/** The same by the number of the dictionary that their series stand in. */
export interface LocatedShard {
  readonly writer: ShardWriter;
  readonly samples: ReadonlyMap<number, ChosenSamples>;
  /** Since when brief references were given out that may be among those of the series, in ms; undefined: none is. */
  readonly briefSinceMs: number | undefined;
}

/** The indices of some samples by the prefix of their series' shard: views of one array. */
export function splitIndices(
  { series, indices }: Chosen<Accepted>,
  bits: number,
  ofBatch: BatchSeries,
): Int32Array[] {
  const firstBytes = ofBatch.firstBytes(series, indices);
  const shift = 8 - bits;
  const ends = new Int32Array(2 ** bits);
  for (let i = 0; i < firstBytes.length; i++) ends[firstBytes[i] >>> shift]++;
  for (let prefix = 1; prefix < ends.length; prefix++) ends[prefix] += ends[prefix - 1];
  const next = new Int32Array(2 ** bits);
  next.set(ends.subarray(0, -1), 1);
  const starts = next.slice();
  const split = new Int32Array(indices.length);
  for (let i = 0; i < indices.length; i++) split[next[firstBytes[i] >>> shift]++] = indices[i];
  return Array.from(ends, (end, prefix) => split.subarray(starts[prefix], end));
}

/**
 * Notes the places of a shard's series. Returns whether all are known, recorded, and stand in one
 * dictionary: then nothing more is to be done for them.
 */
export function locate(
  { writer, floats, histograms }: ShardSamples,
  series: BatchSeries,
  all: LocatedSamples,
): boolean {
  const { places } = all;
  const ofFloats = writer.findPlaces({ series, places }, all.floats.series, floats);
  const ofHistograms = writer.findPlaces({ series, places }, all.histograms.series, histograms);
  if (ofFloats === SEVERAL || ofHistograms === SEVERAL) return false;
  return ofFloats === ofHistograms || ofFloats === NO_DICTIONARY || ofHistograms === NO_DICTIONARY;
}

/** Whether all series of a shard are recorded and have references, in whatever dictionaries. */
export function isComplete(samples: ShardSamples, all: LocatedSamples): boolean {
  for (const number of numbersOf(samples, all))
    if (!hasReference(all.places[number]) || !isRecorded(all.places[number])) return false;
  return true;
}

/** Samples whose series stand in one dictionary: all of them, by its number. */
export function oneDictionary(samples: ShardSamples, all: LocatedSamples): LocatedShard["samples"] {
  const { floats, histograms } = samples;
  const number = floats.length > 0 ? all.floats.series[floats[0]] : all.histograms.series[histograms[0]];
  return new Map([[dictionaryOf(all.places[number]), samples]]);
}

/** The series of a shard that are not recorded or have no reference after another look. */
export function missingSeries(samples: ShardSamples, series: BatchSeries, all: LocatedSamples): Alike[] {
  locate(samples, series, all);
  const { places } = all;
  const missing = new Map<string, number[]>();
  for (const number of numbersOf(samples, all)) {
    if (hasReference(places[number]) && isRecorded(places[number])) continue;
    const key = hashHex(series.hash(number));
    const alike = missing.get(key);
    if (alike === undefined) missing.set(key, [number]);
    else alike.push(number);
  }
  return [...missing.values()];
}

export function numbersOf({ floats, histograms }: ChosenSamples, all: LocatedSamples): Set<number> {
  const numbers = new Set<number>();
  for (const index of floats) numbers.add(all.floats.series[index]);
  for (const index of histograms) numbers.add(all.histograms.series[index]);
  return numbers;
}

/** Whether a record of these samples names a brief reference. */
export function namesBrief(samples: ShardSamples, all: LocatedSamples): boolean {
  for (const number of numbersOf(samples, all)) if (isBrief(all.places[number])) return true;
  return false;
}
