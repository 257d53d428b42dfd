/** What a query could not read: gathered while it goes on with the rest, and told to its user in words. */

import type { Key } from "../table/table.ts";
import { placeOfKey, printDay } from "./key-place.ts";
import { METRIC_HASH_BYTES } from "./keys.ts";
import { parseChunkSortKey } from "./part-keys.ts";

/** By `KeyPlace.kind`: what an item is called, and what is missing without it. */
const WORDS: ReadonlyMap<string, readonly [item: string, loss: string]> = new Map([
  ["log", ["a log record", "samples of the last minutes"]],
  ["series", ["a series record", "series that are new"]],
  ["dictionary", ["a dictionary", "samples of the last minutes"]],
  ["index", ["an index block", "series"]],
  ["run", ["a run block", "samples of some minutes"]],
  ["chunk", ["a chunk item", "samples of up to eight hours"]],
  ["metadata", ["a metadata record", "metadata"]],
  ["day", ["a day item", "samples of the last minutes"]],
  ["quarantine", ["an item that compaction has put in quarantine", "samples or series"]],
  ["rollupManifest", ["a month's manifest of hourly rows, or its deletions,", "rows of expired samples"]],
  ["exemplars", ["an exemplar record", "exemplars"]],
]);
/** Series that are named for a day and kind. */
const MAX_NAMES = 3;

interface Group {
  readonly day: number | undefined;
  readonly kind: string;
  reason: string;
  readonly names: Set<string>;
}

export class DamageReports {
  readonly #groups = new Map<string, Group>();
  #count = 0;

  /** Names a series by its hash in hex, where it is known. */
  nameOf: (hash: string) => string | undefined = () => undefined;

  /** Reports so far; one that grew while something was read says that it is not whole. */
  get count(): number {
    return this.#count;
  }

  /** Takes an item that is damaged, or beside which one is missing. */
  readonly note = (key: Key, reason: string): void => {
    this.#count++;
    const { kind, day } = placeOfKey(key);
    const id = `${kind}/${day}`;
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = { day, kind, reason, names: new Set() };
      this.#groups.set(id, group);
    }
    if (kind !== "chunk" || key.sk.length < METRIC_HASH_BYTES || group.names.size === MAX_NAMES) return;
    const name = this.#nameOfChunk(key);
    if (name !== undefined) group.names.add(name);
  };

  #nameOfChunk({ sk }: Key): string | undefined {
    try {
      return this.nameOf(parseChunkSortKey(sk));
    } catch {
      return undefined;
    }
  }

  /** A line for each day and kind: what is missing, why, and what to do. */
  get warnings(): readonly string[] {
    return [...this.#groups.values()].map(({ day, kind, reason, names }) => {
      const [item, loss] = WORDS.get(kind) ?? [`an item of kind ${kind}`, "data"];
      const when = day === undefined ? "" : ` of ${printDay(day)}`;
      const which = names.size === 0 ? "" : ` (at or beside ${[...names].join(", ")})`;
      return `incomplete: ${loss}${when} may be missing: ${item} is damaged or gone${which}: ${reason}; "hearthdb verify" says what is lost`;
    });
  }
}
