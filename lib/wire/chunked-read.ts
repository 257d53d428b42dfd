/**
 * Remote read's response of type STREAMED_XOR_CHUNKS: a stream of frames, each with chunks of one series.
 * https://prometheus.io/docs/prometheus/latest/querying/remote_read_api/#streamed-chunks, the frame itself in
 * https://github.com/prometheus/prometheus/blob/main/storage/remote/chunked.go
 *
 *     frame := uvarint(message length) uint32(CRC-32C of the message, big-endian) message
 *
 *     message ChunkedReadResponse { repeated ChunkedSeries chunked_series = 1; int64 query_index = 2; }
 *     message ChunkedSeries       { repeated Label labels = 1; repeated Chunk chunks = 2; }
 *     message Chunk               { int64 min_time_ms = 1; int64 max_time_ms = 2; Encoding type = 3; bytes data = 4; }
 */
import type { Chunk, ChunkedSeries } from "../chunk/cut.ts";
import { readHistogramChunkHead } from "../chunk/histogram-chunk.ts";
import { readChunkCount } from "../chunk/xor-chunk.ts";
import { crc32c } from "./crc32c.ts";
import { ProtobufWriter, varintSize } from "./protobuf-writer.ts";
import { writeLabels } from "./read-response.ts";

export type { ChunkedSeries } from "../chunk/cut.ts";

/** The body is not compressed, the chunks are. */
export const STREAMED_CHUNKS_CONTENT_TYPE =
  "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";

/**
 * The most bytes of a frame: the default of `--storage.remote.read-max-bytes-in-frame`. Prometheus
 * exceeds it by up to a chunk, Hearth does not. Prometheus as a reader accepts frames of up to 50 MB.
 */
export const MAX_FRAME_BYTES = 1024 * 1024;

/** Bytes of a frame of up to 2^28 bytes besides labels and chunks: length 4, CRC 4, series 1 + 4, query index 1 + 8. */
const FRAME_OVERHEAD_BYTES = 22;

/** Numbers of `Chunk.Encoding`: XOR, HISTOGRAM, FLOAT_HISTOGRAM. */
const XOR_ENCODING = 1;
const HISTOGRAM_ENCODINGS: Readonly<Record<NonNullable<Chunk["kind"]>, number>> = { integer: 2, float: 3 };

const CRC_BYTES = 4;

/** Returns the same series, and calls `onChunk` with the samples of each chunk when the chunk is requested. */
export function tellSamples(series: ChunkedSeries, onChunk: (samples: number) => void): ChunkedSeries {
  return { labels: series.labels, chunks: tellingChunks(series.chunks, onChunk) };
}

function* tellingChunks(
  chunks: Iterable<Chunk>,
  onChunk: (samples: number) => void,
): Generator<Chunk, void, undefined> {
  for (const chunk of chunks) {
    const { kind, bytes } = chunk;
    onChunk(kind === undefined ? readChunkCount(bytes) : readHistogramChunkHead(bytes).count);
    yield chunk;
  }
}

/**
 * Yields the frames of all queries, in the order of the queries. Requests the series of the next query
 * once those of the previous one are consumed. Each frame is its own buffer.
 */
export async function* streamFrames(
  results: Iterable<AsyncIterable<ChunkedSeries>>,
  maxFrameBytes: number = MAX_FRAME_BYTES,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const writers = newWriters();
  let queryIndex = 0;
  for (const result of results) {
    for await (const series of result) yield* encodeFrames(series, queryIndex, maxFrameBytes, writers);
    queryIndex++;
  }
}

/**
 * Yields the frames of one series; none without chunks. A frame takes as many chunks as fit. A chunk
 * that does not fit alone gets a larger frame. Uses `writers` until the series ends.
 */
export function* encodeFrames(
  { labels, chunks }: ChunkedSeries,
  queryIndex: number,
  maxFrameBytes: number = MAX_FRAME_BYTES,
  writers: FrameWriters = newWriters(),
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { prefix, body } = writers;
  const maxBodyBytes = maxFrameBytes - FRAME_OVERHEAD_BYTES;
  prefix.truncate(0);
  writeLabels(prefix, labels);
  let mark = beginFrame(writers);
  let chunkCount = 0;
  for (const chunk of chunks) {
    const before = body.length;
    writeChunk(body, chunk);
    if (chunkCount > 0 && body.length > maxBodyBytes) {
      body.truncate(before);
      yield finishFrame(body, mark, queryIndex);
      mark = beginFrame(writers);
      writeChunk(body, chunk);
      chunkCount = 0;
    }
    chunkCount++;
  }
  if (chunkCount > 0) yield finishFrame(body, mark, queryIndex);
}

/** Buffers reused from series to series: allocating them took half the time of a series of 240 samples. */
interface FrameWriters {
  /** The encoded labels, which every frame of a series repeats. */
  readonly prefix: ProtobufWriter;
  /** The message of the current frame. */
  readonly body: ProtobufWriter;
}

function newWriters(): FrameWriters {
  return { prefix: new ProtobufWriter(), body: new ProtobufWriter() };
}

/** Field 2 of a ChunkedSeries. */
function writeChunk(writer: ProtobufWriter, { minTime, maxTime, bytes, kind }: Chunk): void {
  const mark = writer.begin(2);
  writer.writeInt64Field(1, minTime);
  writer.writeInt64Field(2, maxTime);
  writer.writeInt64Field(3, kind === undefined ? XOR_ENCODING : HISTOGRAM_ENCODINGS[kind]);
  writer.writeBytesField(4, bytes);
  writer.end(mark);
}

function beginFrame({ prefix, body }: FrameWriters): number {
  body.truncate(0);
  const mark = body.begin(1);
  body.writeRaw(prefix.view());
  return mark;
}

function finishFrame(body: ProtobufWriter, mark: number, queryIndex: number): Uint8Array<ArrayBuffer> {
  body.end(mark);
  body.writeInt64Field(2, queryIndex);
  return encodeFrame(body.view());
}

function encodeFrame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const crcAt = varintSize(message.length);
  const bytes = new Uint8Array(crcAt + CRC_BYTES + message.length);
  for (let i = 0; i < crcAt; i++) {
    bytes[i] = ((message.length >>> (7 * i)) & 0x7f) | (i < crcAt - 1 ? 0x80 : 0);
  }
  const crc = crc32c(message);
  for (let i = 0; i < CRC_BYTES; i++) bytes[crcAt + i] = crc >>> (24 - 8 * i);
  bytes.set(message, crcAt + CRC_BYTES);
  return bytes;
}

/**
 * Joins frames into writes of `writeBytes` or slightly more: most frames have a few hundred bytes, and
 * each write to a response stream is expensive. Buffers less than `writeBytes`.
 */
export async function* joinFrames(
  frames: AsyncIterable<Uint8Array>,
  writeBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const bytes of frames) {
    held.push(bytes);
    heldBytes += bytes.length;
    if (heldBytes < writeBytes) continue;
    yield held.length === 1 ? bytes : Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
  }
  if (heldBytes > 0) yield Buffer.concat(held, heldBytes);
}
