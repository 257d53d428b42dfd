/**
 * A year of a tenant: chunks of every closed bucket, the open one as runs, the latest minutes in the log. A bucket is encoded
 * once; every other one is a copy with its times moved.
 */

import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import type { SortedItems } from "../../lib/storage/table/sorted-items.ts";
import type { Item, Key, KeyRange, Meter, QueryOptions, Table } from "../../lib/storage/table/table.ts";
import { FrozenTable } from "../query/frozen-table.ts";
import type { SeriesChunks } from "../query/store-day.ts";
import { buildTenant } from "../query/tenant.ts";
import type { RecordedSeries } from "../recorded-series.ts";
import { newWorkload } from "../workload.ts";
import { mergeMonths, rollDay } from "./roll-day.ts";

/** 21:07 on the last day of the year that ends then. */
export const NOW_MS = 20_780 * DAY_MS + 21 * HOUR_MS + 7 * MINUTE_MS;
const MIDNIGHT_MS = 20_780 * DAY_MS;

/** Partitions that share a buffer. */
const FROZEN_PARTITIONS = 2000;

export interface YearOptions {
  readonly days: number;
  /** Whether to make the hourly rows of the days that are over. */
  readonly hasRows: boolean;
}

/** Days between two lines of progress. */
const PROGRESS_DAYS = 30;

/** Stores `days` whole days before the last one, and that one up to `NOW_MS`. */
export async function buildYear(
  recorded: readonly RecordedSeries[],
  { days, hasRows }: YearOptions,
  onDay: ((day: number, series: readonly SeriesChunks[]) => void | Promise<void>) | undefined,
  prepare: (table: Table) => Promise<void>,
  note: (progress: string) => void = () => {},
): Promise<FrozenDays> {
  note(`samples of ${days} days`);
  const partitions: Map<string, SortedItems<Item>> = new Map();
  const table = new MemoryTable(partitions);
  const frozen = new FrozenDays();
  await prepare(table);
  const startMs = MIDNIGHT_MS - days * DAY_MS;
  await buildTenant({
    table,
    workload: newWorkload(recorded, recorded.length, startMs),
    startMs,
    nowMs: NOW_MS,
    onDay,
  });
  const over = Array.from(
    { length: hasRows ? dayOf(NOW_MS) - dayOf(startMs) : 0 },
    (_, i) => dayOf(startMs) + i,
  );
  for (const [i, day] of over.entries()) {
    if (i % PROGRESS_DAYS === 0) note(`rows of ${i} of ${over.length} days`);
    await rollDay({ table, tenant: DEFAULT_TENANT, day }, NOW_MS);
  }
  note("months of rows");
  await mergeMonths(table, DEFAULT_TENANT, over, NOW_MS);
  note("freezing the table");
  // All at once would be one buffer of more than 2 GB.
  let group = new Map<string, SortedItems<Item>>();
  for (const [pk, items] of [...partitions]) {
    group.set(pk, items);
    partitions.delete(pk);
    if (group.size < FROZEN_PARTITIONS) continue;
    frozen.add(group);
    group = new Map();
  }
  frozen.add(group);
  return frozen;
}

/** Frozen tables, none of which has a partition of another. */
export class FrozenDays implements Table {
  readonly #tables: Map<string, FrozenTable>;
  readonly #meters: readonly Meter[];
  readonly #empty = FrozenTable.of(new Map());

  constructor(tables = new Map<string, FrozenTable>(), meters: readonly Meter[] = []) {
    this.#tables = tables;
    this.#meters = meters;
  }

  add(partitions: ReadonlyMap<string, SortedItems<Item>>): void {
    const table = FrozenTable.of(partitions);
    for (const pk of partitions.keys()) this.#tables.set(pk, table);
  }

  metered(meter: Meter): Table {
    return new FrozenDays(this.#tables, [...this.#meters, meter]);
  }

  query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    return this.#of(range.pk).query(range, options);
  }

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    return this.#of(key.pk).get(key, options);
  }

  put = () => this.#empty.put();
  putIfAbsent = () => this.#empty.putIfAbsent();
  putIfEqual = () => this.#empty.putIfEqual();
  putAll = () => this.#empty.putAll();
  delete = () => this.#empty.delete();

  #of(pk: Uint8Array): Table {
    const name = Buffer.from(pk.buffer, pk.byteOffset, pk.length).toString("latin1");
    const table: Table = this.#tables.get(name) ?? this.#empty;
    return this.#meters.reduce((metered, meter) => metered.metered(meter), table);
  }
}
