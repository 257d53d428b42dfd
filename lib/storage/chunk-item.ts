/**
 * A chunk item's value: the samples of one series in one bucket as Prometheus' XOR chunks of up to 120 samples, which a
 * streamed remote read sends as they lie.
 *
 *     version    1 byte, 1
 *     chunks     varint
 *     for each   minTime (the first a zigzag varint, each further a varint, less the maxTime before it), maxTime (a varint,
 *                less minTime), length (varint)
 *     data       the chunks, one after another
 */
import type { Chunk } from "../chunk/cut.ts";
import { HearthError } from "../model/errors.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

const VERSION = 1;

/** `chunks`: at least one, in order of time, not overlapping. */
export function encodeChunkItem(chunks: readonly Chunk[]): Uint8Array {
  const writer = new ByteWriter().writeByte(VERSION).writeVarint(chunks.length);
  let previous = 0;
  chunks.forEach(({ minTime, maxTime, bytes }, i) => {
    if (i === 0) writer.writeSigned(minTime);
    else writer.writeVarint(minTime - previous);
    writer.writeVarint(maxTime - minTime).writeVarint(bytes.length);
    previous = maxTime;
  });
  for (const { bytes } of chunks) writer.writeBytes(bytes);
  return writer.finish();
}

/** The chunks, their bytes views of the item's. Throws "data". */
export function decodeChunkItem(value: Uint8Array): Chunk[] {
  const reader = new ByteReader(value, "chunk item");
  const version = reader.readByte();
  if (version !== VERSION)
    throw new HearthError("data", `chunk item: version ${version}, expected ${VERSION}`);
  const count = reader.readVarint();
  const heads: { minTime: number; maxTime: number; length: number }[] = [];
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const minTime = i === 0 ? reader.readSigned() : previous + reader.readVarint();
    previous = minTime + reader.readVarint();
    heads.push({ minTime, maxTime: previous, length: reader.readVarint() });
  }
  return heads.map(({ minTime, maxTime, length }) => ({
    minTime,
    maxTime,
    bytes: reader.readBytes(length) as Uint8Array<ArrayBuffer>,
  }));
}
