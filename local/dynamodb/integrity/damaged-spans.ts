/**
 * Spans of keys that a damaged block may hold. A request that touches one fails. LevelDB copies what
 * it can read of a damaged block into new tables, so spans outlive their block: they stand in a file.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { HearthError } from "../../../lib/model/errors.ts";
import { readChecked, writeChecked } from "./checked-file.ts";
import type { KeySpan } from "./table-file.ts";

const NAME = "damaged";

export interface DamagedSpan extends KeySpan {
  /** The table that had the block. */
  readonly file: string;
}

/** Bounds of keys, as abstract-level takes them. */
export interface Bounds {
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
}

/** What is asked for may have been in a block that is damaged. */
export class DamagedBlock extends Error {
  constructor(file: string) {
    super(`a block of the database is damaged, file=${file}`);
  }
}

export class DamagedSpans {
  readonly #directory: string | undefined;
  #spans: readonly DamagedSpan[];

  /** `directory`: where they stand; undefined: nowhere. */
  constructor(directory?: string, spans: readonly DamagedSpan[] = []) {
    this.#directory = directory;
    this.#spans = spans;
  }

  get count(): number {
    return this.#spans.length;
  }

  async add(spans: readonly DamagedSpan[]): Promise<void> {
    const isNew = (one: DamagedSpan) =>
      !this.#spans.some(
        ({ file, first, last }) => file === one.file && first === one.first && last === one.last,
      );
    const added = spans.filter(isNew);
    if (added.length === 0) return;
    this.#spans = [...this.#spans, ...added];
    if (this.#directory !== undefined) await writeChecked(join(this.#directory, NAME), this.#spans);
  }

  /** Throws `DamagedBlock` when a key may have been in one. */
  checkKey(key: string): void {
    this.check({ gte: key, lte: key });
  }

  /** Throws `DamagedBlock` when a key within bounds may have been in one. */
  check({ gt, gte = gt, lt, lte = lt }: Bounds): void {
    if (this.#spans.length === 0) return;
    const [first, last] = [bytesOf(gte), bytesOf(lte)];
    for (const span of this.#spans) {
      if (first !== undefined && first > span.last) continue;
      if (last !== undefined && last < span.first) continue;
      throw new DamagedBlock(span.file);
    }
  }
}

/** Keys compare by their bytes, as characters of one byte each. */
function bytesOf(key: string | undefined): string | undefined {
  return key === undefined ? undefined : Buffer.from(key, "utf8").toString("latin1");
}

/** Those found before. Throws "unavailable" when they cannot be read. */
export async function loadSpans(directory: string): Promise<DamagedSpans> {
  const read = await readChecked(join(directory, NAME));
  if (read === "absent") return new DamagedSpans(directory);
  if (read === "damaged")
    throw new HearthError(
      "unavailable",
      `embedded dynamodb: the list of damaged blocks cannot be read, file=${join(directory, NAME)}`,
    );
  return new DamagedSpans(directory, read.content as DamagedSpan[]);
}

export function forgetSpans(directory: string): Promise<void> {
  return rm(join(directory, NAME), { force: true });
}
