/**
 * The checksums of a table, LevelDB's sorted file, which LevelDB itself does not compare: blocks one
 * after another, the last of them an index of the others, then a footer.
 * https://github.com/google/leveldb/blob/main/doc/table_format.md
 *
 *     block   := contents, compression (1 byte: 0 none, 1 snappy), checksum (4 bytes, masked, of both)
 *     footer  := place of the metaindex, place of the index, zeros up to 40 bytes, magic (8 bytes)
 *     index      an entry for each block: a key that no key of it is behind, and its place
 */
import { uncompress } from "../../../lib/wire/snappy.ts";
import { maskedCrc32c } from "./crc32c.ts";
import { LevelReader, userKey } from "./level-reader.ts";

const FOOTER_BYTES = 48;
const TRAILER_BYTES = 5;
const SNAPPY = 1;
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
/** An index of a table of 2 MB takes some KB. */
const MAX_INDEX_BYTES = 2 ** 28;

/** Keys, both included, that a damaged block may hold. */
export interface KeySpan {
  readonly first: string;
  readonly last: string;
}

/** The spans of keys whose block is damaged; "all" when no block can be told from another. */
export function damagedSpans(bytes: Buffer, whole: KeySpan): readonly KeySpan[] | "all" {
  try {
    return spansOf(bytes, whole);
  } catch {
    return "all";
  }
}

function spansOf(bytes: Buffer, whole: KeySpan): readonly KeySpan[] | "all" {
  const footerAt = bytes.length - FOOTER_BYTES;
  const hasMagic = footerAt >= 0 && MAGIC.every((byte, i) => bytes[bytes.length - MAGIC.length + i] === byte);
  if (!hasMagic) return "all";
  const footer = new LevelReader(bytes, footerAt);
  const [metaindex, index] = [readPlace(footer), readPlace(footer)];
  // A filter that is damaged hides keys of any block.
  if (!isRight(bytes, metaindex) || !isRight(bytes, index)) return "all";
  const filters = entriesOf(contentsOf(bytes, metaindex)).map(([, place]) => place);
  if (!filters.every((place) => isRight(bytes, place))) return "all";
  const blocks = entriesOf(contentsOf(bytes, index));
  const places = [...blocks.map(([, place]) => place), ...filters, metaindex, index];
  let at = 0;
  for (const { offset, size } of places) {
    if (offset !== at) return "all";
    at += size + TRAILER_BYTES;
  }
  if (at !== footerAt) return "all";
  return blocks.flatMap(([key, place], i) => {
    if (isRight(bytes, place)) return [];
    return [{ first: i === 0 ? whole.first : userKey(blocks[i - 1][0]), last: userKey(key) }];
  });
}

interface Place {
  readonly offset: number;
  readonly size: number;
}

function readPlace(reader: LevelReader): Place {
  return { offset: reader.readVarint(), size: reader.readVarint() };
}

function isRight(bytes: Buffer, { offset, size }: Place): boolean {
  const end = offset + size + 1;
  if (end + 4 > bytes.length) return false;
  return bytes.readUInt32LE(end) === maskedCrc32c(bytes, offset, end);
}

function contentsOf(bytes: Buffer, { offset, size }: Place): Uint8Array {
  const contents = bytes.subarray(offset, offset + size);
  return bytes[offset + size] === SNAPPY ? uncompress(contents, MAX_INDEX_BYTES) : contents;
}

/** The entries of a block of places: a key shares its beginning with the key before it. */
function entriesOf(block: Uint8Array): (readonly [key: Uint8Array, place: Place])[] {
  const view = Buffer.from(block.buffer, block.byteOffset, block.length);
  const end = view.length - 4 - 4 * view.readUInt32LE(view.length - 4);
  const reader = new LevelReader(block, 0, end);
  const entries: (readonly [Uint8Array, Place])[] = [];
  let key: Uint8Array = new Uint8Array(0);
  while (!reader.isAtEnd) {
    const [shared, added, length] = [reader.readVarint(), reader.readVarint(), reader.readVarint()];
    key = Buffer.concat([key.subarray(0, shared), reader.readBytes(added)]);
    entries.push([key, readPlace(new LevelReader(reader.readBytes(length)))]);
  }
  return entries;
}
