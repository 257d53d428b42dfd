/** Blocks of test/fixtures/tsdb in memory, to be damaged. */
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import type { FoundBlock } from "../../../lib/transfer/survey.ts";
import { readMeta } from "../../../lib/tsdb/block.ts";
import { damagedBlock } from "../../../lib/tsdb/damaged-block.ts";
import type { BlockFile, BlockFolder } from "../../../lib/tsdb/files.ts";
import type { BlockOutput, OutputFile } from "../../../lib/tsdb/write/output.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/tsdb");

/** Files by their path within the block. */
export type BlockBytes = Map<string, Uint8Array>;

export function fixturePath(name: string): string {
  return join(FIXTURES, name);
}

/** The blocks of a folder of fixtures, by name. */
export function readBlocks(directory: string): BlockBytes[] {
  return readdirSync(directory)
    .sort()
    .map((name) => {
      const files: BlockBytes = new Map();
      for (const path of readdirSync(join(directory, name), { recursive: true, encoding: "utf8" }))
        if (path !== "chunks")
          files.set(path.replaceAll(sep, "/"), new Uint8Array(readFileSync(join(directory, name, path))));
      return files;
    });
}

export class MemoryFolder implements BlockFolder {
  readonly name: string;
  readonly #files: BlockBytes;

  constructor(name: string, files: BlockBytes) {
    this.name = name;
    this.#files = files;
  }

  async readText(path: string): Promise<string | undefined> {
    const bytes = this.#files.get(path);
    return bytes && new TextDecoder().decode(bytes);
  }

  async open(path: string): Promise<BlockFile | undefined> {
    const bytes = this.#files.get(path);
    if (bytes === undefined) return undefined;
    const name = `${this.name}/${path}`;
    const read = (offset: number, length: number) => {
      if (offset + length > bytes.length) throw damagedBlock(name, `ends at ${bytes.length}`);
      return bytes.slice(offset, offset + length);
    };
    return { name, sizeBytes: bytes.length, read };
  }

  async listChunkFiles(): Promise<readonly string[]> {
    const paths = [...this.#files.keys()].filter((path) => path.startsWith("chunks/"));
    return paths.map((path) => path.slice("chunks/".length)).sort();
  }

  async close(): Promise<void> {}
}

/** As an import finds them. */
export async function foundBlocks(blocks: readonly BlockBytes[]): Promise<FoundBlock[]> {
  const found: FoundBlock[] = [];
  for (const [i, files] of blocks.entries()) {
    const folder = new MemoryFolder(`block-${i}`, files);
    found.push({ folder, meta: (await readMeta(folder))! });
  }
  return found;
}

/** A block that is written to memory. */
export class MemoryOutput implements BlockOutput {
  readonly files: BlockBytes = new Map();

  create(path: string): OutputFile {
    const pieces: Uint8Array[] = [];
    return {
      write: (bytes) => {
        pieces.push(bytes.slice());
      },
      close: () => {
        this.files.set(path, new Uint8Array(Buffer.concat(pieces)));
      },
    };
  }

  async open(path: string): Promise<BlockFile> {
    return (await new MemoryFolder("new", this.files).open(path))!;
  }

  remove(path: string): void {
    this.files.delete(path);
  }
}
