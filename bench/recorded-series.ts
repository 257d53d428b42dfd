/**
 * The series of recorded remote write 1.0 bodies: real label sets, and real values as a scrape every 15 s has them. From
 * the whole recording where it lies beside the project, else from ten bodies of it among the project's fixtures.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Label } from "../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../lib/model/limits.ts";
import { isStaleMarker } from "../lib/model/stale-marker.ts";
import { SECOND_MS } from "../lib/model/time.ts";
import { uncompress } from "../lib/wire/snappy.ts";
import { decodeWriteRequest } from "../lib/wire/write-v1.ts";

const ROOT = join(import.meta.dirname, "..");
const DIRECTORIES = [join(ROOT, "../shared/data/rw1-recording"), join(ROOT, "test/fixtures/rw1")];

/** The recording scrapes every 5 s; its samples are thinned to 15 s, less what a scrape may come early. */
const MIN_STEP_MS = 15 * SECOND_MS - 100;

export interface RecordedSeries {
  readonly labels: readonly Label[];
  /** At least two, about 15 s apart, no staleness markers. */
  readonly values: Float64Array;
}

export interface Recording {
  readonly directory: string;
  readonly series: readonly RecordedSeries[];
}

interface Thinned {
  readonly labels: readonly Label[];
  readonly values: number[];
  latestMs: number;
}

/** Throws when there are no recorded bodies. */
export function loadRecording(): Recording {
  const directory = DIRECTORIES.find((candidate) => existsSync(candidate));
  if (directory === undefined) throw new Error(`no recorded bodies: looked for ${DIRECTORIES.join(" and ")}`);
  const thinned = new Map<string, Thinned>();
  const names = readdirSync(directory).filter((name) => name.endsWith(".snappy"));
  for (const name of names.sort()) addBody(thinned, readFileSync(join(directory, name)));
  const series = [...thinned.values()]
    .filter(({ values }) => values.length > 1)
    .map(({ labels, values }) => ({ labels, values: Float64Array.from(values) }));
  return { directory, series };
}

function addBody(thinned: Map<string, Thinned>, body: Uint8Array): void {
  const request = decodeWriteRequest(uncompress(body, DEFAULT_LIMITS.maxDecompressedBytes), DEFAULT_LIMITS);
  const { bytes, labelStarts, labelEnds, sampleSeries, timestamps, values } = request;
  for (let i = 0; i < request.sampleCount; i++) {
    if (isStaleMarker(values, i)) continue;
    const [start, end] = [labelStarts[sampleSeries[i]], labelEnds[sampleSeries[i]]];
    const key = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
    const series = thinned.get(key) ?? {
      labels: request.decodeLabels(bytes, start, end, DEFAULT_LIMITS.maxLabelsPerSeries),
      values: [],
      latestMs: 0,
    };
    thinned.set(key, series);
    if (timestamps[i] - series.latestMs < MIN_STEP_MS) continue;
    series.values.push(values[i]);
    series.latestMs = timestamps[i];
  }
}
