import assert from "node:assert/strict";
import test from "node:test";
import { crc32c } from "@aws-crypto/crc32c";
import type { Chunk, ChunkedSeries } from "../../lib/chunk/cut.ts";
import { cutChunks } from "../../lib/chunk/cut.ts";
import { decodeXorChunk } from "../../lib/chunk/xor-chunk.ts";
import type { Label } from "../../lib/model/labels.ts";
import {
  encodeFrames,
  joinFrames,
  MAX_FRAME_BYTES,
  STREAMED_CHUNKS_CONTENT_TYPE,
  streamFrames,
} from "../../lib/wire/chunked-read.ts";
import { ProtobufReader } from "../../lib/wire/protobuf-reader.ts";
import { decodeMessage, readFixture } from "./prometheus-proto.ts";

const LABELS: Label[] = [
  ["__name__", "up"],
  ["job", "node"],
];

interface Message {
  chunkedSeries: {
    labels: { name: string; value: string }[];
    chunks: { minTimeMs: number; maxTimeMs: number; type: number; data: Uint8Array }[];
  }[];
  queryIndex: number;
}

interface Frame {
  readonly bytes: Uint8Array;
  readonly message: Message;
}

/** Takes a stream apart with another CRC and another protobuf decoder. */
function decodeStream(stream: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  const reader = new ProtobufReader(stream);
  while (reader.hasMore()) {
    const start = reader.position;
    const size = reader.readUint32();
    const crc = new DataView(stream.buffer, stream.byteOffset).getUint32(reader.position);
    const body = stream.subarray(reader.position + 4, reader.position + 4 + size);
    assert.equal(body.length, size);
    assert.equal(crc, crc32c(body));
    reader.position += 4 + size;
    frames.push({
      bytes: stream.subarray(start, reader.position),
      message: decodeMessage("ChunkedReadResponse", body),
    });
  }
  return frames;
}

function toChunked({ chunkedSeries: [series] }: Message): ChunkedSeries {
  return {
    labels: series.labels.map(({ name, value }): Label => [name, value]),
    chunks: series.chunks.map((c) => ({
      minTime: c.minTimeMs,
      maxTime: c.maxTimeMs,
      bytes: new Uint8Array(c.data),
    })),
  };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* items;
}

async function collect(frames: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

function chunk(size: number, time: number): Chunk {
  return { minTime: time, maxTime: time + 9, bytes: new Uint8Array(size).fill(time) };
}

test("frames equal those of Prometheus, checksums included", async () => {
  const golden = readFixture("chunks_two_queries.resp.bin");
  const frames = decodeStream(golden);
  const results = [0, 1].map((query) =>
    frames.filter((f) => f.message.queryIndex === query).map((f) => toChunked(f.message)),
  );
  assert.ok(results[0].length > 1 && results[1].length > 1);
  const encoded = await collect(streamFrames(results.map(each)));
  assert.equal(encoded.length, frames.length);
  for (const [i, { bytes }] of frames.entries()) assert.deepEqual(encoded[i], new Uint8Array(bytes));
  const { headers } = JSON.parse(Buffer.from(readFixture("chunks_two_queries.resp.headers.json")).toString());
  assert.equal(headers["content-type"], STREAMED_CHUNKS_CONTENT_TYPE);
});

test("the chunks of Prometheus' stream come out of our own encoding of their samples", async () => {
  for (const { message } of decodeStream(readFixture("chunks_two_queries.resp.bin"))) {
    const { chunks } = toChunked(message);
    for (const { minTime, maxTime, bytes } of chunks) {
      const [ours, ...rest] = cutChunks(decodeXorChunk(bytes));
      assert.equal(rest.length, 0);
      assert.deepEqual([ours.minTime, ours.maxTime], [minTime, maxTime]);
      assert.deepEqual(Buffer.from(bytes.subarray(0, ours.bytes.length)), Buffer.from(ours.bytes));
      assert.ok(bytes.length - ours.bytes.length <= 1, "Prometheus before 3.0 may append a zero byte");
    }
  }
});

test("a series is split into frames that stay within the limit, its chunks kept in order", () => {
  const chunks = Array.from({ length: 100 }, (_, i) => chunk(50 + (i % 13), 1000 + i));
  for (const limit of [1, 150, 500, 1000, 10_000]) {
    const encoded = [...encodeFrames({ labels: LABELS, chunks }, 3, limit)];
    const frames = encoded.flatMap(decodeStream);
    assert.equal(frames.length, encoded.length);
    for (const { bytes, message } of frames) {
      assert.ok(bytes.length <= limit || message.chunkedSeries[0].chunks.length === 1);
      assert.equal(message.queryIndex, 3);
      assert.deepEqual(toChunked(message).labels, LABELS);
    }
    assert.deepEqual(
      frames.flatMap(({ message }) => [...toChunked(message).chunks]),
      chunks,
    );
  }
});

test("a frame is as full as it can be", () => {
  const chunks = Array.from({ length: 3000 }, (_, i) => chunk(1000, i));
  const frames = [...encodeFrames({ labels: LABELS, chunks }, 0)];
  assert.equal(frames.length, 3);
  for (const { length } of frames) assert.ok(length <= MAX_FRAME_BYTES);
  for (const { length } of frames.slice(0, -1)) assert.ok(length > MAX_FRAME_BYTES - 1100);
});

test("chunks are made when they are asked for, and only a frame's worth is held", () => {
  let made = 0;
  function* endless(): Generator<Chunk, void, undefined> {
    for (;;) yield chunk(1000, ++made);
  }
  const frames = encodeFrames({ labels: LABELS, chunks: endless() }, 0, 10_000);
  for (let count = 1; count <= 5; count++) {
    assert.ok(!frames.next().done);
    assert.equal(made, count * 9 + 1);
  }
});

test("a series without chunks makes no frame, and a query without series keeps its number", async () => {
  const one = { labels: LABELS, chunks: [chunk(10, 1)] };
  const encoded = await collect(
    streamFrames([each([]), each([{ labels: LABELS, chunks: [] }]), each([one])]),
  );
  assert.equal(encoded.length, 1);
  assert.equal(decodeStream(encoded[0])[0].message.queryIndex, 2);
});

test("samples come back from a stream, every bit", async () => {
  const count = 1000;
  const timestamps = Float64Array.from({ length: count }, (_, i) => 1_795_337_580_000 + i * 15_000 + (i % 7));
  const values = Float64Array.from({ length: count }, (_, i) => Math.sin(i));
  new Uint32Array(values.buffer).set([2, 0x7ff00000], 2 * 500);
  const [bytes] = await collect(
    streamFrames([each([{ labels: LABELS, chunks: cutChunks({ timestamps, values }) }])]),
  );
  const chunks = [...toChunked(decodeStream(bytes)[0].message).chunks];
  assert.equal(chunks.length, 9);
  const samples = chunks.map((c) => decodeXorChunk(c.bytes));
  const bits = (columns: Float64Array[]) =>
    Buffer.concat(columns.map((c) => new Uint8Array(c.buffer, c.byteOffset, c.byteLength)));
  assert.deepEqual(bits(samples.map((s) => s.timestamps)), bits([timestamps]));
  assert.deepEqual(bits(samples.map((s) => s.values)), bits([values]));
});

test("frames are joined without losing a byte, and large ones pass as they are", async () => {
  const frames = [10, 20, 5, 100, 1, 2].map((size, i) => new Uint8Array(size).fill(i));
  const writes = await collect(joinFrames(each(frames), 30));
  assert.deepEqual(
    writes.map((w) => w.length),
    [30, 105, 3],
  );
  assert.deepEqual(Buffer.concat(writes), Buffer.concat(frames));
  const large = new Uint8Array(100);
  assert.equal((await collect(joinFrames(each([large]), 30)))[0], large);
});
