/** Blocks in folders of this machine. */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { HearthError } from "../../lib/model/errors.ts";
import { damagedBlock } from "../../lib/tsdb/damaged-block.ts";
import { type BlockFile, type BlockFolder, MAX_TEXT_BYTES } from "../../lib/tsdb/files.ts";

/** A file that is read in place. Reads are synchronous: one of a few KB takes less than waiting for it would. */
export class LocalFile implements BlockFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly #descriptor: number;

  constructor(path: string) {
    this.name = path;
    // To open a pipe would wait for its writer.
    if (!statSync(path).isFile()) throw damagedBlock(path, "expected a file");
    this.#descriptor = openSync(path, "r");
    this.sizeBytes = fstatSync(this.#descriptor).size;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const read = readSync(this.#descriptor, bytes, at, length - at, offset + at);
      if (read === 0)
        throw damagedBlock(this.name, `ends at ${offset + at}, expected ${offset + length} bytes`);
      at += read;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

export class LocalFolder implements BlockFolder {
  readonly name: string;
  readonly #open: LocalFile[] = [];

  constructor(path: string) {
    this.name = path;
  }

  async readText(path: string): Promise<string | undefined> {
    return orUndefined(async () => {
      const file = join(this.name, path);
      const found = await stat(file);
      if (!found.isFile()) throw damagedBlock(file, "expected a file");
      const { size } = found;
      if (size > MAX_TEXT_BYTES)
        throw damagedBlock(file, `${size} bytes, expected at most ${MAX_TEXT_BYTES}`);
      return readFile(file, "utf8");
    });
  }

  async open(path: string): Promise<BlockFile | undefined> {
    return orUndefined(async () => {
      const file = new LocalFile(join(this.name, path));
      this.#open.push(file);
      return file;
    });
  }

  async listChunkFiles(): Promise<readonly string[]> {
    const names = (await orUndefined(() => readdir(join(this.name, "chunks")))) ?? [];
    return names.filter((name) => /^\d+$/.test(name)).sort();
  }

  async close(): Promise<void> {
    for (const file of this.#open.splice(0)) file.close();
  }
}

/** Folders of blocks below a path, or the path itself; and names of others beside them. */
export async function listLocalFolders(path: string): Promise<{
  readonly folders: readonly LocalFolder[];
  readonly others: readonly string[];
}> {
  const found = await orUndefined(() => stat(path));
  if (found === undefined) throw new HearthError("invalid", `${path}: no such file or folder`);
  if (!found.isDirectory()) throw new HearthError("invalid", `${path}: expected a folder of blocks`);
  if ((await orUndefined(() => stat(join(path, "meta.json")))) !== undefined)
    return { folders: [new LocalFolder(path)], others: [] };
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const isBlock = (name: string) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(name);
  return {
    folders: names.filter(isBlock).map((name) => new LocalFolder(join(path, name))),
    others: names.filter((name) => !isBlock(name)),
  };
}

async function orUndefined<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
