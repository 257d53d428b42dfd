/**
 * The frame of what is deflated as a whole:
 *
 *     version    1 byte, 1
 *     count      varint, of what is in it
 *     size       varint, of the body
 *     body       deflated
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { HearthError } from "../../model/errors.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

/** What a body may have: one that does not deflate at all still is an item under 400 KB. */
export const MAX_PACKED_BYTES = 360 * 1024;

const VERSION = 1;

export interface Packed {
  readonly count: number;
  readonly body: ByteReader;
}

export function encodePacked(count: number, body: Uint8Array): Uint8Array {
  const header = new ByteWriter().writeByte(VERSION).writeVarint(count).writeVarint(body.length);
  return header.writeBytes(deflateRawSync(body)).finish();
}

/** What a frame says of its body before it is inflated: what is in it, and how many bytes that takes. Throws "data". */
export function readPackedHeader(bytes: Uint8Array, what: string): { count: number; sizeBytes: number } {
  const header = new ByteReader(bytes, what);
  readVersion(header, what);
  return { count: header.readVarint(), sizeBytes: header.readVarint() };
}

function readVersion(header: ByteReader, what: string): void {
  const version = header.readByte();
  if (version !== VERSION) throw new HearthError("data", `${what}: version ${version}, expected ${VERSION}`);
}

/** `minBytes`: what each of the counted takes at least; `what` names the bytes in an error. Throws "data". */
export function decodePacked(bytes: Uint8Array, minBytes: number, what: string): Packed {
  const header = new ByteReader(bytes, what);
  readVersion(header, what);
  const count = header.readVarint();
  const size = header.readVarint();
  if (size > MAX_PACKED_BYTES || count * minBytes > size)
    throw new HearthError("data", `${what}: a count of ${count} in ${size} bytes`);
  return { count, body: new ByteReader(inflate(header.readBytes(header.remaining), size, what), what) };
}

function inflate(deflated: Uint8Array, size: number, what: string): Uint8Array {
  let body: Uint8Array;
  try {
    body = inflateRawSync(deflated, { maxOutputLength: Math.max(size, 1) });
  } catch (cause) {
    throw new HearthError("data", `${what}: does not inflate: ${String(cause)}`, { cause });
  }
  if (body.length === size) return body;
  throw new HearthError("data", `${what}: ${body.length} bytes, expected ${size}`);
}

/** Throws "data" unless the body has been read to its end. */
export function expectEnd(body: ByteReader, what: string): void {
  if (body.remaining > 0) throw new HearthError("data", `${what}: ${body.remaining} bytes too many`);
}
