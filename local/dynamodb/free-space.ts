/**
 * A guard against a full disk: LevelDB cannot even start again on one, so some space stays free for
 * it.
 */
import { statfs } from "node:fs/promises";
import { HearthError } from "../../lib/model/errors.ts";

/** Several times LevelDB's write buffer, the tables of a compaction and a manifest. */
export const MIN_FREE_BYTES = 64 * 1024 * 1024;
/**
 * The disk is checked this often at most; at 60 MB/s it loses less than `MIN_FREE_BYTES` between
 * two checks.
 */
const CHECK_INTERVAL_MS = 1000;

/** Free bytes on the disk of a directory. */
export type FreeBytes = (directory: string) => Promise<number>;

export const diskFreeBytes: FreeBytes = async (directory) => {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
};

export class FreeSpace {
  readonly #directory: string;
  readonly #freeBytes: FreeBytes;
  readonly #clock: () => number;
  #checkedMs = Number.NEGATIVE_INFINITY;
  #free = 0;

  /** `clock`: in ms, monotonic. */
  constructor(directory: string, freeBytes: FreeBytes, clock: () => number) {
    this.#directory = directory;
    this.#freeBytes = freeBytes;
    this.#clock = clock;
  }

  /** Throws "unavailable" while less than `MIN_FREE_BYTES` are free. */
  async check(): Promise<void> {
    const nowMs = this.#clock();
    // A full disk is checked every time: writes continue as soon as there is room.
    if (nowMs - this.#checkedMs >= CHECK_INTERVAL_MS || this.#free < MIN_FREE_BYTES) {
      this.#free = await this.#freeBytes(this.#directory);
      this.#checkedMs = nowMs;
    }
    if (this.#free >= MIN_FREE_BYTES) return;
    const free = Math.floor(this.#free / 2 ** 20);
    const needed = MIN_FREE_BYTES / 2 ** 20;
    throw new HearthError(
      "unavailable",
      `embedded dynamodb: the disk is full, free=${free}MiB needed=${needed}MiB directory=${this.#directory}; free some space`,
    );
  }
}
