/** Files of an export. Until they are whole they have a name that no program reads. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import type { BlockFile } from "../../lib/tsdb/files.ts";
import type { BlockOutput, OutputFile } from "../../lib/tsdb/write/output.ts";
import { LocalFolder } from "./local-files.ts";

/** Prometheus removes folders of such names when it starts. */
const UNFINISHED = ".tmp-for-creation";

class LocalOutputFile implements OutputFile {
  readonly #path: string;
  readonly #descriptor: number;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = open(path);
  }

  write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      at += attempt(this.#path, () => writeSync(this.#descriptor, bytes, at, bytes.length - at));
    }
  }

  close(): void {
    attempt(this.#path, () => closeSync(this.#descriptor));
  }
}

/** The folder of a block under way. */
export class LocalOutput implements BlockOutput {
  readonly #path: string;
  readonly #final: string;

  constructor(directory: string, name: string) {
    this.#final = join(directory, name);
    this.#path = this.#final + UNFINISHED;
    attempt(this.#path, () => mkdirSync(join(this.#path, "chunks"), { recursive: true }));
  }

  create(path: string): OutputFile {
    return new LocalOutputFile(join(this.#path, path));
  }

  async open(path: string): Promise<BlockFile> {
    const file = await new LocalFolder(this.#path).open(path);
    if (file === undefined) throw new HearthError("internal", `${this.#path}/${path} is gone`);
    return file;
  }

  remove(path: string): void {
    rmSync(join(this.#path, path));
  }

  /** Gives the folder its final name. */
  finish(): void {
    attempt(this.#final, () => renameSync(this.#path, this.#final));
  }

  /** Removes what was written. */
  discard(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}

/** One file of text, or standard output for "-". */
export class LocalText {
  readonly #path: string;
  readonly #file: LocalOutputFile | undefined;

  /** Throws "invalid" for a file that exists. */
  constructor(path: string) {
    this.#path = path;
    if (path === "-") return;
    if (existsSync(path))
      throw new HearthError("invalid", `${path} exists: expected the name of a new file, or -`);
    this.#file = new LocalOutputFile(`${path}.partial`);
  }

  async write(text: string): Promise<void> {
    if (this.#file !== undefined) this.#file.write(new TextEncoder().encode(text));
    else if (!process.stdout.write(text))
      await new Promise((resolve) => process.stdout.once("drain", resolve));
  }

  finish(): void {
    if (this.#file === undefined) return;
    this.#file.close();
    attempt(this.#path, () => renameSync(`${this.#path}.partial`, this.#path));
  }

  discard(): void {
    if (this.#file !== undefined) rmSync(`${this.#path}.partial`, { force: true });
  }
}

function open(path: string): number {
  return attempt(path, () => openSync(path, "w"));
}

/** Says which file could not be written, and why. */
function attempt<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "ENOSPC" ? "no space is left on the disk" : errorMessage(cause);
    throw new HearthError("unavailable", `write ${path}: ${why}`, { cause });
  }
}
