/**
 * Remote write 2.0 bodies as Prometheus 3 makes them: one sample in each TimeSeries, symbols in order
 * of first use, type and help of the metric with every series. proto/io/prometheus/write/v2/types.proto
 */
import type { SampleBatch } from "../../lib/model/sample-batch.ts";
import { MINUTE_MS, SECOND_MS } from "../../lib/model/time.ts";
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import { compress } from "../../lib/wire/snappy.ts";
import type { BatchSeries, Encode } from "./batch-series.ts";

export interface WriteV2Options {
  /** Whether samples have start timestamps. */
  readonly hasStartTimestamps?: boolean;
  /** One in this many series has a native histogram instead of its float. */
  readonly histogramEvery?: number;
}

const BODY_BYTES = 512 * 1024;
const [COUNTER, GAUGE] = [1, 2];
const START_AGE_MS = 60 * MINUTE_MS;
/** Deltas of consecutive buckets of a histogram. */
const BUCKET_DELTAS = [3, 5, -2, 7, 1, -4, 2, 0, -3, 6, -5, 1, 2, -1, 0, 4];

export function newWriteV2Encoder(
  series: readonly BatchSeries[],
  { hasStartTimestamps = false, histogramEvery = Number.POSITIVE_INFINITY }: WriteV2Options,
): Encode {
  const symbols = new SymbolTable();
  const parts = series.map((one) => encodeParts(one, symbols));
  const table = encodeSymbols(symbols);
  return (batch) => {
    const writer = new ProtobufWriter(BODY_BYTES);
    writer.writeRaw(table);
    parts.forEach(({ refs, metadata }, i) => {
      const startMs = hasStartTimestamps ? batch.timestamps[i] - START_AGE_MS : 0;
      const timeSeries = writer.begin(5);
      writer.writeRaw(refs);
      if (i % histogramEvery === histogramEvery - 1) writeHistogram(writer, batch, i, startMs);
      else writeSample(writer, batch, i, startMs);
      writer.writeRaw(metadata);
      writer.end(timeSeries);
    });
    return new Uint8Array(compress(writer.view()));
  };
}

/** Fields of a TimeSeries before and after its sample. */
interface SeriesParts {
  readonly refs: Uint8Array;
  readonly metadata: Uint8Array;
}

function encodeParts({ labels, isCounter }: BatchSeries, symbols: SymbolTable): SeriesParts {
  const before = new ProtobufWriter();
  const refs = before.begin(1);
  for (const text of labels.flat()) before.writeUint(symbols.refOf(text));
  before.end(refs);
  const behind = new ProtobufWriter();
  const metadata = behind.begin(5);
  behind.writeInt64Field(1, isCounter ? COUNTER : GAUGE);
  behind.writeInt64Field(3, symbols.refOf(`What ${labels[0][1]} counts, in so many words.`));
  behind.end(metadata);
  return { refs: before.copy(), metadata: behind.copy() };
}

function encodeSymbols({ all }: SymbolTable): Uint8Array {
  const writer = new ProtobufWriter(BODY_BYTES);
  for (const symbol of all) {
    const mark = writer.begin(4);
    writer.writeRaw(Buffer.from(symbol));
    writer.end(mark);
  }
  return writer.copy();
}

/** Texts by number; the first is empty. */
class SymbolTable {
  readonly all: string[] = [""];
  readonly #refs = new Map<string, number>([["", 0]]);

  refOf(text: string): number {
    const known = this.#refs.get(text);
    if (known !== undefined) return known;
    const ref = this.all.push(text) - 1;
    this.#refs.set(text, ref);
    return ref;
  }
}

function writeSample(writer: ProtobufWriter, batch: SampleBatch, index: number, startMs: number): void {
  const sample = writer.begin(2);
  writer.writeDoubleField(1, batch.values, index);
  writer.writeInt64Field(2, batch.timestamps[index]);
  writer.writeInt64Field(3, startMs);
  writer.end(sample);
}

/** A histogram of integer counts, slightly different for each time. */
function writeHistogram(writer: ProtobufWriter, batch: SampleBatch, index: number, startMs: number): void {
  const first = 1 + (Math.trunc(batch.timestamps[index] / SECOND_MS) % 50);
  const deltas = [20 + first, ...BUCKET_DELTAS];
  let [bucket, count] = [0, 0];
  for (const delta of deltas) count += bucket += delta;
  const histogram = writer.begin(3);
  writer.writeInt64Field(1, count);
  writer.writeDoubleField(3, Float64Array.of(count * 1.5), 0);
  writer.writeInt64Field(4, zigzag(3));
  writer.writeDoubleField(5, Float64Array.of(2 ** -128), 0);
  const span = writer.begin(11);
  writer.writeInt64Field(2, deltas.length);
  writer.end(span);
  const packed = writer.begin(12);
  for (const delta of deltas) writer.writeUint(zigzag(delta));
  writer.end(packed);
  writer.writeInt64Field(15, batch.timestamps[index]);
  writer.writeInt64Field(17, startMs);
  writer.end(histogram);
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
