/**
 * Tombstones of a block: spans of series that were deleted and not yet removed.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/tombstones.md
 *
 *     magic 4 bytes, version 1 byte; for each: series (uvarint), minTime and maxTime (zigzag varints, ms); CRC-32C of these
 */
import { ByteReader } from "../storage/codec/bytes.ts";
import { CHECKSUM_BYTES, expectChecksum, SERIES_ALIGNMENT } from "./block-index.ts";
import { damagedBlock } from "./damaged-block.ts";
import { DeletedSpans } from "./deleted-spans.ts";
import type { BlockFile } from "./files.ts";

const MAGIC = 0x0130ba30;
const VERSION = 1;
const HEADER_BYTES = 5;
/** Two million spans. Prometheus removes what they hide with the next compaction. */
const MAX_BYTES = 32 * 1024 * 1024;

/** By the offset of a series in the index. */
export type Tombstones = ReadonlyMap<number, DeletedSpans>;

export const NO_TOMBSTONES: Tombstones = new Map();

/** `indexVersion`: version 1 names a series by its offset, version 2 by a sixteenth of it. Throws "data". */
export async function readTombstones(file: BlockFile, indexVersion: number): Promise<Tombstones> {
  if (file.sizeBytes < HEADER_BYTES + CHECKSUM_BYTES)
    throw damagedBlock(file.name, `${file.sizeBytes} bytes, expected tombstones`);
  if (file.sizeBytes > MAX_BYTES)
    throw damagedBlock(
      file.name,
      `tombstones of ${file.sizeBytes} bytes, expected at most ${MAX_BYTES}; compact the block first`,
    );
  const bytes = await file.read(0, file.sizeBytes);
  const header = new ByteReader(bytes, file.name);
  const magic = header.readUint(4);
  const version = header.readByte();
  if (magic !== MAGIC || version !== VERSION)
    throw damagedBlock(
      file.name,
      `begins with 0x${magic.toString(16)}, version ${version}; expected tombstones`,
    );
  const body = bytes.subarray(HEADER_BYTES, bytes.length - CHECKSUM_BYTES);
  expectChecksum(file.name, "tombstones", body, bytes);
  const reader = new ByteReader(body, file.name);
  const found = new Map<number, DeletedSpans>();
  while (reader.remaining > 0) {
    const offset = reader.readVarint() * (indexVersion === 1 ? 1 : SERIES_ALIGNMENT);
    let spans = found.get(offset);
    if (spans === undefined) {
      spans = new DeletedSpans();
      found.set(offset, spans);
    }
    spans.add(readTime(reader), readTime(reader));
  }
  return found;
}

/** The ends of all time are the least and the largest integer of 64 bits; here they are infinite. */
function readTime(reader: ByteReader): number {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = BigInt(reader.readByte());
    value |= (byte & 0x7fn) << shift;
    if (byte < 0x80n || shift > 56n) break;
  }
  return Number(value % 2n === 0n ? value / 2n : -(value + 1n) / 2n);
}
