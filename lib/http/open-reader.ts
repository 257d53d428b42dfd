/** A tenant's reader for one request. */
import { Reader, type ReaderOptions } from "../storage/read/reader.ts";
import type { Table } from "../storage/table/table.ts";
import type { Services } from "./gateway.ts";

/**
 * `table` counts what the request costs; `memory` is the readers' cache between requests, if any. `damage` takes what
 * cannot be read; without it a query that meets damage throws "data". `deadline` ends what is computed of the reads.
 */
export async function openReader(
  services: Services,
  tenant: string,
  table: Table,
  { memory, damage, deadline }: Pick<ReaderOptions, "memory" | "damage" | "deadline">,
): Promise<Reader> {
  const { clock, limits } = services;
  const { retentionMs, rollupRetentionMs } = await services.tenants.find(table, tenant);
  return new Reader(table, {
    tenant,
    clock,
    limits,
    retentionMs,
    rollupRetentionMs,
    memory,
    damage,
    deadline,
  });
}
