/** Blocks in a temporary folder: what an import makes of text and of remote reads. */
import { createHash, type Hash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../lib/model/time.ts";
import type { StoreSpooled } from "../../lib/transfer/sample-spool.ts";
import type { FoundBlock } from "../../lib/transfer/survey.ts";
import { readMeta } from "../../lib/tsdb/block.ts";
import { newUlid } from "../../lib/tsdb/ulid.ts";
import { writeBlock } from "../../lib/tsdb/write/block-writer.ts";
import type { OutputFile } from "../../lib/tsdb/write/output.ts";
import { LocalFolder } from "./local-files.ts";
import { LocalOutput } from "./local-output.ts";

/** Known by what is in its files: the same samples are the same import. */
class HashedOutput extends LocalOutput {
  readonly #hash: Hash = createHash("sha256");

  get digest(): string {
    return this.#hash.digest("hex");
  }

  override create(path: string): OutputFile {
    const file = super.create(path);
    if (path !== "index" && !path.startsWith("chunks/")) return file;
    return {
      write: (bytes) => {
        this.#hash.update(bytes);
        return file.write(bytes);
      },
      close: () => file.close(),
    };
  }
}

export class BlockSpool implements AsyncDisposable {
  readonly #directory: string;
  readonly #clock: Clock;
  #blocks: FoundBlock[] = [];

  private constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  static async open(clock: Clock): Promise<BlockSpool> {
    return new BlockSpool(await mkdtemp(join(tmpdir(), "hearthdb-import-")), clock);
  }

  /** Those written since this was asked last. */
  takeBlocks(): FoundBlock[] {
    const blocks = this.#blocks;
    this.#blocks = [];
    return blocks;
  }

  readonly store: StoreSpooled = async (_day, series) => {
    const ulid = newUlid(this.#clock() + this.#blocks.length, randomBytes);
    const output = new HashedOutput(this.#directory, ulid);
    if ((await writeBlock(output, ulid, series, () => {})) === undefined) {
      output.discard();
      return;
    }
    output.finish();
    const folder = new LocalFolder(join(this.#directory, ulid));
    this.#blocks.push({ folder, meta: (await readMeta(folder))!, identity: output.digest });
  };

  /** Removes the files of blocks. */
  async remove(blocks: readonly FoundBlock[]): Promise<void> {
    for (const { folder } of blocks) await rm(folder.name, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}
