/** What a warm process remembers of groups: their decoded states, and whether the samples of these are stored. */
import type { GroupState } from "../group-state.ts";
import type { Dictionary } from "./state-codec.ts";

export interface RememberedGroup {
  /** The head that was read or stored last: another one makes the rest worthless. */
  readonly head: Uint8Array;
  readonly state: GroupState;
  readonly dictionary: Dictionary;
  /** Whether this process has stored `state.written`. */
  isStored: boolean;
}

/** Groups at most: what a process keeps of one is some KB. */
const MAX_GROUPS = 20_000;

export class GroupMemory {
  readonly #groups = new Map<string, RememberedGroup>();

  find(key: string, head: Uint8Array | undefined): RememberedGroup | undefined {
    const known = this.#groups.get(key);
    return known !== undefined && head !== undefined && Buffer.compare(known.head, head) === 0
      ? known
      : undefined;
  }

  keep(key: string, group: RememberedGroup): void {
    if (this.#groups.size >= MAX_GROUPS) this.#groups.clear();
    this.#groups.set(key, group);
  }
}
