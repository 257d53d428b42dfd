/**
 * Remote read's response of type SAMPLES: one message built in memory, sent as a snappy block.
 * https://prometheus.io/docs/prometheus/latest/querying/remote_read_api/
 *
 *     message ReadResponse { repeated QueryResult results = 1; }
 *     message QueryResult  { repeated TimeSeries timeseries = 1; }
 *     message TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2; repeated Histogram histograms = 4; }
 *     message Label        { string name = 1; string value = 2; }
 *     message Sample       { double value = 1; int64 timestamp = 2; }
 */
import { HearthError } from "../model/errors.ts";
import type { LabelSet } from "../model/labels.ts";
import type { Series } from "../model/samples.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";
import { writeHistogramField } from "./write-histogram.ts";

/** Sent with `Content-Encoding: snappy`. */
export const SAMPLES_CONTENT_TYPE = "application/x-protobuf";

const INITIAL_BYTES = 64 * 1024;

/**
 * Encodes the series of each query, uncompressed, in the order of the queries. Requests the series of
 * the next query once those of the previous one are complete. Throws "too large" once the message
 * exceeds `maxBytes`.
 */
export async function encodeReadResponse(
  results: Iterable<AsyncIterable<Series>>,
  maxBytes: number,
): Promise<Uint8Array> {
  const writer = new ProtobufWriter(INITIAL_BYTES);
  for (const result of results) {
    const mark = writer.begin(1);
    for await (const series of result) writeSeries(writer, series, maxBytes);
    writer.end(mark);
    checkSize(writer, maxBytes);
  }
  return writer.view();
}

function writeSeries(
  writer: ProtobufWriter,
  { labels, timestamps, values, histograms }: Series,
  maxBytes: number,
): void {
  const mark = writer.begin(1);
  writeLabels(writer, labels);
  for (let i = 0; i < timestamps.length; i++) {
    const sample = writer.begin(2);
    writer.writeDoubleField(1, values, i);
    writer.writeInt64Field(2, timestamps[i]);
    writer.end(sample);
    checkSize(writer, maxBytes);
  }
  histograms?.histograms.forEach((histogram, i) => {
    writeHistogramField(writer, 4, histograms.timestamps[i], histogram);
    checkSize(writer, maxBytes);
  });
  writer.end(mark);
}

function checkSize(writer: ProtobufWriter, maxBytes: number): void {
  if (writer.length <= maxBytes) return;
  throw new HearthError(
    "too large",
    `read response: the samples take more than ${maxBytes} bytes: ask for a shorter time or fewer series, or accept STREAMED_XOR_CHUNKS, which has no such limit`,
  );
}

/** Field 1 of a TimeSeries, and of a ChunkedSeries. */
export function writeLabels(writer: ProtobufWriter, labels: LabelSet): void {
  for (const [name, value] of labels) {
    const mark = writer.begin(1);
    writer.writeStringField(1, name);
    writer.writeStringField(2, value);
    writer.end(mark);
  }
}
