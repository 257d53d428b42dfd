/** The log records of a request's samples of one day: the samples of one shard and dictionary in each. */
import { valueWords } from "../../chunk/sample-columns.ts";
import { MAX_START_MS } from "../codec/start-runs.ts";
import { type EncodedHistograms, encodeHistogramRecords } from "../log/histogram-record.ts";
import {
  encodeLogRecord,
  type LogColumns,
  MAX_RECORD_SAMPLES,
  MAX_STARTED_RECORD_SAMPLES,
} from "../log/log-record.ts";
import type { Accepted, AcceptedFloats, AcceptedHistograms } from "./accepted.ts";
import { dictionaryOf, referenceOf } from "./reference-table.ts";

/** Some samples: where they are in the batch, in the order of arrival. */
export interface ChosenSamples {
  readonly floats: Int32Array;
  readonly histograms: Int32Array;
}

/** What samples are chosen of, and the place of each series by its number. */
export interface LocatedSamples {
  readonly floats: AcceptedFloats;
  readonly histograms: AcceptedHistograms;
  readonly places: Int32Array;
}

/** The samples of each dictionary, by its number. */
export function splitByDictionary(all: LocatedSamples, chosen: ChosenSamples): Map<number, ChosenSamples> {
  const first = firstPlace(all, chosen);
  const dictionary = dictionaryOf(first);
  if (isOfOne(all.places, all.floats.series, chosen.floats, dictionary))
    if (isOfOne(all.places, all.histograms.series, chosen.histograms, dictionary))
      return new Map([[dictionary, chosen]]);
  const floats = groupIndices(all.places, all.floats.series, chosen.floats);
  const histograms = groupIndices(all.places, all.histograms.series, chosen.histograms);
  const none: number[] = [];
  return new Map(
    Array.from(new Set([...floats.keys(), ...histograms.keys()]), (number) => [
      number,
      {
        floats: Int32Array.from(floats.get(number) ?? none),
        histograms: Int32Array.from(histograms.get(number) ?? none),
      },
    ]),
  );
}

function firstPlace({ places, floats, histograms }: LocatedSamples, chosen: ChosenSamples): number {
  return chosen.floats.length > 0
    ? places[floats.series[chosen.floats[0]]]
    : places[histograms.series[chosen.histograms[0]]];
}

function isOfOne(places: Int32Array, series: Int32Array, indices: Int32Array, dictionary: number): boolean {
  for (let i = 0; i < indices.length; i++)
    if (dictionaryOf(places[series[indices[i]]]) !== dictionary) return false;
  return true;
}

function groupIndices(places: Int32Array, series: Int32Array, indices: Int32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const index of indices) {
    const dictionary = dictionaryOf(places[series[index]]);
    const group = groups.get(dictionary);
    if (group === undefined) groups.set(dictionary, [index]);
    else group.push(index);
  }
  return groups;
}

/** The records of samples of one dictionary. Histograms after floats: of two of one request and time the histogram counts. */
export function encodeRecords(all: LocatedSamples, { floats, histograms }: ChosenSamples): Uint8Array[] {
  const values: Uint8Array[] = [];
  const { startTimestamps } = all.floats;
  const most = startTimestamps === undefined ? MAX_RECORD_SAMPLES : MAX_STARTED_RECORD_SAMPLES;
  for (let start = 0; start < floats.length; start += most) {
    const columns = gather(all.floats, floats.subarray(start, start + most), all.places);
    values.push(encodeLogRecord(columns, 0, columns.count));
  }
  if (histograms.length > 0)
    values.push(...encodeHistogramRecords(gatherHistograms(all.histograms, histograms, all.places)));
  return values;
}

/** What records are gathered in, one after another. */
let gathered = newColumns(1024);

function newColumns(count: number): LogColumns {
  return {
    count,
    references: new Int32Array(count),
    timestamps: new Float64Array(count),
    values: new Float64Array(count),
  };
}

/** The columns of one record, good until the next is gathered. Values move as words, so that a NaN keeps its bits. */
function gather(all: AcceptedFloats, indices: Int32Array, places: Int32Array): LogColumns {
  const count = indices.length;
  if (gathered.count < count) gathered = newColumns(count);
  const { references, timestamps, values } = gathered;
  const { series, timestamps: sent } = all;
  const from = valueWords(all.values);
  const to = valueWords(values);
  for (let at = 0; at < count; at++) {
    const index = indices[at];
    references[at] = referenceOf(places[series[index]]);
    timestamps[at] = sent[index];
    to[at * 2] = from[index * 2];
    to[at * 2 + 1] = from[index * 2 + 1];
  }
  return { count, references, timestamps, values, startTimestamps: startsAt(all, indices) };
}

/** One that is no time in ms is as good as none. */
function startsAt({ startTimestamps }: Accepted, indices: Int32Array): Float64Array | undefined {
  if (startTimestamps === undefined) return undefined;
  const starts = new Float64Array(indices.length);
  for (let at = 0; at < indices.length; at++) {
    const startMs = startTimestamps[indices[at]];
    if (Math.abs(startMs) <= MAX_START_MS) starts[at] = startMs;
  }
  return starts;
}

function gatherHistograms(
  all: AcceptedHistograms,
  indices: Int32Array,
  places: Int32Array,
): EncodedHistograms {
  return {
    references: indices.map((index) => referenceOf(places[all.series[index]])),
    timestamps: Float64Array.from(indices, (index) => all.timestamps[index]),
    startTimestamps: startsAt(all, indices),
    encoded: Array.from(indices, (index) => all.encoded[index]),
  };
}
