/**
 * The checksum of LevelDB's files: CRC-32C, masked. Node's `crc32` has another polynomial.
 * https://github.com/google/leveldb/blob/main/util/crc32c.h
 */
const POLYNOMIAL = 0x82f63b78;
const MASK_DELTA = 0xa282ead8;
/** Bytes that are looked up at a time. */
const SLICE_BYTES = 8;

/** Tables in a row: that of a byte, of a byte with a zero after it, and so on. */
const TABLES = newTables();

function newTables(): Int32Array {
  const tables = new Int32Array(256 * SLICE_BYTES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256];
    tables[i] = (before >>> 8) ^ tables[before & 0xff];
  }
  return tables;
}

/** The masked checksum of `bytes[start, end)`, as LevelDB stores it. */
export function maskedCrc32c(bytes: Uint8Array, start: number, end: number): number {
  const tables = TABLES;
  let crc = -1;
  let at = start;
  for (; at + SLICE_BYTES <= end; at += SLICE_BYTES) {
    const low = crc ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
    crc =
      tables[1792 + (low & 0xff)] ^
      tables[1536 + ((low >>> 8) & 0xff)] ^
      tables[1280 + ((low >>> 16) & 0xff)] ^
      tables[1024 + (low >>> 24)] ^
      tables[768 + bytes[at + 4]] ^
      tables[512 + bytes[at + 5]] ^
      tables[256 + bytes[at + 6]] ^
      tables[bytes[at + 7]];
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]) & 0xff];
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
