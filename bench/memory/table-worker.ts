/**
 * A table with a generated tenant in a process of its own; returns the endpoint of the DynamoDB
 * that serves it.
 */
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { loadRecording } from "../recorded-series.ts";
import { serveWorker } from "../worker.ts";
import { newWorkload } from "../workload.ts";
import { serveTable } from "./dynamodb-server.ts";
import { buildChunkedDay, buildOpenBucket } from "./tenants.ts";

/**
 * "empty": nothing. "chunks": a day as chunks. "runs": a closed bucket as runs, and ten minutes of
 * log after it.
 */
export interface TenantRequest {
  readonly kind: "empty" | "chunks" | "runs";
  readonly series: number;
  /** A midnight. */
  readonly startMs: number;
}

serveWorker<TenantRequest, string>(async ({ kind, series, startMs }) => {
  const table = new MemoryTable();
  if (kind !== "empty") {
    const workload = newWorkload(loadRecording().series, series, startMs);
    const build = kind === "chunks" ? buildChunkedDay : buildOpenBucket;
    await build({ table, workload, startMs });
  }
  return serveTable(table);
});
