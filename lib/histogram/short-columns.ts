/**
 * Short columns, cut out of larger buffers. V8 allocates arrays of more than 64 bytes outside of
 * its heap, each on its own; for the buckets of a histogram that takes longer than the calculation.
 */

const SLAB_BYTES = 64 * 1024;
/** Columns from this size on get a buffer of their own. */
const MAX_SHORT_BYTES = 4096;

let slab = new ArrayBuffer(0);
let used = 0;

/** A column of zeros. Its buffer is shared: only the column itself is the caller's. */
export function newFloatColumn(length: number): Float64Array<ArrayBuffer> {
  const bytes = length * Float64Array.BYTES_PER_ELEMENT;
  if (bytes > MAX_SHORT_BYTES) return new Float64Array(length);
  const offset = reserve(bytes);
  return new Float64Array(slab, offset, length);
}

/**
 * The same with 32 bits. (A view of an array in V8's heap moves the array out of it, which takes 4
 * microseconds.)
 */
export function newIndexColumn(length: number): Int32Array<ArrayBuffer> {
  const bytes = length * Int32Array.BYTES_PER_ELEMENT;
  if (bytes > MAX_SHORT_BYTES) return new Int32Array(length);
  const offset = reserve(bytes);
  return new Int32Array(slab, offset, length);
}

/** Reserves bytes in `slab`, which may be a new one, and returns their start. */
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
