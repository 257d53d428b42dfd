/**
 * Short columns, cut out of larger buffers. V8 keeps arrays of more than 64 bytes outside of its heap, each in memory of its own
 * that is allocated and freed for it: for the buckets of a histogram that takes longer than what is calculated with them.
 */

const SLAB_BYTES = 64 * 1024;
/** From here on a column has a buffer of its own. */
const MAX_SHORT_BYTES = 4096;

let slab = new ArrayBuffer(0);
let used = 0;

/** Zeros. Its buffer is shared with others: only the column itself is the caller's. */
export function newFloatColumn(length: number): Float64Array<ArrayBuffer> {
  const bytes = length * Float64Array.BYTES_PER_ELEMENT;
  if (bytes > MAX_SHORT_BYTES) return new Float64Array(length);
  const offset = reserve(bytes);
  return new Float64Array(slab, offset, length);
}

/** Zeros likewise, of 32 bits. (A view of an array that V8 has in its heap moves that out of it, which takes 4 microseconds.) */
export function newIndexColumn(length: number): Int32Array<ArrayBuffer> {
  const bytes = length * Int32Array.BYTES_PER_ELEMENT;
  if (bytes > MAX_SHORT_BYTES) return new Int32Array(length);
  const offset = reserve(bytes);
  return new Int32Array(slab, offset, length);
}

/** Where in `slab`, which may be a new one, so many bytes begin. */
function reserve(bytes: number): number {
  const aligned = bytes + (-bytes & (Float64Array.BYTES_PER_ELEMENT - 1));
  if (used + aligned > slab.byteLength) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const offset = used;
  used += aligned;
  return offset;
}

export function copyFloatColumn(column: Float64Array): Float64Array<ArrayBuffer> {
  const copy = newFloatColumn(column.length);
  for (let i = 0; i < copy.length; i++) copy[i] = column[i];
  return copy;
}
