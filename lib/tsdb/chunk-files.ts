/**
 * The chunk files of a block.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md
 *
 *     magic 4 bytes, version 1 byte, 3 bytes of zeros
 *     for each chunk   length (uvarint), encoding (1 byte), so many bytes, CRC-32C of encoding and bytes
 */
import { ByteReader } from "../storage/codec/bytes.ts";
import { CHECKSUM_BYTES, type ChunkPlace, expectChecksum } from "./block-index.ts";
import { damagedBlock } from "./damaged-block.ts";
import type { BlockFile, BlockFolder } from "./files.ts";

export const CHUNKS_MAGIC = 0x85bd40dd;
export const CHUNKS_VERSION = 1;
export const CHUNKS_HEADER_BYTES = 8;
/** What is read behind the start of the last wanted chunk; most are smaller. */
const TAIL_BYTES = 2048;
/** Neighbouring chunks are read at once up to it. */
const MAX_READ_BYTES = 4 * 1024 * 1024;
/** A longer chunk is damage: 120 histograms of a thousand buckets have 1 MB at most. */
const MAX_CHUNK_BYTES = 8 * 1024 * 1024;

/** A chunk as it is in its file. */
export interface RawChunk extends ChunkPlace {
  /** Prometheus' number of it (decode-chunk.ts). */
  readonly encoding: number;
  readonly bytes: Uint8Array;
}

export class ChunkFiles {
  readonly #folder: BlockFolder;
  readonly #files: BlockFile[];
  readonly sizeBytes: number;
  /** Bytes of chunks that the pass may still read. */
  #left: number;

  private constructor(folder: BlockFolder, files: BlockFile[]) {
    this.#folder = folder;
    this.#files = files;
    this.sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    this.#left = this.sizeBytes;
  }

  /** Begins a pass over the chunks, which reads each once at most. */
  beginPass(): void {
    this.#left = this.sizeBytes;
  }

  /** Throws "data" for a file that holds no chunks. */
  static async open(folder: BlockFolder): Promise<ChunkFiles> {
    const files: BlockFile[] = [];
    for (const name of await folder.listChunkFiles()) {
      const file = await folder.open(`chunks/${name}`);
      if (file === undefined) throw damagedBlock(folder.name, `chunks/${name} is missing`);
      await checkHeader(file);
      files.push(file);
    }
    return new ChunkFiles(folder, files);
  }

  /**
   * The chunks of places that ascend. Throws "data" where one is not whole, its checksum differs, or the pass has read
   * more than there is: then several places of the index name one chunk.
   */
  async *chunks(places: readonly ChunkPlace[]): AsyncGenerator<RawChunk, void, void> {
    for (let i = 0; i < places.length; ) {
      const { file, offset } = this.#locate(places[i]);
      let end = i + 1;
      let last = offset;
      while (end < places.length) {
        const next = this.#locate(places[end]);
        if (next.file !== file || next.offset < last || next.offset - offset > MAX_READ_BYTES) break;
        last = next.offset;
        end++;
      }
      const length = Math.min(last - offset + TAIL_BYTES, file.sizeBytes - offset);
      const bytes = await file.read(offset, length);
      for (; i < end; i++) {
        const chunk = await readChunk(file, bytes, offset, places[i]);
        this.#left -= chunk.bytes.length;
        if (this.#left < 0)
          throw damagedBlock(
            this.#folder.name,
            `the index names more bytes of chunks than the ${this.sizeBytes} of their files: some several times`,
          );
        yield chunk;
      }
    }
  }

  #locate({ reference }: ChunkPlace): { readonly file: BlockFile; readonly offset: number } {
    const number = Math.floor(reference / 2 ** 32);
    const offset = reference % 2 ** 32;
    const file = this.#files[number];
    if (file === undefined)
      throw damagedBlock(
        this.#folder.name,
        `the index names chunk file ${number + 1}, and there are ${this.#files.length}`,
      );
    if (offset < CHUNKS_HEADER_BYTES || offset >= file.sizeBytes)
      throw damagedBlock(file.name, `no chunk at ${offset}, the file has ${file.sizeBytes} bytes`);
    return { file, offset };
  }
}

async function checkHeader(file: BlockFile): Promise<void> {
  if (file.sizeBytes < CHUNKS_HEADER_BYTES)
    throw damagedBlock(file.name, `${file.sizeBytes} bytes, expected a chunk file`);
  const reader = new ByteReader(await file.read(0, CHUNKS_HEADER_BYTES), file.name);
  const magic = reader.readUint(4);
  const version = reader.readByte();
  if (magic !== CHUNKS_MAGIC || version !== CHUNKS_VERSION)
    throw damagedBlock(
      file.name,
      `begins with 0x${magic.toString(16)}, version ${version}; expected 0x${CHUNKS_MAGIC.toString(16)}, version 1`,
    );
}

/** `bytes` are the file's from `base` on, and perhaps not all of the chunk. */
async function readChunk(
  file: BlockFile,
  bytes: Uint8Array,
  base: number,
  place: ChunkPlace,
): Promise<RawChunk> {
  const offset = place.reference % 2 ** 32;
  const what = `chunk at ${offset}`;
  const reader = new ByteReader(bytes.subarray(offset - base), `${file.name}: ${what}`);
  const before = reader.remaining;
  const length = reader.readVarint();
  const headBytes = before - reader.remaining;
  const total = headBytes + 1 + length + CHECKSUM_BYTES;
  if (length > MAX_CHUNK_BYTES || offset + total > file.sizeBytes)
    throw damagedBlock(file.name, `${what} of ${length} bytes passes the file's end at ${file.sizeBytes}`);
  const whole =
    offset - base + total <= bytes.length
      ? bytes.subarray(offset - base, offset - base + total)
      : await file.read(offset, total);
  const checked = whole.subarray(headBytes, total - CHECKSUM_BYTES);
  expectChecksum(file.name, what, checked, whole);
  return { ...place, encoding: checked[0], bytes: checked.subarray(1) };
}
