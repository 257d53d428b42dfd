/**
 * Files in LevelDB's log format: the log of writes, and the MANIFEST. Blocks of 32 KB hold records;
 * a long record is cut into fragments.
 * https://github.com/google/leveldb/blob/main/doc/log_format.md
 *
 *     fragment := checksum (4 bytes), length (2), type (1), data
 *     checksum    masked, of type and data
 *     type        1 whole, 2 first, 3 middle, 4 last
 *
 * A file that was being written when the power went may end anywhere, and its last block may hold
 * anything. LevelDB passes over whatever it cannot read, also in the middle.
 */
import { maskedCrc32c } from "./crc32c.ts";

const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const [WHOLE, FIRST, MIDDLE, LAST] = [1, 2, 3, 4];

export interface LogFile {
  readonly records: readonly Uint8Array[];
  /** Where the first fragment begins that cannot be read; undefined: there is none. */
  readonly badAt: number | undefined;
  /** Whether another record begins after it: then it is no write that was cut off, if each was synced. */
  readonly goesOn: boolean;
  /** Whether the file ends in the middle of a record. */
  readonly isCutOff: boolean;
}

export function readLogFile(bytes: Buffer): LogFile {
  const records: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (left < HEADER_BYTES) {
      at += left;
      continue;
    }
    const end = fragmentEnd(bytes, at);
    const type = end === undefined ? undefined : bytes[at + 6];
    const continues = type === MIDDLE || type === LAST;
    if (end === undefined || continues !== parts.length > 0) {
      return { records, badAt: at, goesOn: goesOnAfter(bytes, at), isCutOff: false };
    }
    parts.push(bytes.subarray(at + HEADER_BYTES, end));
    if (type === WHOLE || type === LAST) {
      records.push(parts.length === 1 ? parts[0] : Buffer.concat(parts));
      parts = [];
    }
    at = end;
  }
  return { records, badAt: undefined, goesOn: false, isCutOff: parts.length > 0 };
}

/** Where the fragment at an offset ends; undefined if there is none. */
function fragmentEnd(bytes: Buffer, at: number): number | undefined {
  const blockEnd = at - (at % BLOCK_BYTES) + BLOCK_BYTES;
  if (at + HEADER_BYTES > Math.min(blockEnd, bytes.length)) return undefined;
  const type = bytes[at + 6];
  const end = at + HEADER_BYTES + bytes.readUInt16LE(at + 4);
  if (type < WHOLE || type > LAST || end > Math.min(blockEnd, bytes.length)) return undefined;
  return bytes.readUInt32LE(at) === maskedCrc32c(bytes, at + 6, end) ? end : undefined;
}

/** The length of a bad fragment may be wrong: a record may begin anywhere in its block, or in a later one. */
function goesOnAfter(bytes: Buffer, badAt: number): boolean {
  const blockEnd = badAt - (badAt % BLOCK_BYTES) + BLOCK_BYTES;
  for (let at = badAt + 1; at < Math.min(blockEnd, bytes.length); at++)
    if (beginsRecord(bytes, at)) return true;
  for (let block = blockEnd; block < bytes.length; block += BLOCK_BYTES) {
    let at = block;
    for (let end = fragmentEnd(bytes, at); end !== undefined; end = fragmentEnd(bytes, at)) {
      if (beginsRecord(bytes, at)) return true;
      at = end;
    }
  }
  return false;
}

function beginsRecord(bytes: Buffer, at: number): boolean {
  const type = bytes[at + 6];
  return (type === WHOLE || type === FIRST) && fragmentEnd(bytes, at) !== undefined;
}
