/**
 * `npm run bench:chunk`: bytes per sample and samples per second of XOR chunks and of chunks as they are
 * stored (XOR2 and steady ones), on the recording, beside naive 16-byte samples and deflated columns. With `-- --json` the last line is the figures as JSON.
 */
import { deflateSync } from "node:zlib";
import { type Chunk, cutChunks, SAMPLES_PER_CHUNK } from "../lib/chunk/cut.ts";
import { sortSamples } from "../lib/chunk/merge.ts";
import { SampleColumns } from "../lib/chunk/sample-columns.ts";
import { labelValue } from "../lib/model/labels.ts";
import type { Samples } from "../lib/model/samples.ts";
import { appendFloats, cutStoredChunks, type FormedChunk } from "../lib/storage/parts/float-chunks.ts";
import type { RecordedSamples } from "./recording/format.ts";
import { loadWholeRecording } from "./recording/load.ts";

const NAIVE_SAMPLE_BYTES = 16;
const RUNS = 15;
interface JobSeries extends Samples {
  readonly job: string;
}

interface Cost {
  samples: number;
  chunkBytes: number;
  storedBytes: number;
  deflateBytes: number;
}

/** A series in a reader's columns, its samples sorted. */
function sortedSeries({ labels, timestamps, values }: RecordedSamples): JobSeries {
  const columns = new SampleColumns();
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  timestamps.forEach((time, i) => {
    columns.appendSample(time, words[2 * i + 1], words[2 * i]);
  });
  return { job: labelValue(labels, "job"), ...sortSamples(columns, columns.count) };
}

function report(all: readonly JobSeries[], title: string): void {
  const chunks = encodeAll(all);
  const stored = storeAll(all);
  const total = costOf(all);
  const columns = new SampleColumns(SAMPLES_PER_CHUNK);
  const rateOf = (run: () => void) => total.samples / medianSeconds(run);
  const encodeRate = rateOf(() => encodeAll(all));
  const decodeRate = rateOf(() => decodeAll(chunks, columns));
  const storedEncodeRate = rateOf(() => storeAll(all));
  const storedDecodeRate = rateOf(() => decodeAll(stored, columns));
  console.log(title);
  console.log(`${total.samples} samples of ${all.length} series in ${chunks.length} chunks`);
  console.log("bytes per sample             xor      stored    deflated       naive");
  printCost("all", total);
  const jobs = [...Map.groupBy(all, ({ job }) => job)].map(([job, own]) => ({ job, ...costOf(own) }));
  for (const { job, ...cost } of jobs.sort((a, b) => b.samples - a.samples)) printCost(job, cost);
  const rates = `xor ${millions(encodeRate)} and ${millions(decodeRate)}, stored ${millions(storedEncodeRate)} and ${millions(storedDecodeRate)}`;
  console.log(`encode and decode, million samples/s (median of ${RUNS}): ${rates}`);
  if (process.argv.includes("--json")) {
    console.log(
      JSON.stringify({
        ...total,
        series: all.length,
        chunks: chunks.length,
        encodeRate,
        decodeRate,
        storedEncodeRate,
        storedDecodeRate,
        jobs,
      }),
    );
  }
}

function encodeAll(all: readonly Samples[]): Chunk[] {
  const chunks: Chunk[] = [];
  for (const samples of all) for (const chunk of cutChunks(samples)) chunks.push(chunk);
  return chunks;
}

function storeAll(all: readonly Samples[]): FormedChunk[] {
  return all.flatMap((samples) => [...cutStoredChunks(samples)]);
}

function decodeAll(chunks: readonly FormedChunk[], columns: SampleColumns): void {
  for (const chunk of chunks) {
    columns.clear();
    appendFloats(chunk, columns);
  }
}

function costOf(all: readonly Samples[]): Cost {
  const cost = { samples: 0, chunkBytes: 0, storedBytes: 0, deflateBytes: 0 };
  for (const samples of all) {
    cost.samples += samples.timestamps.length;
    for (const { bytes } of cutChunks(samples)) cost.chunkBytes += bytes.length;
    for (const { bytes } of cutStoredChunks(samples)) cost.storedBytes += bytes.length;
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

function printCost(name: string, { samples, chunkBytes, storedBytes, deflateBytes }: Cost): void {
  const all = [chunkBytes, storedBytes, deflateBytes].map((sizeBytes) => sizeBytes / samples);
  const figures = [...all, NAIVE_SAMPLE_BYTES];
  console.log(`${name.padEnd(20)} ${figures.map((figure) => figure.toFixed(2).padStart(10)).join("  ")}`);
}

function millions(rate: number): string {
  return (rate / 1e6).toFixed(1);
}

const { title, series } = loadWholeRecording();
report(series.map(sortedSeries), title);
