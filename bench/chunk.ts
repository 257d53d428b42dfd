/**
 * `npm run bench:chunk`: what XOR chunks cost on recorded remote write bodies (858 requests of Prometheus 2.42, see
 * the data's README): bytes per sample and samples per second, beside naive 16-byte samples and deflated columns.
 * With `-- --json` the last line is the figures as JSON.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import protobuf from "protobufjs";
import { uncompress } from "snappyjs";
import { type Chunk, cutChunks, SAMPLES_PER_CHUNK } from "../lib/chunk/cut.ts";
import { sortSamples } from "../lib/chunk/merge.ts";
import { SampleColumns } from "../lib/chunk/sample-columns.ts";
import { appendXorChunk } from "../lib/chunk/xor-chunk.ts";
import type { Samples } from "../lib/model/samples.ts";

const NAIVE_SAMPLE_BYTES = 16;
const RUNS = 15;
const ROOT = join(import.meta.dirname, "..");
const RECORDINGS = [join(ROOT, "../shared/data/rw1-recording"), join(ROOT, "test/fixtures/rw1")];

/** https://github.com/prometheus/prometheus/blob/main/prompb/remote.proto and types.proto, as far as needed here. */
const WriteRequest = protobuf
  .parse(
    `syntax = "proto3";
    message WriteRequest { repeated TimeSeries timeseries = 1; }
    message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
    message Label { string name = 1; string value = 2; }
    message Sample { double value = 1; int64 timestamp = 2; }`,
  )
  .root.lookupType("WriteRequest");

interface DecodedRequest {
  timeseries: {
    labels: { name: string; value: string }[];
    samples: { value: number; timestamp: { toNumber(): number } | number }[];
  }[];
}

interface JobSeries extends Samples {
  readonly job: string;
}

interface Cost {
  samples: number;
  chunkBytes: number;
  deflateBytes: number;
}

/** Every series of the recording, its samples sorted. */
function readSeries(directory: string): JobSeries[] {
  const columnsOf = new Map<string, { job: string; columns: SampleColumns }>();
  const bodies = readdirSync(directory).filter((name) => name.endsWith(".snappy"));
  for (const name of bodies.sort()) {
    const body = uncompress(readFileSync(join(directory, name)));
    const request = WriteRequest.decode(body) as unknown as DecodedRequest;
    for (const { labels, samples } of request.timeseries) {
      const key = JSON.stringify(labels);
      const job = labels.find((label) => label.name === "job")?.value ?? "";
      const entry = columnsOf.get(key) ?? { job, columns: new SampleColumns() };
      columnsOf.set(key, entry);
      for (const { value, timestamp } of samples) appendValue(entry.columns, Number(timestamp), value);
    }
  }
  return [...columnsOf.values()]
    .filter(({ columns }) => columns.count > 0)
    .map(({ job, columns }) => ({ job, ...sortSamples(columns, columns.count) }));
}

const double = new DataView(new ArrayBuffer(8));

function appendValue(columns: SampleColumns, timestampMs: number, value: number): void {
  double.setFloat64(0, value);
  columns.appendSample(timestampMs, double.getUint32(0), double.getUint32(4));
}

function report(all: readonly JobSeries[], directory: string): void {
  const chunks = encodeAll(all);
  const total = costOf(all);
  const encodeRate = total.samples / medianSeconds(() => encodeAll(all));
  const columns = new SampleColumns(SAMPLES_PER_CHUNK);
  const decodeRate = total.samples / medianSeconds(() => decodeAll(chunks, columns));
  console.log(
    `${total.samples} samples of ${all.length} series in ${chunks.length} chunks, from ${directory}`,
  );
  console.log("bytes per sample       xor chunks  deflated columns  naive");
  printCost("all", total);
  const jobs = [...Map.groupBy(all, ({ job }) => job)].map(([job, own]) => ({ job, ...costOf(own) }));
  for (const { job, ...cost } of jobs.sort((a, b) => b.samples - a.samples)) printCost(job, cost);
  console.log(
    `encode ${millions(encodeRate)}, decode ${millions(decodeRate)} million samples/s (median of ${RUNS})`,
  );
  if (process.argv.includes("--json")) {
    console.log(
      JSON.stringify({ ...total, series: all.length, chunks: chunks.length, encodeRate, decodeRate, jobs }),
    );
  }
}

function encodeAll(all: readonly Samples[]): Chunk[] {
  const chunks: Chunk[] = [];
  for (const samples of all) for (const chunk of cutChunks(samples)) chunks.push(chunk);
  return chunks;
}

function decodeAll(chunks: readonly Chunk[], columns: SampleColumns): void {
  for (const { bytes } of chunks) {
    columns.clear();
    appendXorChunk(bytes, columns);
  }
}

function costOf(all: readonly Samples[]): Cost {
  const cost = { samples: 0, chunkBytes: 0, deflateBytes: 0 };
  for (const samples of all) {
    cost.samples += samples.timestamps.length;
    for (const { bytes } of cutChunks(samples)) cost.chunkBytes += bytes.length;
    cost.deflateBytes += deflateColumns(samples);
  }
  return cost;
}

/** The same 120 samples of both raw columns, deflated together. */
function deflateColumns({ timestamps, values }: Samples): number {
  let sizeBytes = 0;
  for (let start = 0; start < timestamps.length; start += SAMPLES_PER_CHUNK) {
    const end = start + SAMPLES_PER_CHUNK;
    const columns = [timestamps.slice(start, end), values.slice(start, end)];
    sizeBytes += deflateSync(Buffer.concat(columns.map(({ buffer }) => new Uint8Array(buffer)))).length;
  }
  return sizeBytes;
}

function medianSeconds(run: () => void): number {
  const seconds = Array.from({ length: RUNS }, () => {
    const start = process.hrtime.bigint();
    run();
    return Number(process.hrtime.bigint() - start) / 1e9;
  });
  return seconds.sort((a, b) => a - b)[RUNS >> 1];
}

function printCost(name: string, { samples, chunkBytes, deflateBytes }: Cost): void {
  const figures = [chunkBytes / samples, deflateBytes / samples, NAIVE_SAMPLE_BYTES];
  console.log(`${name.padEnd(20)} ${figures.map((figure) => figure.toFixed(2).padStart(10)).join("  ")}`);
}

function millions(rate: number): string {
  return (rate / 1e6).toFixed(1);
}

const recording = RECORDINGS.find((directory) => existsSync(directory));
if (recording === undefined) {
  console.error(`no recorded remote write bodies (*.snappy): looked for ${RECORDINGS.join(" and ")}`);
  process.exit(1);
}
const series = readSeries(recording);
report(series, recording);
