/**
 * A chunk item's value: the samples of one series in one bucket as Prometheus' chunks of up to 120 samples, which a streamed
 * remote read sends as they lie.
 *
 *     version    1 byte: 1, all of floats; 2, native histograms among them
 *     chunks     varint
 *     for each   minTime (the first a zigzag varint, each further a varint, less the maxTime before it), maxTime (a varint,
 *                less minTime), length (varint)
 *     encodings  version 2 alone: a byte for each, 1 XOR, 2 histograms, 3 float histograms
 *     data       the chunks, one after another
 */
import type { Chunk } from "../chunk/cut.ts";
import { HearthError } from "../model/errors.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

const FLOATS_VERSION = 1;
const MIXED_VERSION = 2;
/** By the number of the encoding less 1. */
const KINDS: readonly Chunk["kind"][] = [undefined, "integer", "float"];

/** `chunks`: at least one, in order of time, not overlapping. */
export function encodeChunkItem(chunks: readonly Chunk[]): Uint8Array {
  const isMixed = chunks.some(({ kind }) => kind !== undefined);
  const writer = new ByteWriter()
    .writeByte(isMixed ? MIXED_VERSION : FLOATS_VERSION)
    .writeVarint(chunks.length);
  let previous = 0;
  chunks.forEach(({ minTime, maxTime, bytes }, i) => {
    if (i === 0) writer.writeSigned(minTime);
    else writer.writeVarint(minTime - previous);
    writer.writeVarint(maxTime - minTime).writeVarint(bytes.length);
    previous = maxTime;
  });
  if (isMixed) for (const { kind } of chunks) writer.writeByte(KINDS.indexOf(kind) + 1);
  for (const { bytes } of chunks) writer.writeBytes(bytes);
  return writer.finish();
}

/** The chunks, their bytes views of the item's. Throws "data". */
export function decodeChunkItem(value: Uint8Array): Chunk[] {
  const reader = new ByteReader(value, "chunk item");
  const version = reader.readByte();
  if (version !== FLOATS_VERSION && version !== MIXED_VERSION)
    throw new HearthError("data", `chunk item: version ${version}, expected 1 or 2`);
  const count = reader.readVarint();
  const heads: { minTime: number; maxTime: number; length: number }[] = [];
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const minTime = i === 0 ? reader.readSigned() : previous + reader.readVarint();
    previous = minTime + reader.readVarint();
    heads.push({ minTime, maxTime: previous, length: reader.readVarint() });
  }
  const kinds = version === MIXED_VERSION ? readKinds(reader, count) : undefined;
  return heads.map(({ minTime, maxTime, length }, i) => {
    const bytes = reader.readBytes(length) as Uint8Array<ArrayBuffer>;
    const kind = kinds?.[i];
    return kind === undefined ? { minTime, maxTime, bytes } : { minTime, maxTime, bytes, kind };
  });
}

function readKinds(reader: ByteReader, count: number): Chunk["kind"][] {
  return Array.from(reader.readBytes(count), (encoding) => {
    if (encoding >= 1 && encoding <= KINDS.length) return KINDS[encoding - 1];
    throw new HearthError("data", `chunk item: encoding ${encoding}, expected 1 to ${KINDS.length}`);
  });
}
