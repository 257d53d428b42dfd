/** Takes the damaged items that a compaction of one day meets: each is copied, counted and reported, and costs itself alone. */
import { errorKind, errorMessage } from "../../model/errors.ts";
import type { Clock } from "../../model/time.ts";
import { KIND } from "../layout/keys.ts";
import type { Item, Table } from "../table/table.ts";
import { encodeQuarantined } from "./quarantine-item.ts";

/** What is reported of a damaged item. */
export interface DamagedItem {
  readonly tenant: string;
  readonly day: number;
  /** A name of `KIND`. */
  readonly kind: string;
  /** Both keys in hex, a slash between them. */
  readonly key: string;
  readonly reason: string;
}

export interface QuarantineOptions {
  readonly table: Table;
  readonly tenant: string;
  readonly day: number;
  readonly clock: Clock;
  readonly onDamagedItem?: ((damaged: DamagedItem) => void) | undefined;
}

export class Quarantine {
  readonly #options: QuarantineOptions;
  readonly #waiting: { readonly item: Item; readonly reason: string }[] = [];
  readonly #known = new Set<string>();
  #stored = 0;

  constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  /** Items that were not in quarantine before. */
  get stored(): number {
    return this.#stored;
  }

  /** Items that were noted, those in quarantine before among them. */
  get noted(): number {
    return this.#known.size;
  }

  /** Notes an item, which `store` copies. */
  add(item: Item, reason: string): void {
    const key = `${hex(item.pk)}/${hex(item.sk)}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#waiting.push({ item, reason });
    const { tenant, day, onDamagedItem } = this.#options;
    onDamagedItem?.({ tenant, day, kind: kindOf(item.pk[0]), key, reason });
  }

  /** Notes an item that could not be decoded; throws every other error on. */
  addUndecodable(item: Item, error: unknown): void {
    if (errorKind(error) !== "data") throw error;
    this.add(item, errorMessage(error));
  }

  /** Stores what was noted. An item has to be here before anything takes it for superseded. Throws "unavailable". */
  async store(): Promise<void> {
    const { table, tenant, day, clock } = this.#options;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      // The first copy stays: whoever found it first says when.
      let isNew = false;
      for (const piece of encodeQuarantined(tenant, { day, ...next, foundMs: clock() }))
        isNew = (await table.putIfAbsent(piece)) || isNew;
      if (isNew) this.#stored++;
      this.#waiting.shift();
    }
  }
}

function kindOf(byte: number): string {
  return Object.entries(KIND).find(([, value]) => value === byte)?.[0] ?? `0x${byte.toString(16)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
