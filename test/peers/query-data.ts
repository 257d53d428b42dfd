/** Series that query clients ask for: written by remote write, so that what they must be answered is known. */
import assert from "node:assert/strict";
import { pushSeries, type Target } from "../helpers/remote-client.ts";

const METRIC = "client_requests_total";
export const INTERVAL_S = 15;
const SAMPLES = 41;

/** By how much the counter of a zone grows from sample to sample. */
export const GROWTH = { a: 30, 'ü "b" \\': 60 } as const;

export type Zone = keyof typeof GROWTH;
export const ZONES = Object.keys(GROWTH) as readonly Zone[];

export interface QueryData {
  /** Times of the first and the last sample, in seconds. */
  readonly start: number;
  readonly end: number;
}

export function labelsOf(zone: Zone): Readonly<Record<string, string>> {
  return { __name__: METRIC, job: "shop", zone };
}

/** The counter of a zone at a time that has a sample. */
export function valueAt({ start }: QueryData, zone: Zone, time: number): number {
  return ((time - start) / INTERVAL_S) * GROWTH[zone];
}

/** Counters of ten minutes, a sample every 15 s. */
export async function writeQueryData(target: Target): Promise<QueryData> {
  const end = Math.floor(Date.now() / 1000 / INTERVAL_S) * INTERVAL_S;
  const data = { start: end - (SAMPLES - 1) * INTERVAL_S, end };
  const times = Array.from({ length: SAMPLES }, (_, i) => data.start + i * INTERVAL_S);
  const series = ZONES.map((zone) => ({
    labels: labelsOf(zone),
    samples: times.map((time) => ({ timestamp: time * 1000, value: valueAt(data, zone, time) })),
  }));
  assert.equal(await pushSeries(target, series), 200);
  return data;
}

/** Of the last two samples, in order that no extrapolation is rounded. */
export const RATE_QUERY = `sum by (zone) (irate(${METRIC}[5m]))`;

/** What `RATE_QUERY` is of a zone, per second. */
export function rateOf(zone: Zone): number {
  return GROWTH[zone] / INTERVAL_S;
}
