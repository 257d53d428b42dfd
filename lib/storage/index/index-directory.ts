/**
 * The directory of a large index part: where each of its blocks of label sets ends, so that a reader knows which blocks a
 * metric is in. Items of up to 4,096 blocks each:
 *
 *     version    1 byte, 1
 *     count      varint
 *     blocks     last hash (varint, less the one before it in the item), label sets (varint)
 */
import { HearthError } from "../../model/errors.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { MAX_INDEX_HASH } from "../layout/part-keys.ts";

const VERSION = 1;
/** Of one item: 40 KB at most. */
const MAX_ITEM_BLOCKS = 4096;

export interface IndexBlock {
  /** Of the metric of its last label set. */
  readonly lastHash: number;
  readonly series: number;
}

/** The values of the items, in order. `blocks`: by ascending hash. */
export function encodeDirectory(blocks: readonly IndexBlock[]): Uint8Array[] {
  const values: Uint8Array[] = [];
  for (let start = 0; start < blocks.length; start += MAX_ITEM_BLOCKS) {
    const slice = blocks.slice(start, start + MAX_ITEM_BLOCKS);
    const writer = new ByteWriter().writeByte(VERSION).writeVarint(slice.length);
    let previous = 0;
    for (const { lastHash, series } of slice) {
      writer.writeVarint(lastHash - previous).writeVarint(series);
      previous = lastHash;
    }
    values.push(writer.finish());
  }
  return values;
}

/** The blocks of one item. Throws "data". */
export function decodeDirectory(value: Uint8Array): IndexBlock[] {
  const reader = new ByteReader(value, "index directory");
  const version = reader.readByte();
  if (version !== VERSION)
    throw new HearthError("data", `index directory: version ${version}, expected ${VERSION}`);
  const blocks: IndexBlock[] = [];
  let lastHash = 0;
  for (let count = reader.readVarint(); count > 0; count--) {
    lastHash += reader.readVarint();
    if (lastHash > MAX_INDEX_HASH)
      throw new HearthError("data", `index directory: hash ${lastHash} is too large`);
    blocks.push({ lastHash, series: reader.readVarint() });
  }
  if (reader.remaining === 0) return blocks;
  throw new HearthError("data", `index directory: ${reader.remaining} bytes follow the blocks`);
}

/** The numbers `first..end` (half-open) of the blocks that can have a metric of this hash. */
export function blocksOf(blocks: readonly IndexBlock[], hash: number): readonly [first: number, end: number] {
  const first = blocks.findIndex(({ lastHash }) => lastHash >= hash);
  if (first < 0) return [blocks.length, blocks.length];
  const last = blocks.findIndex(({ lastHash }) => lastHash > hash);
  return [first, last < 0 ? blocks.length : last + 1];
}
