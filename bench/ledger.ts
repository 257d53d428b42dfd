/** The cost of calls by kind of item, as the table itself counts it. */
import { KIND } from "../lib/storage/layout/keys.ts";
import { itemSizeBytes } from "../lib/storage/table/item-size.ts";
import {
  type Item,
  type Key,
  type KeyRange,
  type Meter,
  newMeter,
  type QueryOptions,
  type Table,
} from "../lib/storage/table/table.ts";

export const GROUPS = ["log", "dictionary", "index", "run", "chunk", "rows", "control"] as const;
export type Group = (typeof GROUPS)[number];

/** The compiler refuses a kind of item without a group. */
const GROUP_OF_KIND: Readonly<Record<keyof typeof KIND, Group>> = {
  log: "log",
  dictionary: "dictionary",
  series: "index",
  index: "index",
  day: "index",
  run: "run",
  chunk: "chunk",
  rows: "rows",
  rowIndex: "rows",
  rollupManifest: "rows",
  manifest: "control",
  mark: "control",
  cursor: "control",
  progress: "control",
  quarantine: "control",
  audit: "control",
  swept: "control",
  accessKey: "control",
  tenant: "control",
  election: "control",
  metadata: "control",
  exemplars: "control",
  canary: "control",
  quota: "control",
  usage: "control",
  ruleGroup: "control",
  ruleState: "control",
  ruleSeries: "control",
  ruled: "control",
  alertNotices: "control",
};
const GROUPS_BY_BYTE = new Map<number, Group>(
  Object.entries(KIND).map(([kind, byte]) => [byte, GROUP_OF_KIND[kind as keyof typeof KIND]]),
);

/** Calls and units, and the items put. */
export interface Entry extends Meter {
  items: number;
  /** Bytes of names, keys and values, by which storage is billed. */
  itemBytes: number;
  valueBytes: number;
}

export type Ledger = Readonly<Record<Group, Entry>>;

export function newLedger(): Ledger {
  const entries = GROUPS.map((group): [Group, Entry] => [
    group,
    { ...newMeter(), items: 0, itemBytes: 0, valueBytes: 0 },
  ]);
  return Object.fromEntries(entries) as Record<Group, Entry>;
}

export function total(ledger: Ledger, of: (entry: Entry) => number): number {
  return GROUPS.reduce((sum, group) => sum + of(ledger[group]), 0);
}

/** A table whose calls a ledger records, in addition to its meters. */
export class LedgerTable implements Table {
  readonly #inner: Table;
  readonly #ledger: Ledger;
  readonly #onPut: (group: Group, item: Item) => void;
  readonly #tables = new Map<Group, Table>();

  constructor(inner: Table, ledger: Ledger, onPut: (group: Group, item: Item) => void = () => {}) {
    this.#inner = inner;
    this.#ledger = ledger;
    this.#onPut = onPut;
  }

  metered(meter: Meter): Table {
    return new LedgerTable(this.#inner.metered(meter), this.#ledger, this.#onPut);
  }

  async put(item: Item): Promise<void> {
    await this.#of(item).put(item);
    this.#enter(item);
  }

  async putIfAbsent(item: Item): Promise<boolean> {
    const isStored = await this.#of(item).putIfAbsent(item);
    if (isStored) this.#enter(item);
    return isStored;
  }

  async putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    const isStored = await this.#of(item).putIfEqual(item, expected);
    if (isStored) this.#enter(item);
    return isStored;
  }

  /** All items of a batch belong to one group. */
  async putAll(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return;
    const [first] = items;
    if (items.some((item) => groupOf(item) !== groupOf(first)))
      throw new Error("ledger: a batch of two groups");
    await this.#of(first).putAll(items);
    for (const item of items) this.#enter(item);
  }

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    return this.#of(key).get(key, options);
  }

  delete(key: Key): Promise<void> {
    return this.#of(key).delete(key);
  }

  query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    return this.#of(range).query(range, options);
  }

  #of(key: Pick<Key, "pk">): Table {
    const group = groupOf(key);
    let table = this.#tables.get(group);
    if (table === undefined) {
      table = this.#inner.metered(this.#ledger[group]);
      this.#tables.set(group, table);
    }
    return table;
  }

  #enter(item: Item): void {
    const group = groupOf(item);
    const entry = this.#ledger[group];
    entry.items++;
    entry.itemBytes += itemSizeBytes(item);
    entry.valueBytes += item.value.length;
    this.#onPut(group, item);
  }
}

function groupOf({ pk }: Pick<Key, "pk">): Group {
  const group = GROUPS_BY_BYTE.get(pk[0]);
  if (group === undefined) throw new Error(`ledger: ${pk[0]} is not a kind of item`);
  return group;
}
