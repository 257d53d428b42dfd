/** What one request may read. */
import { matchersOf } from "../auth/read-matchers.ts";
import type { Access } from "../auth/verifier.ts";
import { Patterns } from "../model/regexp/patterns.ts";
import type { Queryable } from "../storage/interface.ts";
import { NarrowedReader } from "../storage/read/narrowed-reader.ts";
import { Reader, type ReaderOptions } from "../storage/read/reader.ts";
import type { Table } from "../storage/table/table.ts";
import type { Services } from "./gateway.ts";

export type RequestReader = Queryable & Pick<Reader, "held">;

/**
 * `table` counts what the request costs; `memory` is the readers' cache between requests, if any. `damage` takes what
 * cannot be read; without it a query that meets damage throws "data". `deadline` ends what is computed of the reads.
 */
export async function openReader(
  services: Services,
  { tenant, readMatch }: Pick<Access, "tenant" | "readMatch">,
  table: Table,
  {
    memory,
    damage,
    deadline,
    onSelect,
    maxReadUnits,
    sharers = 1,
  }: Pick<ReaderOptions, "memory" | "damage" | "deadline" | "onSelect"> & {
    readonly maxReadUnits?: number | undefined;
    /** Readers of the request, which share the memory of one. Default: 1. */
    readonly sharers?: number | undefined;
  },
): Promise<RequestReader> {
  const { clock } = services;
  const { maxQueryReadUnits } = services.limits;
  const share = (bytes: number) => Math.floor(bytes / sharers);
  const limits = {
    ...services.limits,
    maxQueryReadUnits: maxReadUnits ?? maxQueryReadUnits,
    maxQueryBytes: share(services.limits.maxQueryBytes),
    maxQueryLabelBytes: share(services.limits.maxQueryLabelBytes),
  };
  const { retentionMs, rollupRetentionMs, storedAs } = await services.tenants.find(table, tenant);
  const reader = new Reader(table, {
    tenant: storedAs,
    clock,
    limits,
    retentionMs,
    rollupRetentionMs,
    memory,
    damage,
    deadline,
    onSelect,
  });
  // Patterns of their own: what a request asks must not use up the limits of what narrows it.
  return readMatch === undefined
    ? reader
    : new NarrowedReader(reader, matchersOf(readMatch, new Patterns(deadline)), clock);
}
