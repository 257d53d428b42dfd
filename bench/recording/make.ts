/**
 * `node bench/recording/make.ts DIRECTORY FILE SOURCE`: makes a recording of all remote write 1.0
 * bodies in a directory (`*.snappy`, in the order of their names). SOURCE says in words what they are.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Label } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { uncompress } from "../../lib/wire/snappy.ts";
import { decodeWriteRequest } from "../../lib/wire/write-v1.ts";
import { encodeRecording, type RecordedSamples } from "./format.ts";

interface Growing {
  readonly labels: readonly Label[];
  readonly timestamps: number[];
  /** The bits of each. */
  readonly values: bigint[];
}

function readBodies(directory: string): RecordedSamples[] {
  const byLabels = new Map<string, Growing>();
  const names = readdirSync(directory).filter((name) => name.endsWith(".snappy"));
  for (const name of names.sort()) addBody(byLabels, readFileSync(join(directory, name)));
  return Array.from(byLabels.values(), ({ labels, timestamps, values }) => ({
    labels,
    timestamps: Float64Array.from(timestamps),
    values: new Float64Array(BigUint64Array.from(values).buffer),
  }));
}

function addBody(byLabels: Map<string, Growing>, body: Uint8Array): void {
  const request = decodeWriteRequest(uncompress(body, DEFAULT_LIMITS.maxDecompressedBytes), DEFAULT_LIMITS);
  const { bytes, labelStarts, labelEnds, sampleSeries, timestamps, values } = request;
  const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < request.sampleCount; i++) {
    const [start, end] = [labelStarts[sampleSeries[i]], labelEnds[sampleSeries[i]]];
    const key = Buffer.from(bytes.subarray(start, end)).toString("latin1");
    const series = byLabels.get(key) ?? {
      labels: request.decodeLabels(bytes, start, end, DEFAULT_LIMITS.maxLabelsPerSeries),
      timestamps: [],
      values: [],
    };
    byLabels.set(key, series);
    series.timestamps.push(timestamps[i]);
    series.values.push(bits[i]);
  }
}

const [directory, file, source] = process.argv.slice(2);
if (source === undefined) throw new Error("usage: node bench/recording/make.ts DIRECTORY FILE SOURCE");
const series = readBodies(directory);
const encoded = encodeRecording({ source, series });
writeFileSync(file, encoded);
const samples = series.reduce((total, { values }) => total + values.length, 0);
console.log(`${file}: ${series.length} series, ${samples} samples, ${encoded.length} bytes`);
