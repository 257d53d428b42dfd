/**
 * Reads rows of some series of a partition. Blocks are read eventually consistently, at half the
 * price. Their keys link each to the one before it, so a gap shows, and what has one is read again
 * consistently.
 */
import { errorKind, errorMessage } from "../../model/errors.ts";
import type { HourRows } from "../../model/rows/hour-rows.ts";
import { parseRowSortKey, type RowPartition, rowRange, rowSpan, rowsAfter } from "../layout/rollup-keys.ts";
import { type NoteDamage, throwDamaged } from "../layout/verified-table.ts";
import type { Item, KeyRange, Table } from "../table/table.ts";
import { decodeRowBlock, rowsOfSeries } from "./row-block.ts";

/** Gets the rows that a block has of a series (hash in hex): all, or the next of several pieces. */
export type OnRows = (hash: string, rows: HourRows) => void;

/** What is remembered of parts of rows from one query to the next: they never change. */
export interface RowMemory {
  find(span: RowSpan): readonly Item[] | undefined;
  /** `items`: all of the span, whole. */
  keep(span: RowSpan, items: readonly Item[]): void;
}

export interface RowReading {
  readonly table: Pick<Table, "query">;
  readonly signal?: AbortSignal | undefined;
  /** Takes what is damaged or missing, which is then left out. Default: it throws "data". */
  readonly note?: NoteDamage | undefined;
  /** Default: none. */
  readonly memory?: RowMemory | undefined;
}

/** Series `first..last` of a partition: hashes in hex, both included. */
export interface RowSpan {
  readonly place: RowPartition;
  readonly first: string;
  readonly last: string;
  /** Whether a block usually has the end of one series and the beginning of another. */
  readonly isPacked: boolean;
}

/** `isWanted`: of which series rows are decoded. */
export async function readRowSpan(
  reading: RowReading,
  span: RowSpan,
  isWanted: (hash: string) => boolean,
  onRows: OnRows,
): Promise<void> {
  const items = await readItems(reading, span);
  for (const item of items) decodeInto(item, reading.note, isWanted, onRows);
}

/** All blocks of a partition, in order. */
export async function* readRowPartition(
  { table, signal, note: given }: RowReading,
  place: RowPartition,
): AsyncGenerator<readonly Item[], void, void> {
  const chain = new RowChain(undefined);
  const note = given ?? throwDamaged;
  const range = rowRange(place);
  for await (const page of table.query(range, { consistent: true, signal, onDamage: given })) {
    for (const item of page) if (!chain.follow(item)) note(item, "the item before it is missing");
    yield page;
  }
  if (chain.isBegun && !chain.isLast) note(rangeKey(range), "the item after the last is missing");
}

async function readItems(reading: RowReading, span: RowSpan): Promise<readonly Item[]> {
  const { note = throwDamaged, memory } = reading;
  const known = memory?.find(span);
  if (known !== undefined) return known;
  const items = await query(reading, span, false);
  if (isWhole(items, span)) {
    memory?.keep(span, items);
    return items;
  }
  const again = await query(reading, span, true);
  // Of a part without these series there is nothing, not even a block that would say so.
  if (again.length > 0 && !isWhole(again, span))
    note(again[0], "an item beside it is missing, or several are");
  return again;
}

async function query(
  { table, signal }: RowReading,
  { place, first, last, isPacked }: RowSpan,
  consistent: boolean,
): Promise<readonly Item[]> {
  const gather = async (range: KeyRange, limit?: number) => {
    const items: Item[] = [];
    for await (const page of table.query(range, { consistent, signal, limit })) {
      items.push(...page);
      if (limit !== undefined && items.length >= limit) break;
    }
    return items;
  };
  const span = rowSpan(place, first, last);
  const after = rowsAfter(place, last);
  if (isPacked) {
    const [within, next] = await Promise.all([gather(span), gather(after, 1)]);
    return [...within, ...next];
  }
  const within = await gather(span);
  return isEnd(within.at(-1), last) ? within : [...within, ...(await gather(after, 1))];
}

/** Whether nothing of the span comes after an item. */
function isEnd(item: Item | undefined, last: string): boolean {
  if (item === undefined) return false;
  const { lastHash, isLast, isContinued } = parseRowSortKey(item.sk);
  return isLast || lastHash > last || (lastHash === last && !isContinued);
}

function isWhole(items: readonly Item[], { first, last }: RowSpan): boolean {
  if (items.length === 0) return false;
  const chain = new RowChain(first);
  return items.every((item) => chain.follow(item)) && isEnd(items.at(-1), last);
}

/** Follows the blocks of a partition, from its first or from one that can have a series. */
export class RowChain {
  isBegun = false;
  isLast = false;
  #next: number | undefined;

  /** `first`: the series to begin with; undefined: the partition's first. */
  constructor(first: string | undefined) {
    this.#next = first === undefined ? 0 : undefined;
    this.#first = first;
  }
  readonly #first: string | undefined;

  /** Whether nothing is missing before the item. */
  follow({ sk }: Pick<Item, "sk">): boolean {
    const { number, before, isLast } = parseRowSortKey(sk);
    const isNext =
      this.#next === undefined
        ? before === undefined || this.#first === undefined || before < this.#first
        : number === this.#next;
    this.#next = number + 1;
    this.isBegun = true;
    this.isLast = isLast;
    return isNext;
  }
}

function rangeKey({ pk }: KeyRange) {
  return { pk, sk: new Uint8Array(0) };
}

/** Decodes a block. One that is damaged is noted. */
export function decodeInto(
  item: Item,
  note: NoteDamage = throwDamaged,
  isWanted: (hash: string) => boolean,
  onRows: OnRows,
): void {
  try {
    const block = decodeRowBlock(item.value);
    block.hashes.forEach((bytes, series) => {
      const hash = Buffer.from(bytes).toString("hex");
      if (isWanted(hash)) onRows(hash, rowsOfSeries(block, series));
    });
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    note(item, errorMessage(error));
  }
}
