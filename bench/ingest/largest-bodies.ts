/** Requests as large as the limits allow, for which the write function's memory must suffice. */
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import { compress } from "../../lib/wire/snappy.ts";

const { maxDecompressedBytes, maxRequestDays, maxRequestSeries, maxRequestSamples } = DEFAULT_LIMITS;
/** Bytes of a series beside the label value that fills it. */
const SERIES_BYTES = 64;
/** Days between the first and the last sample, so that the request has `maxRequestDays` days. */
const DAYS = maxRequestDays - 1;
/** Consecutive samples with the same time, so that the compressed body fits the limit. */
const RUN_SAMPLES = 16;

export interface LargestBody {
  readonly name: string;
  readonly seriesCount: number;
  /** Bytes of one label value. */
  readonly valueBytes: number;
  /** Bytes of the message of one sample. */
  readonly sampleBytes: number;
  /** The time between runs of samples with the same time. */
  readonly stepMs: number;
}

export const LARGEST_BODIES: readonly LargestBody[] = [
  {
    name: "most series, all new",
    seriesCount: maxRequestSeries,
    valueBytes: Math.floor(maxDecompressedBytes / maxRequestSeries) - SERIES_BYTES,
    sampleBytes: 18,
    stepMs: 0,
  },
  {
    name: "most samples with a value and a time",
    seriesCount: 10,
    valueBytes: 10,
    sampleBytes: 18,
    stepMs: 0,
  },
  {
    name: `the same over ${DAYS} days`,
    seriesCount: 10,
    valueBytes: 10,
    sampleBytes: 18,
    stepMs: Math.floor((DAYS * DAY_MS * 180 * RUN_SAMPLES) / maxDecompressedBytes),
  },
  { name: "most samples without either", seriesCount: 10, valueBytes: 10, sampleBytes: 2, stepMs: 0 },
];

/** A compressed body; its last sample is at `endMs` or, of samples without a time, at the epoch. */
export function encodeLargestBody(body: LargestBody, endMs: number): Uint8Array {
  const { seriesCount, valueBytes, sampleBytes, stepMs } = body;
  const seriesBytes = Math.floor(maxDecompressedBytes / seriesCount);
  const fitting = Math.max(1, Math.floor((seriesBytes - valueBytes - SERIES_BYTES) / sampleBytes));
  const samples = Math.min(fitting, Math.floor(maxRequestSamples / seriesCount));
  const writer = new ProtobufWriter(maxDecompressedBytes + 1024);
  for (let i = 0; i < seriesCount; i++) {
    const series = writer.begin(1);
    writeLabel(writer, "__name__", "largest_body");
    writeLabel(writer, "filler", `${i} `.padEnd(valueBytes, "x"));
    for (let j = 0; j < samples; j++) {
      const sample = writer.begin(2);
      if (sampleBytes > 2) {
        writer.writeDoubleField(1, Float64Array.of(1), 0);
        writer.writeInt64Field(2, endMs - Math.floor((samples - 1 - j) / RUN_SAMPLES) * stepMs);
      }
      writer.end(sample);
    }
    writer.end(series);
  }
  return compress(writer.view());
}

function writeLabel(writer: ProtobufWriter, name: string, value: string): void {
  const label = writer.begin(1);
  writer.writeStringField(1, name);
  writer.writeStringField(2, value);
  writer.end(label);
}
