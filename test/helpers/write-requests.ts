/** Remote write bodies from plain data, values as 64 bits so that every NaN arrives as it was meant. */
import type { Label, LabelSet } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import type { WriteBatch } from "../../lib/model/sample-batch.ts";
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { decodeWriteRequest } from "../../lib/wire/write-v1.ts";

/** Labels in the order in which they are sent; the bits of each value. */
export interface SentSeries {
  readonly labels: readonly Label[];
  readonly samples: readonly (readonly [timestamp: number, bits: bigint])[];
}

export const STALE_BITS = 0x7ff0000000000002n;

/** The bits of a number. */
export function bitsOf(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0];
}

/** The bits of a column. */
export function columnBits(values: Float64Array): bigint[] {
  return [...new BigUint64Array(values.slice().buffer)];
}

/** A series with one number a sample: `series("up", { job: "a" }, [1000, 1])`. */
export function series(
  metric: string,
  labels: Readonly<Record<string, string>>,
  ...samples: [timestamp: number, value: number][]
): SentSeries {
  return {
    labels: [["__name__", metric], ...Object.entries(labels)],
    samples: samples.map(([timestamp, value]) => [timestamp, bitsOf(value)] as const),
  };
}

export function encodeBody(request: readonly SentSeries[]): Uint8Array {
  const writer = new ProtobufWriter();
  const column = new BigUint64Array(1);
  for (const { labels, samples } of request) {
    const mark = writer.begin(1);
    for (const [name, value] of labels) {
      const label = writer.begin(1);
      writer.writeStringField(1, name);
      writer.writeStringField(2, value);
      writer.end(label);
    }
    for (const [timestamp, bits] of samples) {
      const sample = writer.begin(2);
      column[0] = bits;
      writer.writeDoubleField(1, new Float64Array(column.buffer), 0);
      writer.writeInt64Field(2, timestamp);
      writer.end(sample);
    }
    writer.end(mark);
  }
  return writer.copy();
}

/** As it goes over the network. */
export function compressedBody(request: readonly SentSeries[]): Uint8Array {
  return compress(encodeBody(request));
}

export function batchOf(...request: SentSeries[]): WriteBatch {
  return decodeWriteRequest(encodeBody(request), DEFAULT_LIMITS);
}

/** What a sender's labels mean: sorted, without empty values. For names in ASCII. */
export function labelSetOf(labels: readonly Label[]): LabelSet {
  return labels.filter(([, value]) => value !== "").toSorted(([a], [b]) => (a < b ? -1 : 1));
}
