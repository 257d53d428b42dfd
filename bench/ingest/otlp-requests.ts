/**
 * Uncompressed OTLP bodies as a Collector makes them of scraped targets: a resource for each target, a
 * metric for each name with a data point for each series.
 * https://github.com/open-telemetry/opentelemetry-proto, metrics/v1/metrics.proto
 */
import type { SampleBatch } from "../../lib/model/sample-batch.ts";
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import type { BatchSeries, Encode } from "./batch-series.ts";

const BODY_BYTES = 512 * 1024;
const NANOSECONDS = 1_000_000n;
const CUMULATIVE = 2;
const FIXED64 = 1;

/** A series and its number in the batch. */
type Numbered = readonly [index: number, series: BatchSeries];

export function newOtlpEncoder(series: readonly BatchSeries[]): Encode {
  const numbered = series.map((one, i): Numbered => [i, one]);
  const targets = Array.from(Map.groupBy(numbered, ([, one]) => targetOf(one)).values(), (ofTarget) => ({
    target: ofTarget[0][1],
    metrics: [...Map.groupBy(ofTarget, ([, one]) => labelOf(one, "__name__")).values()],
  }));
  return (batch) => {
    const writer = new ProtobufWriter(BODY_BYTES);
    for (const { target, metrics } of targets) {
      const resourceMetrics = writer.begin(1);
      const resource = writer.begin(1);
      writeAttribute(writer, 1, "service.name", labelOf(target, "job"));
      writeAttribute(writer, 1, "service.instance.id", labelOf(target, "instance"));
      writer.end(resource);
      const scopeMetrics = writer.begin(2);
      for (const points of metrics) writeMetric(writer, batch, points);
      writer.end(scopeMetrics);
      writer.end(resourceMetrics);
    }
    return writer.copy();
  };
}

function targetOf(series: BatchSeries): string {
  return `${labelOf(series, "job")} ${labelOf(series, "instance")}`;
}

function labelOf({ labels }: BatchSeries, name: string): string {
  return labels.find(([one]) => one === name)?.[1] ?? "";
}

function writeMetric(writer: ProtobufWriter, batch: SampleBatch, points: readonly Numbered[]): void {
  const [[, first]] = points;
  const metric = writer.begin(2);
  writer.writeStringField(1, labelOf(first, "__name__"));
  const data = writer.begin(first.isCounter ? 7 : 5);
  for (const [index, { labels }] of points) {
    const point = writer.begin(1);
    writer.writeTag(3, FIXED64);
    writer.writeRaw(fixed64(BigInt(batch.timestamps[index]) * NANOSECONDS));
    writer.writeTag(4, FIXED64);
    writer.writeDoubleFrom(batch.values, index);
    for (const [name, value] of labels) {
      if (name !== "__name__" && name !== "job" && name !== "instance")
        writeAttribute(writer, 7, name, value);
    }
    writer.end(point);
  }
  if (first.isCounter) {
    writer.writeInt64Field(2, CUMULATIVE);
    writer.writeInt64Field(3, 1);
  }
  writer.end(data);
  writer.end(metric);
}

function fixed64(value: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(value).buffer);
}

function writeAttribute(writer: ProtobufWriter, field: number, key: string, text: string): void {
  const attribute = writer.begin(field);
  writer.writeStringField(1, key);
  const value = writer.begin(2);
  writer.writeStringField(1, text);
  writer.end(value);
  writer.end(attribute);
}
