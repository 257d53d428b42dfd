/** Requests that carry floats and native histograms, in every protocol; written by hand so that staleness markers keep their bits. */

import { bucketIndices } from "../../lib/histogram/spans.ts";
import type { Histogram } from "../../lib/model/histogram.ts";
import type { Label } from "../../lib/model/labels.ts";
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import { writeHistogramField } from "../../lib/wire/write-histogram.ts";

export interface MixedSeries {
  readonly labels: readonly Label[];
  readonly floats?: readonly (readonly [timestamp: number, bits: bigint])[];
  readonly histograms?: readonly (readonly [timestamp: number, histogram: Histogram])[];
  /** When the counting of all of them began, in ms; 0 is unknown. Only remote write 2.0 can say it. */
  readonly createdTimestamp?: number;
  /** When the counting of a sample began, in ms, by the sample's time; 2.0 alone, too. Missing is unknown. */
  readonly starts?: ReadonlyMap<number, number>;
}

/** A prometheus.WriteRequest. */
export function encodeMixedV1(request: readonly MixedSeries[]): Uint8Array {
  const writer = new ProtobufWriter();
  for (const { labels, floats = [], histograms = [] } of request) {
    const mark = writer.begin(1);
    for (const [name, value] of labels) {
      const label = writer.begin(1);
      writer.writeStringField(1, name);
      writer.writeStringField(2, value);
      writer.end(label);
    }
    writeFloats(writer, floats);
    for (const [timestamp, histogram] of histograms) writeHistogramField(writer, 4, timestamp, histogram);
    writer.end(mark);
  }
  return writer.copy();
}

/** An io.prometheus.write.v2.Request. */
export function encodeMixedV2(request: readonly MixedSeries[]): Uint8Array {
  const writer = new ProtobufWriter();
  const symbols = ["", ...new Set(request.flatMap(({ labels }) => labels.flat()))];
  for (const symbol of symbols) {
    const mark = writer.begin(4);
    writer.writeRaw(new TextEncoder().encode(symbol));
    writer.end(mark);
  }
  for (const { labels, floats = [], histograms = [], createdTimestamp = 0, starts } of request) {
    const mark = writer.begin(5);
    const refs = writer.begin(1);
    for (const text of labels.flat()) writer.writeUint(symbols.indexOf(text));
    writer.end(refs);
    writeFloats(writer, floats, starts);
    for (const [timestamp, histogram] of histograms)
      writeHistogramV2(writer, timestamp, histogram, starts?.get(timestamp));
    writer.writeInt64Field(6, createdTimestamp);
    writer.end(mark);
  }
  return writer.copy();
}

function writeFloats(
  writer: ProtobufWriter,
  floats: readonly (readonly [timestamp: number, bits: bigint])[],
  starts?: ReadonlyMap<number, number>,
) {
  const column = new BigUint64Array(1);
  for (const [timestamp, bits] of floats) {
    const sample = writer.begin(2);
    column[0] = bits;
    writer.writeDoubleField(1, new Float64Array(column.buffer), 0);
    writer.writeInt64Field(2, timestamp);
    writer.writeInt64Field(3, starts?.get(timestamp) ?? 0);
    writer.end(sample);
  }
}

/** Its message as remote write 1.0 has it, which knows no start, and the start behind that. */
function writeHistogramV2(
  writer: ProtobufWriter,
  timestamp: number,
  histogram: Histogram,
  startTimestamp = 0,
): void {
  const alone = new ProtobufWriter();
  writeHistogramField(alone, 3, timestamp, histogram);
  const field = alone.copy();
  // A tag of one byte, and a length of which all bytes but the last have the highest bit.
  let begin = 2;
  while (field[begin - 1] >= 128) begin++;
  const mark = writer.begin(3);
  writer.writeRaw(field.subarray(begin));
  writer.writeInt64Field(17, startTimestamp);
  writer.end(mark);
}

/** An ExportMetricsServiceRequest in JSON: exponential histograms of one metric, job `job`. They are of whole counts. */
export function otlpJson(
  metric: string,
  job: string,
  histograms: readonly (readonly [timestamp: number, histogram: Histogram])[],
): string {
  const dataPoints = histograms.map(([timestamp, one]) => ({
    timeUnixNano: `${timestamp}000000`,
    ...(one.isStale
      ? { flags: 1 }
      : {
          count: String(one.count),
          sum: one.sum,
          scale: one.schema,
          zeroCount: String(one.zeroCount),
          positive: denseBuckets(one.positive),
          negative: denseBuckets(one.negative),
        }),
  }));
  const exponentialHistogram = { aggregationTemporality: 2, dataPoints };
  const attributes = [{ key: "service.name", value: { stringValue: job } }];
  const scopeMetrics = [{ metrics: [{ name: metric, exponentialHistogram }] }];
  return JSON.stringify({ resourceMetrics: [{ resource: { attributes }, scopeMetrics }] });
}

/** OpenTelemetry's bucket begins where Prometheus' bucket of one number less ends, and there are no spans. */
function denseBuckets({ spans, counts }: Histogram["positive"]): { offset: number; bucketCounts: string[] } {
  const indices = bucketIndices(spans);
  const first = indices[0] ?? 0;
  const bucketCounts: string[] = [];
  indices.forEach((index, i) => {
    while (bucketCounts.length < index - first) bucketCounts.push("0");
    bucketCounts.push(String(counts[i]));
  });
  return { offset: first - 1, bucketCounts };
}
