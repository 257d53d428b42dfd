/**
 * The records of a segment of Prometheus' write-ahead log.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/wal.md
 *
 *     pages of 32 KB, each of fragments; the last page of a segment may be shorter
 *     fragment   head 1 byte: bits 0 to 2 are its place (0 the rest of the page is empty, 1 a whole record, 2 the first of
 *                several, 3 one between, 4 the last), bit 3 snappy, bit 4 zstd; length 2 bytes; CRC-32C 4 bytes; the bytes
 *
 * A record does not pass the end of its segment. Its fragments are joined, then decompressed.
 */
import { zstdDecompressSync } from "node:zlib";
import { errorMessage, HearthError } from "../../model/errors.ts";
import { crc32c } from "../../wire/crc32c.ts";
import { uncompress } from "../../wire/snappy.ts";
import type { BlockFile } from "../files.ts";

const PAGE_BYTES = 32 * 1024;
const HEAD_BYTES = 7;
/** Read at once: whole pages. */
const WINDOW_BYTES = 32 * PAGE_BYTES;
/** A longer record is damage: one of a scrape of a million samples has 20 MB. */
const MAX_RECORD_BYTES = 256 * 1024 * 1024;
/** What the records of a segment decompress to, for each of its bytes; ten is usual, and zstd makes 30,000 of zeros. */
const MAX_EXPANSION = 100;
const SNAPPY = 0x08;
const ZSTD = 0x10;
const [EMPTY, WHOLE, FIRST, LAST] = [0, 1, 2, 4];

export interface WalRecord {
  /** Valid until the next record is asked for. */
  readonly bytes: Uint8Array;
  /** Where it begins in the segment. */
  readonly offset: number;
}

/** The end of a segment within a record: it is still written, or its writer was killed. */
export class TornRecord extends Error {
  readonly offset: number;

  constructor(offset: number) {
    super(`the record at ${offset} is not whole`);
    this.offset = offset;
  }
}

/** Throws "data" at damage, `TornRecord` where the segment ends within a record; the records before are whole. */
export async function* readRecords(
  file: BlockFile,
  maxRecordBytes = MAX_RECORD_BYTES,
): AsyncGenerator<WalRecord, void, void> {
  const pieces: Uint8Array[] = [];
  const room = { recordBytes: maxRecordBytes, bytes: maxRecordBytes + MAX_EXPANSION * file.sizeBytes };
  let start = 0;
  for (let base = 0; base < file.sizeBytes; base += WINDOW_BYTES) {
    const window = await file.read(base, Math.min(WINDOW_BYTES, file.sizeBytes - base));
    for (let at = 0; at < window.length; ) {
      const pageEnd = Math.min(window.length, at - (at % PAGE_BYTES) + PAGE_BYTES);
      const place = window[at] & 7;
      if (place === EMPTY) {
        if (window.subarray(at, pageEnd).some((byte) => byte !== 0))
          throw damagedSegment(file, base + at, "bytes after the end of a page");
        at = pageEnd;
        continue;
      }
      const isFirst = place === WHOLE || place === FIRST;
      if (place > LAST || isFirst !== (pieces.length === 0))
        throw damagedSegment(file, base + at, `a fragment of place ${place} after ${pieces.length} others`);
      if (isFirst) start = base + at;
      const end = at + HEAD_BYTES + (window[at + 1] << 8) + window[at + 2];
      // Of a head that is cut off the length is NaN.
      if (!(end <= pageEnd)) {
        if (base + pageEnd === file.sizeBytes) throw new TornRecord(start);
        throw damagedSegment(file, base + at, "a fragment passes the end of its page");
      }
      pieces.push(checkedPiece(file, base + at, window.subarray(at, end)));
      const isLast = place === WHOLE || place === LAST;
      if (isLast) yield { bytes: expand(file, start, window[at], pieces.splice(0), room), offset: start };
      at = end;
    }
  }
  if (pieces.length > 0) throw new TornRecord(start);
}

function checkedPiece(file: BlockFile, offset: number, fragment: Uint8Array): Uint8Array {
  const expected = ((fragment[3] << 24) | (fragment[4] << 16) | (fragment[5] << 8) | fragment[6]) >>> 0;
  const piece = fragment.subarray(HEAD_BYTES);
  const actual = crc32c(piece);
  if (actual !== expected)
    throw damagedSegment(
      file,
      offset,
      `checksum 0x${actual.toString(16)}, expected 0x${expected.toString(16)}`,
    );
  return piece;
}

/** `room`: how much a record, and those of the segment from here on, may decompress to. */
function expand(
  file: BlockFile,
  offset: number,
  head: number,
  pieces: readonly Uint8Array[],
  room: { readonly recordBytes: number; bytes: number },
): Uint8Array {
  const joined = pieces.length === 1 ? pieces[0] : new Uint8Array(Buffer.concat(pieces));
  if (joined.length === 0 || (head & (SNAPPY | ZSTD)) === 0) return joined;
  try {
    const maxOutputLength = Math.min(room.recordBytes, room.bytes);
    const record =
      head & SNAPPY ? uncompress(joined, maxOutputLength) : decompressZstd(joined, maxOutputLength);
    room.bytes -= record.length;
    return record;
  } catch (error) {
    throw damagedSegment(file, offset, `the record does not decompress: ${errorMessage(error)}`);
  }
}

/** Not as a `Buffer`, whose `slice` is a view. */
function decompressZstd(bytes: Uint8Array, maxOutputLength: number): Uint8Array {
  const { buffer, byteOffset, length } = zstdDecompressSync(bytes, { maxOutputLength });
  return new Uint8Array(buffer, byteOffset, length);
}

function damagedSegment({ name }: BlockFile, offset: number, what: string): HearthError {
  return new HearthError("data", `${name}: ${what}, at ${offset}`);
}
