/** Samples as a simulation sends and compares them: a float or a native histogram, and since when it counts. */

import { bucketIndices } from "../../../lib/histogram/spans.ts";
import type { Histogram } from "../../../lib/model/histogram.ts";
import type { Label, LabelSet } from "../../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import type { AppendBatch } from "../../../lib/model/sample-batch.ts";
import type { MixedSamples } from "../../../lib/model/samples.ts";
import { decodeWriteRequest } from "../../../lib/wire/write-v1.ts";
import { encodeMixedV1 } from "../../helpers/mixed-requests.ts";
import { columnBits } from "../../helpers/write-requests.ts";

export interface Sample {
  readonly time: number;
  /** The bits of a float. */
  readonly value: bigint | Histogram;
  /** 0 is not known. */
  readonly startMs: number;
}

/** Labels in the order in which they are sent; samples in any. */
export interface SentSamples {
  readonly labels: readonly Label[];
  readonly samples: readonly Sample[];
}

/** What was sent or answered of one time. Chunks do not say since when it counts. */
export interface Told {
  readonly time: number;
  readonly text: string;
  readonly startMs: number | undefined;
}

/** A series as it was answered, in order of time. */
export interface ToldSeries {
  readonly labels: LabelSet;
  readonly samples: readonly Told[];
}

export function isSame(a: Told, b: Told): boolean {
  return a.time === b.time && a.text === b.text && (a.startMs ?? b.startMs) === (b.startMs ?? a.startMs);
}

export function printTold({ text, startMs }: Told): string {
  return startMs === undefined ? text : `${text} since ${startMs}`;
}

export function toldOf({ time, value, startMs }: Sample): Told {
  return { time, text: textOf(value), startMs };
}

function textOf(value: Sample["value"]): string {
  return typeof value === "bigint" ? `0x${value.toString(16)}` : histogramText(value);
}

/** As every form of a histogram says it: whether a counter was reset is not said, nor are empty buckets. */
function histogramText({ kind, isStale, counterResetHint, count, sum, positive }: Histogram): string {
  if (isStale) return `${kind} stale`;
  const indices = bucketIndices(positive.spans);
  const buckets = Array.from(positive.counts, (one, i) => (one === 0 ? "" : ` ${indices[i]}:${one}`)).join(
    "",
  );
  return `${kind}${counterResetHint === "gauge" ? " gauge" : ""} ${count} ${sum}${buckets}`;
}

/** Of both kinds; `hasStarts`: whether since when they count can be known of them. */
export function toldSamples(
  { timestamps, values, startTimestamps, histograms }: MixedSamples,
  hasStarts: boolean,
): Told[] {
  const startOf = (column: Float64Array | undefined, i: number) =>
    hasStarts ? (column?.[i] ?? 0) : undefined;
  const bits = columnBits(values);
  const told = Array.from(timestamps, (time, i): Told => {
    return { time, text: textOf(bits[i]), startMs: startOf(startTimestamps, i) };
  });
  if (histograms === undefined) return told;
  histograms.timestamps.forEach((time, i) => {
    const startMs = startOf(histograms.startTimestamps, i);
    told.push({ time, text: textOf(histograms.histograms[i]), startMs });
  });
  return told.sort((a, b) => a.time - b.time);
}

/** As a request is decoded to. */
export function batchOfSamples(request: readonly SentSamples[]): AppendBatch {
  const split = request.map(({ labels, samples }) => ({
    labels,
    floats: samples.flatMap(({ time, value }) => (typeof value === "bigint" ? [[time, value] as const] : [])),
    histograms: samples.flatMap(({ time, value }) =>
      typeof value === "bigint" ? [] : [[time, value] as const],
    ),
  }));
  const batch = decodeWriteRequest(encodeMixedV1(split), DEFAULT_LIMITS);
  const all = request.flatMap(({ samples }) => samples);
  const startsOf = (isFloat: boolean) =>
    all.filter(({ value }) => (typeof value === "bigint") === isFloat).map(({ startMs }) => startMs);
  const histogramStarts = startsOf(false);
  return {
    ...batch,
    startTimestamps: Float64Array.from(startsOf(true)),
    histograms: batch.histograms.map((one, i) => ({ ...one, startTimestamp: histogramStarts[i] })),
  };
}
