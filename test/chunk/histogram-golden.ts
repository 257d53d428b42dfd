/** Histogram chunks that Prometheus made. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Buckets, Histogram } from "../../lib/model/histogram.ts";
import type { HistogramSamples } from "../../lib/model/histogram-samples.ts";
import { readStreamedChunks } from "./upstream-chunks.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/chunk");
const STALE_BITS = "7ff0000000000002";

export interface GoldenSeries {
  readonly name: string;
  readonly samples: HistogramSamples;
  readonly chunks: readonly GoldenHistogramChunk[];
}

export interface GoldenHistogramChunk {
  readonly kind: Histogram["kind"];
  readonly min: number;
  readonly max: number;
  readonly bytes: Uint8Array;
}

/** What a fixture leaves away is zero, empty or unknown. */
interface PlainHistogram {
  readonly t: number;
  readonly kind: Histogram["kind"];
  readonly hint?: Histogram["counterResetHint"];
  readonly schema?: number;
  readonly zt?: number;
  readonly zc?: number;
  readonly count?: number;
  readonly sum: string;
  readonly ps?: [number, number][];
  readonly p?: number[];
  readonly ns?: [number, number][];
  readonly n?: number[];
  readonly cb?: number[];
}

export function readGoldenSeries(name: string): GoldenSeries[] {
  return readFileSync(join(FIXTURES, name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .map(({ name, samples, chunks }) => ({
      name,
      samples: samplesOf(samples),
      chunks: chunks.map((chunk: { data: string }) => ({ ...chunk, bytes: fromBase64(chunk.data) })),
    }));
}

function samplesOf(plain: readonly PlainHistogram[]): HistogramSamples {
  return { timestamps: Float64Array.from(plain, ({ t }) => t), histograms: plain.map(histogramOf) };
}

function histogramOf(plain: PlainHistogram): Histogram {
  return {
    kind: plain.kind,
    counterResetHint: plain.hint ?? "unknown",
    schema: plain.schema ?? 0,
    zeroThreshold: plain.zt ?? 0,
    zeroCount: plain.zc ?? 0,
    count: plain.count ?? 0,
    sum: new Float64Array(BigUint64Array.of(BigInt(`0x${plain.sum}`)).buffer)[0],
    positive: bucketsOf(plain.ps, plain.p),
    negative: bucketsOf(plain.ns, plain.n),
    customBounds: Float64Array.from(plain.cb ?? []),
    isStale: plain.sum === STALE_BITS,
  };
}

function bucketsOf(spans: readonly [number, number][] = [], counts: readonly number[] = []): Buckets {
  return { spans: spans.map(([offset, length]) => ({ offset, length })), counts: Float64Array.from(counts) };
}

/** The float histograms of TestStreamReadEndpoint, by the formula of that test. */
export function readUpstreamSeries(): GoldenSeries {
  const [chunk] = readStreamedChunks().filter(({ type }) => type === "FLOAT_HISTOGRAM");
  const spans: [number, number][] = [
    [0, 2],
    [1, 2],
  ];
  const histograms = Array.from({ length: 25 }, (_, i) => {
    const counts = [i + 1, i + 2, i + 1, i + 1];
    const sides = { positive: bucketsOf(spans, counts), negative: bucketsOf(spans, counts) };
    const totals = {
      count: 12 + 9 * i,
      zeroCount: 2 + i,
      zeroThreshold: 0.001,
      sum: 18.4 * (i + 1),
      schema: 1,
    };
    const rest = { counterResetHint: "unknown", customBounds: new Float64Array(0), isStale: false } as const;
    return { kind: "float", ...totals, ...sides, ...rest } as const;
  });
  const timestamps = Float64Array.from(histograms, (_, i) => 60_000 * i);
  const { minMs, maxMs, bytes } = chunk;
  return {
    name: "upstream",
    samples: { timestamps, histograms },
    chunks: [{ kind: "float", min: minMs, max: maxMs, bytes }],
  };
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "base64"));
}
