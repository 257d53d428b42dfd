/**
 * Chunks that Prometheus has finished and not yet put into a block.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/head_chunks.md
 *
 *     magic 4 bytes, version 1 byte, 3 bytes of zeros
 *     for each chunk   series (8 bytes), minTime and maxTime (8 bytes each), encoding (1 byte; bit 7: out of order),
 *                      length (uvarint), so many bytes, CRC-32C of all of it
 *
 * Files are made larger than their content: zeros end it.
 */
import { crc32c } from "../../wire/crc32c.ts";
import type { RawChunk } from "../chunk-files.ts";
import { damagedBlock } from "../damaged-block.ts";
import type { BlockFile } from "../files.ts";
import { RecordCursor } from "../record-cursor.ts";

const MAGIC = 0x0130bc91;
const VERSION = 1;
const HEADER_BYTES = 8;
/** Series, times, encoding, and at most so many bytes of length. */
const MAX_HEAD_BYTES = 8 + 2 * 8 + 1 + 5;
const CHECKSUM_BYTES = 4;
const OUT_OF_ORDER = 0x80;
/** Files have 128 MB and chunks a few KB. */
const WINDOW_BYTES = 1024 * 1024;
/** A longer chunk is damage, as in a block. */
const MAX_CHUNK_BYTES = 8 * 1024 * 1024;

export interface HeadChunk extends RawChunk {
  readonly series: number;
  readonly isOutOfOrder: boolean;
}

/**
 * The chunks of a file. `isLast`: its end may be still to be written. Throws "data" for a chunk that is damaged or, in
 * another file, not whole.
 */
export async function* readHeadChunks(
  file: BlockFile,
  isLast: boolean,
): AsyncGenerator<HeadChunk, void, void> {
  const { name, sizeBytes } = file;
  if (sizeBytes < HEADER_BYTES && isLast) return;
  const header = new RecordCursor(await file.read(0, Math.min(HEADER_BYTES, sizeBytes)), name);
  const [magic, version] = [header.readUint32(), header.readByte()];
  if (magic === 0 && version === 0) return;
  if (magic !== MAGIC || version !== VERSION)
    throw damagedBlock(name, `begins with 0x${magic.toString(16)}, version ${version}; expected head chunks`);
  let window: Uint8Array = new Uint8Array(0);
  let base = HEADER_BYTES;
  const bytesAt = async (at: number, length: number) => {
    if (at < base || at + length > base + window.length) {
      base = at;
      window = await file.read(at, Math.min(Math.max(length, WINDOW_BYTES), sizeBytes - at));
    }
    return window.subarray(at - base, at - base + length);
  };
  for (let at = HEADER_BYTES; at < sizeBytes; ) {
    const head = await bytesAt(at, Math.min(MAX_HEAD_BYTES, sizeBytes - at));
    if (head.subarray(0, MAX_HEAD_BYTES - 6).every((byte) => byte === 0)) return;
    const { chunk, headBytes, length } = parseHead(head, `${name}: chunk at ${at}`, isLast) ?? NOT_WHOLE;
    const total = headBytes + length + CHECKSUM_BYTES;
    if (at + total > sizeBytes) {
      if (isLast) return;
      throw damagedBlock(name, `chunk at ${at} of ${length} bytes passes the file's end at ${sizeBytes}`);
    }
    if (length > MAX_CHUNK_BYTES)
      throw damagedBlock(name, `chunk at ${at} of ${length} bytes, expected at most ${MAX_CHUNK_BYTES}`);
    const whole = await bytesAt(at, total);
    const expected = new RecordCursor(whole.subarray(total - CHECKSUM_BYTES), name).readUint32();
    if (crc32c(whole.subarray(0, total - CHECKSUM_BYTES)) !== expected)
      throw damagedBlock(name, `chunk at ${at}: another checksum than the file says`);
    yield { ...chunk, bytes: whole.slice(headBytes, total - CHECKSUM_BYTES) };
    at += total;
  }
}

/** Longer than any file. */
const NOT_WHOLE = {
  chunk: { series: 0, minTime: 0, maxTime: 0, encoding: 0, isOutOfOrder: false, reference: 0 },
  headBytes: 0,
  length: Number.POSITIVE_INFINITY,
};

/** Undefined: the head passes the end of a file that is still written. */
function parseHead(head: Uint8Array, what: string, isLast: boolean): typeof NOT_WHOLE | undefined {
  if (isLast && head.length < MAX_HEAD_BYTES) return undefined;
  const cursor = new RecordCursor(head, what);
  const [series, minTime, maxTime] = [cursor.readInt64(), cursor.readInt64(), cursor.readInt64()];
  const encoding = cursor.readByte();
  const length = cursor.readUvarint();
  const isOutOfOrder = (encoding & OUT_OF_ORDER) !== 0;
  const chunk = { series, minTime, maxTime, encoding: encoding & ~OUT_OF_ORDER, isOutOfOrder, reference: 0 };
  return { chunk, headBytes: cursor.position, length };
}
