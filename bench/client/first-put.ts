/** The client alone: what a function loads of it, and its first call. */
import { randomBytes } from "node:crypto";
import { openTable } from "../../lib/storage/dynamodb/dynamodb-table.ts";

export async function putOnce(endpoint: string): Promise<void> {
  const table = openTable({ tableName: "bench", clock: Date.now, randomBytes, endpoint });
  const bytes = Uint8Array.of(1);
  await table.put({ pk: bytes, sk: bytes, value: bytes });
}
