/**
 * Where in a large index part a label occurs: for each label (name and value together) the numbers of the blocks that have it.
 * A label is known by 32 bits of hash: of two that share them each is found where the other is, too, which costs a read and no
 * more. Items of some thousand labels by ascending hash:
 *
 *     frame      see packed.ts; in its body for each label
 *       hash       varint, less the one before it
 *       blocks     varint, and their numbers (varints, each less the one before it)
 */
import { HearthError } from "../../model/errors.ts";
import { type ByteReader, ByteWriter } from "../codec/bytes.ts";
import { decodePacked, encodePacked, expectEnd } from "../codec/packed.ts";
import { textHash } from "../series/series-hash.ts";

const WHAT = "index pairs";
/** Where an item is cut, in bytes before deflating; a label that is in each of 100,000 blocks is beyond it by 100 KB. */
const BLOCK_BYTES = 16 * 1024;
/** A block has three numbers for each label at least. */
const MIN_PAIR_BYTES = 3;

export interface Pair {
  readonly hash: number;
  /** Ascending. */
  readonly blocks: readonly number[];
}

export function pairHash(name: string, value: string): number {
  return textHash(`${name.length}/${name}${value}`);
}

/** The items of all pairs, with the last hash of each. */
export function encodePairs(
  pairs: readonly Pair[],
): { readonly lastHash: number; readonly value: Uint8Array }[] {
  const items: { lastHash: number; value: Uint8Array }[] = [];
  let body = new ByteWriter();
  let [count, previous] = [0, 0];
  const cut = () => {
    items.push({ lastHash: previous, value: encodePacked(count, body.finish()) });
    body = new ByteWriter();
    [count, previous] = [0, 0];
  };
  for (const { hash, blocks } of pairs.toSorted((a, b) => a.hash - b.hash)) {
    if (body.length >= BLOCK_BYTES) cut();
    body.writeVarint(hash - previous).writeVarint(blocks.length);
    blocks.forEach((block, i) => {
      body.writeVarint(block - (blocks[i - 1] ?? 0));
    });
    count++;
    previous = hash;
  }
  if (count > 0) cut();
  return items;
}

/** Throws "data". */
export function decodePairs(value: Uint8Array): Pair[] {
  const { count, body } = decodePacked(value, MIN_PAIR_BYTES, WHAT);
  const pairs: Pair[] = [];
  for (let i = 0; i < count; i++) {
    const hash = body.readVarint() + (pairs[i - 1]?.hash ?? 0);
    pairs.push({ hash, blocks: readBlocks(body) });
  }
  expectEnd(body, WHAT);
  return pairs;
}

function readBlocks(reader: ByteReader): number[] {
  const count = reader.readVarint();
  if (count > reader.remaining)
    throw new HearthError("data", `${WHAT}: ${count} blocks in ${reader.remaining} bytes`);
  const blocks: number[] = [];
  for (let i = 0; i < count; i++) blocks.push(reader.readVarint() + (blocks[i - 1] ?? 0));
  return blocks;
}
