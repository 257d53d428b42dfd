/** Where the files of a new block go: callers hand it in. */
import type { BlockFile } from "../files.ts";

export interface OutputFile {
  write(bytes: Uint8Array): void | Promise<void>;
  close(): void | Promise<void>;
}

/** The folder of a block that is written. */
export interface BlockOutput {
  /** `path`: of folders that exist but for "chunks". */
  create(path: string): OutputFile | Promise<OutputFile>;
  /** A file that was written before. */
  open(path: string): BlockFile | Promise<BlockFile>;
  remove(path: string): void | Promise<void>;
}

/** Bytes gathered before they are written. */
const BUFFER_BYTES = 1024 * 1024;

/** Joins small pieces into writes of a megabyte, and counts them. */
export class BufferedFile {
  readonly #file: OutputFile;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #buffered = 0;
  #written = 0;

  constructor(file: OutputFile) {
    this.#file = file;
  }

  /** Bytes written and buffered so far. */
  get length(): number {
    return this.#written + this.#buffered;
  }

  /** A promise only where something is written. */
  add(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#buffered + bytes.length > BUFFER_BYTES) return this.#writeThrough(bytes);
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered += bytes.length;
    return undefined;
  }

  /** Zeros up to a multiple. */
  align(multiple: number): Promise<void> | undefined {
    const missing = (multiple - (this.length % multiple)) % multiple;
    return missing === 0 ? undefined : this.add(new Uint8Array(missing));
  }

  async close(): Promise<void> {
    await this.#flush();
    await this.#file.close();
  }

  async #writeThrough(bytes: Uint8Array): Promise<void> {
    await this.#flush();
    if (bytes.length > BUFFER_BYTES / 2) {
      await this.#file.write(bytes);
      this.#written += bytes.length;
      return;
    }
    this.#buffer.set(bytes);
    this.#buffered = bytes.length;
  }

  async #flush(): Promise<void> {
    if (this.#buffered === 0) return;
    const { length } = this;
    await this.#file.write(this.#buffer.subarray(0, this.#buffered));
    this.#written = length;
    this.#buffered = 0;
  }
}
