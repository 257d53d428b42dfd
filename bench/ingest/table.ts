/** The table of a worker: that of the DynamoDB at an endpoint, or one in memory. */
import { randomBytes } from "node:crypto";
import { openTable } from "../../lib/storage/dynamodb/dynamodb-table.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import type { Table } from "../../lib/storage/table/table.ts";

export function openBenchTable(endpoint: string | undefined): Table {
  return endpoint === undefined
    ? new MemoryTable()
    : openTable({ tableName: "bench", clock: Date.now, randomBytes, endpoint });
}
