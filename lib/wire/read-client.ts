/**
 * Remote read as a client: the request, and both forms of the response.
 * https://prometheus.io/docs/prometheus/latest/querying/remote_read_api/
 *
 *     message ReadRequest  { repeated Query queries = 1; repeated ResponseType accepted_response_types = 2; }
 *     message Query        { int64 start_timestamp_ms = 1; int64 end_timestamp_ms = 2; repeated LabelMatcher matchers = 3; }
 *     message LabelMatcher { Type type = 1; string name = 2; string value = 3; }
 *
 * The responses' messages are in read-response.ts and chunked-read.ts.
 */
import { checkHistogram } from "../histogram/check.ts";
import { reduceToSupported } from "../histogram/resolution.ts";
import { HearthError } from "../model/errors.ts";
import { type Histogram, withoutPast } from "../model/histogram.ts";
import type { Label } from "../model/labels.ts";
import type { Matcher, MatcherType } from "../model/matcher.ts";
import { quoteInput } from "../model/shorten.ts";
import type { TimeRange } from "../model/time.ts";
import { crc32c } from "./crc32c.ts";
import { readHistogram } from "./histogram-message.ts";
import { FIXED64, LENGTH_DELIMITED, ProtobufReader, tagOf, VARINT } from "./protobuf-reader.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

const SAMPLES_TYPE = 0;
const STREAMED_CHUNKS_TYPE = 1;
const MATCHER_TYPES: readonly MatcherType[] = ["=", "!=", "=~", "!~"];
/** As Prometheus takes it. */
const MAX_FRAME_BYTES = 50 * 1024 * 1024;
const CRC_BYTES = 4;
const MAX_WORDS_BYTES = 400;
/** Buckets that the histograms of one series of a response may have. */
const MAX_BUCKETS = 50_000_000;

const LABEL = tagOf(1, LENGTH_DELIMITED);
const SECOND = tagOf(2, LENGTH_DELIMITED);

/** One query. Streamed chunks are preferred, samples accepted. */
export function encodeReadRequest(matchers: readonly Matcher[], { minTime, maxTime }: TimeRange): Uint8Array {
  const writer = new ProtobufWriter();
  const query = writer.begin(1);
  writer.writeInt64Field(1, minTime);
  writer.writeInt64Field(2, maxTime);
  for (const { type, name, value } of matchers) {
    const matcher = writer.begin(3);
    writer.writeInt64Field(1, MATCHER_TYPES.indexOf(type));
    writer.writeStringField(2, name);
    writer.writeStringField(3, value);
    writer.end(matcher);
  }
  writer.end(query);
  const types = writer.begin(2);
  writer.writeUint(STREAMED_CHUNKS_TYPE);
  writer.writeUint(SAMPLES_TYPE);
  writer.end(types);
  return writer.copy();
}

/** Some chunks of one series, by time. */
export interface ReadChunks {
  readonly labels: readonly Label[];
  readonly chunks: readonly ReadChunk[];
}

export interface ReadChunk {
  /** In ms, both included. */
  readonly minTime: number;
  readonly maxTime: number;
  /** Prometheus' number. */
  readonly encoding: number;
  readonly bytes: Uint8Array;
}

/** The series of a stream of frames. Throws "data" where a frame's checksum differs, or the stream ends within one. */
export async function* decodeFrames(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<ReadChunks, void, void> {
  let held: Uint8Array = new Uint8Array(0);
  for await (const piece of pieces) {
    held = held.length === 0 ? piece : new Uint8Array(Buffer.concat([held, piece]));
    for (let frame = nextFrame(held); frame !== undefined; frame = nextFrame(held)) {
      held = held.subarray(frame.end);
      yield* readFrame(frame.message);
    }
  }
  if (held.length > 0)
    throw new HearthError(
      "data",
      `remote read: the stream ends within a frame, ${held.length} bytes of it came${wordsIn(held)}`,
    );
}

/** Prometheus writes an error of its own behind the frames that it has sent, as text. */
function wordsIn(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, MAX_WORDS_BYTES)).toString().trim();
  return /^[ -~]+$/.test(text) ? `; the server says ${quoteInput(text)}` : "";
}

/** Undefined: the frame is not whole yet. */
function nextFrame(bytes: Uint8Array): { readonly message: Uint8Array; readonly end: number } | undefined {
  let length = 0;
  let at = 0;
  for (let scale = 1; ; scale *= 128) {
    if (at === bytes.length) return undefined;
    const byte = bytes[at++];
    length += (byte & 0x7f) * scale;
    if (length > MAX_FRAME_BYTES)
      throw new HearthError("data", `remote read: a frame of ${length} bytes or more`);
    if (byte < 0x80) break;
  }
  const start = at + CRC_BYTES;
  if (start + length > bytes.length) return undefined;
  const expected = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0);
  const message = bytes.subarray(start, start + length);
  if (crc32c(message) !== expected)
    throw new HearthError("data", `remote read: the checksum of a frame differs${wordsIn(bytes)}`);
  return { message, end: start + length };
}

function* readFrame(message: Uint8Array): Generator<ReadChunks> {
  const reader = new ProtobufReader(message);
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag !== LABEL) {
      reader.skip(tag);
      continue;
    }
    const end = reader.enter();
    const series = readChunkedSeries(reader);
    reader.leave(end);
    yield series;
  }
}

function readChunkedSeries(reader: ProtobufReader): ReadChunks {
  const labels: Label[] = [];
  const chunks: ReadChunk[] = [];
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === LABEL) labels.push(readLabel(reader));
    else if (tag === SECOND) chunks.push(readChunk(reader));
    else reader.skip(tag);
  }
  return { labels, chunks };
}

function readLabel(reader: ProtobufReader): Label {
  const end = reader.enter();
  let [name, value] = ["", ""];
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === LABEL) name = reader.readString();
    else if (tag === SECOND) value = reader.readString();
    else reader.skip(tag);
  }
  reader.leave(end);
  return [name, value];
}

function readChunk(reader: ProtobufReader): ReadChunk {
  const end = reader.enter();
  let [minTime, maxTime, encoding] = [0, 0, 0];
  let bytes: Uint8Array = new Uint8Array(0);
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === tagOf(1, VARINT)) minTime = reader.readInt64();
    else if (tag === tagOf(2, VARINT)) maxTime = reader.readInt64();
    else if (tag === tagOf(3, VARINT)) encoding = reader.readUint32();
    else if (tag === tagOf(4, LENGTH_DELIMITED)) bytes = reader.readBytes();
    else reader.skip(tag);
  }
  reader.leave(end);
  return { minTime, maxTime, encoding, bytes };
}

/** Takes the samples of one series. */
export interface SampleSink {
  appendSample(timestampMs: number, high: number, low: number): void;
  appendHistogram(timestampMs: number, histogram: Histogram): void;
}

/** The series of a response of samples, uncompressed; `sinkOf` says where the samples of one go. Throws "invalid". */
export function decodeReadResponse(body: Uint8Array, sinkOf: (labels: readonly Label[]) => SampleSink): void {
  const reader = new ProtobufReader(body);
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag !== LABEL) {
      reader.skip(tag);
      continue;
    }
    const end = reader.enter();
    while (reader.hasMore()) {
      const inner = reader.readTag();
      if (inner !== LABEL) {
        reader.skip(inner);
        continue;
      }
      const seriesEnd = reader.enter();
      readTimeSeries(reader, sinkOf);
      reader.leave(seriesEnd);
    }
    reader.leave(end);
  }
}

function readTimeSeries(reader: ProtobufReader, sinkOf: (labels: readonly Label[]) => SampleSink): void {
  const labels: Label[] = [];
  let sink: SampleSink | undefined;
  const budget = { left: MAX_BUCKETS, limit: MAX_BUCKETS };
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === LABEL) {
      labels.push(readLabel(reader));
      continue;
    }
    if (tag === SECOND) {
      sink ??= sinkOf(labels);
      readSample(reader, sink);
    } else if (tag === tagOf(4, LENGTH_DELIMITED)) {
      sink ??= sinkOf(labels);
      const end = reader.enter();
      const { timestamp, histogram } = readHistogram(reader, budget);
      reader.leave(end);
      const wrong = checkHistogram(histogram);
      if (wrong !== undefined)
        throw new HearthError("invalid", `remote read: a native histogram at ${timestamp}: ${wrong}`);
      sink.appendHistogram(timestamp, withoutPast(reduceToSupported(histogram)));
    } else reader.skip(tag);
  }
}

const value = new Float64Array(1);
const words = new Uint32Array(value.buffer);

function readSample(reader: ProtobufReader, sink: SampleSink): void {
  const end = reader.enter();
  let time = 0;
  value[0] = 0;
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === tagOf(1, FIXED64)) reader.readDoubleInto(value, 0);
    else if (tag === tagOf(2, VARINT)) time = reader.readInt64();
    else reader.skip(tag);
  }
  reader.leave(end);
  sink.appendSample(time, words[1], words[0]);
}
