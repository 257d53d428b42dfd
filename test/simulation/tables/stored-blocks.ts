/**
 * Deflate (RFC 1951, 3.2.4) and Zstandard (RFC 8878, 3.1.1) as blocks that are stored and not compressed. Every decoder
 * reads them. Most schedules take them: bodies are of some ten bytes, and a compressor's state of some hundred KB.
 */
import { syncBuiltinESMExports } from "node:module";
import zlib, { type ZlibOptions, type ZstdOptions } from "node:zlib";

const { deflateRawSync, inflateRawSync, zstdCompressSync, zstdDecompressSync } = zlib;

const LAST_STORED = 1;
const DEFLATE_HEADER_BYTES = 5;
const MAX_DEFLATE_BYTES = 0xffff;

/** The frame's magic, and a descriptor: one segment, its size in four bytes. */
const ZSTD_START = [0x28, 0xb5, 0x2f, 0xfd, 0xa0];
const ZSTD_HEADER_BYTES = ZSTD_START.length + 4 + 3;
const MAX_ZSTD_BYTES = 2 ** 17;

let isStoring = false;

/** Whether `node:zlib` stores in this thread from now on, or compresses. */
export function storeBlocks(isStored: boolean): void {
  isStoring = isStored;
}

export function deflateStored(body: Uint8Array): Buffer {
  const { length } = body;
  const bytes = Buffer.allocUnsafe(DEFLATE_HEADER_BYTES + length);
  bytes[0] = LAST_STORED;
  bytes.writeUInt16LE(length, 1);
  bytes.writeUInt16LE(length ^ 0xffff, 3);
  bytes.set(body, DEFLATE_HEADER_BYTES);
  return bytes;
}

/** Returns undefined for what is not one stored block, or larger than it may be. */
function inflateStored(bytes: Uint8Array, maxBytes: number): Buffer | undefined {
  const length = bytes.length - DEFLATE_HEADER_BYTES;
  if (length < 0 || length > maxBytes || bytes[0] !== LAST_STORED) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.readUInt16LE(1) !== length || view.readUInt16LE(3) !== (length ^ 0xffff)) return undefined;
  return Buffer.from(view.subarray(DEFLATE_HEADER_BYTES));
}

export function zstdStored(body: Uint8Array): Buffer {
  const { length } = body;
  const bytes = Buffer.allocUnsafe(ZSTD_HEADER_BYTES + length);
  bytes.set(ZSTD_START);
  bytes.writeUInt32LE(length, ZSTD_START.length);
  // The last block, raw.
  bytes.writeUIntLE(1 + 8 * length, ZSTD_START.length + 4, 3);
  bytes.set(body, ZSTD_HEADER_BYTES);
  return bytes;
}

/** The same for a frame of one raw block. */
function unzstdStored(bytes: Uint8Array, maxBytes: number): Buffer | undefined {
  const length = bytes.length - ZSTD_HEADER_BYTES;
  if (length < 0 || length > maxBytes || ZSTD_START.some((byte, i) => bytes[i] !== byte)) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.readUInt32LE(ZSTD_START.length) !== length) return undefined;
  if (view.readUIntLE(ZSTD_START.length + 4, 3) !== 1 + 8 * length) return undefined;
  return Buffer.from(view.subarray(ZSTD_HEADER_BYTES));
}

const maxBytesOf = (options?: Pick<ZlibOptions, "maxOutputLength">) =>
  options?.maxOutputLength ?? Number.POSITIVE_INFINITY;

Object.assign(zlib, {
  deflateRawSync: (body: Uint8Array, options?: ZlibOptions) =>
    isStoring && body.length <= MAX_DEFLATE_BYTES ? deflateStored(body) : deflateRawSync(body, options),
  inflateRawSync: (bytes: Uint8Array, options?: ZlibOptions) =>
    inflateStored(bytes, maxBytesOf(options)) ?? inflateRawSync(bytes, options),
  zstdCompressSync: (body: Uint8Array, options?: ZstdOptions) =>
    isStoring && body.length <= MAX_ZSTD_BYTES ? zstdStored(body) : zstdCompressSync(body, options),
  zstdDecompressSync: (bytes: Uint8Array, options?: ZstdOptions) =>
    unzstdStored(bytes, maxBytesOf(options)) ?? zstdDecompressSync(bytes, options),
});
syncBuiltinESMExports();
