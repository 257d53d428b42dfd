/** Follows the items of a partition, which number or link one another, and refuses one that has a gap. */
import type { Part } from "../layout/manifest.ts";
import { parseChunkLink, parseRunSortKey } from "../layout/part-keys.ts";
import { ChunkChain, RunChain } from "../parts/chains.ts";
import type { Item, KeyRange } from "../table/table.ts";
import { DamagedInput } from "./damaged-input.ts";
import type { DayContext } from "./day-context.ts";

/** Bytes of a run block's sort key that says whether it is its partition's last. */
const MARKED_RUN_KEY_BYTES = 5;

export class PartitionCheck {
  /** A damaged item is left out of what is followed, so a gap says nothing: samples are counted instead. */
  isDamaged = false;
  readonly #context: DayContext;
  readonly #part: Part;
  readonly #chain: RunChain | ChunkChain;
  #items = 0;
  /** An earlier version wrote items without links and last blocks without a mark. */
  #isLinked = true;

  constructor(context: DayContext, part: Part, range: KeyRange) {
    this.#context = context;
    this.#part = part;
    this.#chain = part.kind === "run" ? new RunChain() : new ChunkChain(range);
  }

  /** Throws `DamagedInput` for an item that does not follow the one before it. */
  follow(page: readonly Item[]): void {
    for (const { sk } of page) {
      if (this.#part.kind === "run") {
        parseRunSortKey(sk);
        if (sk.length < MARKED_RUN_KEY_BYTES) this.#isLinked = false;
      } else if (parseChunkLink(sk) === undefined) this.#isLinked = false;
    }
    if (this.#isLinked && !this.isDamaged) {
      const followed = this.#chain.follow(page);
      if (followed < page.length) this.#refuse(`${this.#items + followed} items before a gap`);
    }
    this.#items += page.length;
  }

  /** Throws `DamagedInput` unless the last item is the partition's last. A partition without any says nothing. */
  finish(): void {
    if (this.#items === 0 || !this.#isLinked || this.isDamaged || this.#chain.isComplete()) return;
    this.#refuse(`${this.#items} items and not its last`);
  }

  #refuse(found: string): never {
    const { kind, id, bucket } = this.#part;
    const what = kind === "run" ? "run" : "chunk part";
    throw new DamagedInput(
      this.#context,
      `a partition of ${what} ${id} of bucket ${bucket} has ${found}`,
      "all",
    );
  }
}
