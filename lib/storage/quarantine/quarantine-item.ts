/**
 * A damaged item in quarantine: a raw copy under a key of its own, which never expires. A version that cannot read an item
 * puts it here, and a later version, or a repair, can still take it from here.
 *
 *     version    1 byte, 1
 *     time       varint, ms: when it was found
 *     reason     string
 *     kind       1 byte, the first of its partition key
 *     pk, sk     each behind its length
 *     pieces     varint: how many items hold the value
 *     value      the rest: a piece of it
 */
import { createHash } from "node:crypto";
import { HearthError } from "../../model/errors.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import {
  parseQuarantineSortKey,
  QUARANTINE_HASH_BYTES,
  quarantineKey,
  quarantineRange,
} from "../layout/keys.ts";
import type { Item, Key, Table } from "../table/table.ts";

const VERSION = 1;
/** Of one piece: an item with both keys and the reason stays below 400 KB. */
const MAX_PIECE_BYTES = 300 * 1024;
/** A reason is an error's first words; a longer one is cut. */
const MAX_REASON_LENGTH = 500;

export interface Quarantined {
  readonly day: number;
  /** Of the item as it was read. */
  readonly item: Item;
  readonly reason: string;
  /** When it was found, in ms. */
  readonly foundMs: number;
}

/** The items that hold one damaged item. The same item has the same keys whenever it is found. */
export function encodeQuarantined(
  tenant: string,
  { day, item, reason, foundMs }: Quarantined,
): readonly Item[] {
  const pieces = Math.max(1, Math.ceil(item.value.length / MAX_PIECE_BYTES));
  const keyHash = hashOfKey(item);
  return Array.from({ length: pieces }, (_, number) => {
    const writer = new ByteWriter()
      .writeByte(VERSION)
      .writeVarint(foundMs)
      .writeString(reason.slice(0, MAX_REASON_LENGTH))
      .writeByte(item.pk[0]);
    for (const bytes of [item.pk, item.sk]) writer.writeVarint(bytes.length).writeBytes(bytes);
    const start = number * MAX_PIECE_BYTES;
    writer.writeVarint(pieces).writeBytes(item.value.subarray(start, start + MAX_PIECE_BYTES));
    return { ...quarantineKey(tenant, day, keyHash, number), value: writer.finish() };
  });
}

function hashOfKey({ pk, sk }: Key): Uint8Array {
  const length = new ByteWriter().writeVarint(pk.length).finish();
  const hash = createHash("sha256").update(length).update(pk).update(sk).digest();
  return hash.subarray(0, QUARANTINE_HASH_BYTES);
}

/** Everything of a tenant that is in quarantine, by day. Throws "data" for an item of it that cannot be read. */
export async function* listQuarantined(
  table: Table,
  tenant: string,
): AsyncGenerator<Quarantined, void, void> {
  let pieces: Piece[] = [];
  for await (const page of table.query(quarantineRange(tenant), { consistent: true })) {
    for (const item of page) {
      const piece = decodePiece(item);
      if (pieces[0]?.id !== piece.id) pieces = [];
      pieces.push(piece);
      if (pieces.length === piece.pieces) yield joined(pieces);
    }
  }
}

interface Piece extends Quarantined {
  /** Of the damaged item. */
  readonly id: string;
  readonly pieces: number;
}

function decodePiece({ sk, value }: Item): Piece {
  const { day, keyHash } = parseQuarantineSortKey(sk);
  const reader = new ByteReader(value, "quarantined item");
  const version = reader.readByte();
  if (version !== VERSION)
    throw new HearthError("data", `quarantined item: version ${version}, expected ${VERSION}`);
  const foundMs = reader.readVarint();
  const reason = reader.readString();
  reader.readByte();
  const [pk, itemSk] = [reader.readBytes(reader.readVarint()), reader.readBytes(reader.readVarint())];
  const pieces = reader.readVarint();
  const item = { pk, sk: itemSk, value: reader.readBytes(reader.remaining) };
  return { id: `${day}/${keyHash}`, day, item, reason, foundMs, pieces };
}

function joined(pieces: readonly Piece[]): Quarantined {
  const [{ day, item, reason, foundMs }] = pieces;
  const value = Buffer.concat(pieces.map((piece) => piece.item.value));
  return { day, item: { ...item, value: new Uint8Array(value) }, reason, foundMs };
}
