/** A tenant's reader for one request. */
import type { ReaderMemory } from "../storage/cache/reader-memory.ts";
import { Reader } from "../storage/read/reader.ts";
import type { Table } from "../storage/table/table.ts";
import type { Services } from "./gateway.ts";

/** `table` counts what the request costs; `memory` is the readers' cache between requests, if any. */
export async function openReader(
  services: Services,
  tenant: string,
  table: Table,
  memory: ReaderMemory | undefined,
): Promise<Reader> {
  const { clock, limits } = services;
  const { retentionMs } = await services.tenants.find(table, tenant);
  return new Reader(table, { tenant, clock, limits, retentionMs, memory });
}
