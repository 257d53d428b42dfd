/** Label references of remote write 2.0: pairs of numbers of symbols. */
import type { ProtobufReader } from "./protobuf-reader.ts";

/** Counts a reference and returns the count. Keeps only the first ones, as many as `refs` has places. */
export function keepRef(refs: Uint32Array, count: number, ref: number): number {
  if (count === refs.length) return count;
  refs[count] = ref;
  return count + 1;
}

/** Keeps packed references after `count` others. Returns their new number. */
export function readPackedRefs(reader: ProtobufReader, refs: Uint32Array, count: number): number {
  const outerEnd = reader.enter();
  while (reader.hasMore()) count = keepRef(refs, count, reader.readUint32());
  reader.leave(outerEnd);
  return count;
}
