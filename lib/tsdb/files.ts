/** The files of a block, wherever they are: callers hand them in. */

export interface BlockFile {
  /** Named in errors: a path or an address. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Exactly these bytes; throws "data" where the file ends before. */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
}

/** A file that is read as text is no longer. */
export const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/** The folder of one block. */
export interface BlockFolder {
  readonly name: string;
  /** A small file whole; undefined: there is none of the name. Throws "data" for one that is larger than `MAX_TEXT_BYTES`. */
  readText(path: string): Promise<string | undefined>;
  /** Undefined: there is none of the name. */
  open(path: string): Promise<BlockFile | undefined>;
  /** Names of the files in `chunks`, in order. */
  listChunkFiles(): Promise<readonly string[]>;
  close(): Promise<void>;
}
