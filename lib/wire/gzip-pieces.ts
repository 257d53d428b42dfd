/**
 * Gzip of a body that comes in pieces, compressed by the thread that makes them. `CompressionStream` compresses in libuv's four
 * threads, which have no lower priority and which LevelDB's reads and the disk's syncs of `npm start` wait for.
 * https://www.rfc-editor.org/rfc/rfc1952, https://www.rfc-editor.org/rfc/rfc1951
 */
import { constants, crc32, deflateRawSync } from "node:zlib";

/** Magic number, deflate, no flags, no time, no hint, an unknown system. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
/** A last block without a byte. */
const LAST_BLOCK = Uint8Array.of(3, 0);
const TRAILER_BYTES = 8;

/**
 * One member of gzip. Each piece becomes deflate blocks that end at a byte, so pieces should be many times the window of 32 KB:
 * none refers to another.
 */
export function* gzipPieces(pieces: Iterable<Uint8Array>): Generator<Uint8Array<ArrayBuffer>, void, void> {
  let checksum = 0;
  let sizeBytes = 0;
  yield HEADER.slice();
  for (const piece of pieces) {
    checksum = crc32(piece, checksum);
    sizeBytes += piece.length;
    yield new Uint8Array(deflateRawSync(piece, { finishFlush: constants.Z_SYNC_FLUSH }));
  }
  const end = new Uint8Array(LAST_BLOCK.length + TRAILER_BYTES);
  end.set(LAST_BLOCK);
  const view = new DataView(end.buffer, LAST_BLOCK.length);
  view.setUint32(0, checksum, true);
  view.setUint32(4, sizeBytes, true);
  yield end;
}
