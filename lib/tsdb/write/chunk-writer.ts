/** Chunk files of a new block, of 512 MiB at most each; their bytes are described in chunk-files.ts. */
import type { Chunk } from "../../chunk/cut.ts";
import { ByteWriter } from "../../storage/codec/bytes.ts";
import { crc32c } from "../../wire/crc32c.ts";
import type { ChunkPlace } from "../block-index.ts";
import { CHUNKS_MAGIC, CHUNKS_VERSION } from "../chunk-files.ts";
import { type BlockOutput, BufferedFile } from "./output.ts";
import type { StartedChunk } from "./started-chunks.ts";

const MAX_FILE_BYTES = 512 * 1024 * 1024;
/** Length, encoding, checksum. */
const MAX_OVERHEAD_BYTES = 10;
/** Prometheus' numbers of encodings, and of those with starts. */
const PLAIN = { floats: 1, integer: 2, float: 3 } as const;
const WITH_STARTS = { floats: 4, integer: 5, float: 6 } as const;

export class ChunkWriter {
  readonly #output: BlockOutput;
  readonly #writer = new ByteWriter();
  #file: BufferedFile | undefined;
  #files = 0;
  #count = 0;

  constructor(output: BlockOutput) {
    this.#output = output;
  }

  /** Chunks written so far. */
  get count(): number {
    return this.#count;
  }

  /** Says where the chunk is. */
  async add(chunk: Chunk | StartedChunk): Promise<ChunkPlace> {
    const { kind = "floats", minTime, maxTime, bytes } = chunk;
    let file = this.#file;
    if (file === undefined || file.length + bytes.length + MAX_OVERHEAD_BYTES > MAX_FILE_BYTES)
      file = await this.#next();
    const reference = (this.#files - 1) * 2 ** 32 + file.length;
    const checked = new Uint8Array(1 + bytes.length);
    checked[0] = ("hasStart" in chunk && chunk.hasStart ? WITH_STARTS : PLAIN)[kind];
    checked.set(bytes, 1);
    this.#writer.clear();
    this.#writer.writeVarint(bytes.length).writeBytes(checked).writeUint(crc32c(checked), 4);
    await file.add(this.#writer.finish());
    this.#count++;
    return { minTime, maxTime, reference };
  }

  async finish(): Promise<void> {
    await this.#file?.close();
  }

  async #next(): Promise<BufferedFile> {
    await this.#file?.close();
    const name = String(++this.#files).padStart(6, "0");
    const file = new BufferedFile(await this.#output.create(`chunks/${name}`));
    const header = new ByteWriter().writeUint(CHUNKS_MAGIC, 4).writeByte(CHUNKS_VERSION).writeUint(0, 3);
    await file.add(header.finish());
    this.#file = file;
    return file;
  }
}
