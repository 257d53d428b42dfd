/** What a warm process remembers of groups: their decoded states, and whether the samples of these are stored. */
import { MINUTE_MS } from "../../model/time.ts";
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

/** Then the rules that need the table fail, so that the others of their group go on. */
const MAX_WAIT_MS = 5 * MINUTE_MS;
const MAX_ATTEMPTS = 5;

export class GroupMemory {
  readonly #groups = new Map<string, RememberedGroup>();
  /** Groups for which the table has been away, since when and how often. */
  readonly #failing = new Map<string, { readonly sinceMs: number; readonly attempts: number }>();

  readonly #maxWaitMs: number;

  /** `maxWaitMs`: for how long a group waits for a table that is away before rules fail. */
  constructor(maxWaitMs: number = MAX_WAIT_MS) {
    this.#maxWaitMs = maxWaitMs;
  }

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

  /** Notes that the table was away for a group, or was not. */
  noteTable(key: string, isAway: boolean, nowMs: number): void {
    const failing = this.#failing.get(key);
    if (!isAway) this.#failing.delete(key);
    else
      this.#failing.set(key, { sinceMs: failing?.sinceMs ?? nowMs, attempts: (failing?.attempts ?? 0) + 1 });
  }

  /** Whether a table that is away for a group is waited for. */
  waitsForTable(key: string, nowMs: number): boolean {
    const failing = this.#failing.get(key);
    return (
      failing === undefined || failing.attempts < MAX_ATTEMPTS || nowMs - failing.sinceMs < this.#maxWaitMs
    );
  }
}
