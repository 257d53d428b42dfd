/**
 * A chunk item or run block out of which deleted samples were taken. Its key stays, since items link to
 * their neighbours, and the manifest counts its samples as they were written.
 *
 *     version    1 byte, 16
 *     erased     varint: samples that it had and has no more
 *     left       the value that holds the others; no bytes where there are none
 */
import { ByteReader, ByteWriter } from "../codec/bytes.ts";

const ERASED_VERSION = 16;

export interface ErasedItem {
  readonly erased: number;
  readonly left: Uint8Array;
}

export function encodeErased({ erased, left }: ErasedItem): Uint8Array {
  return new ByteWriter().writeByte(ERASED_VERSION).writeVarint(erased).writeBytes(left).finish();
}

/** What is left of any item, a view of its value. Throws "data". */
export function readErased(value: Uint8Array): ErasedItem {
  if (value[0] !== ERASED_VERSION) return { erased: 0, left: value };
  const reader = new ByteReader(value.subarray(1), "erased item");
  const erased = reader.readVarint();
  return { erased, left: reader.readBytes(reader.remaining) };
}
