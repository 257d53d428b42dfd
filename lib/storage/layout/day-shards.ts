/** Which days have samples, and into how many shards their log is split. */

import type { Table } from "../table/table.ts";
import { daysRange, parseDaySortKey } from "./keys.ts";
import type { Shard } from "./shard.ts";

/** Shards of each day of `first..last` (inclusive) that has samples, days ascending. */
export async function listDays(
  table: Table,
  tenant: string,
  first: number,
  last: number,
  signal?: AbortSignal,
): Promise<Map<number, Shard[]>> {
  const days = new Map<number, Shard[]>();
  for await (const page of table.query(daysRange(tenant, first, last), { consistent: true, signal })) {
    for (const item of page) {
      const { day, shardBits: bits } = parseDaySortKey(item.sk);
      const shards = Array.from({ length: 2 ** bits }, (_, prefix): Shard => ({ bits, prefix }));
      days.set(day, [...(days.get(day) ?? []), ...shards]);
    }
  }
  return days;
}

/** The shards of one day's log. */
export async function listShards(table: Table, tenant: string, day: number): Promise<Shard[]> {
  return (await listDays(table, tenant, day, day)).get(day) ?? [];
}
