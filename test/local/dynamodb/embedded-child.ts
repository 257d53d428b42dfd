/** Run by embedded-dynamodb.test.ts: serves a directory, puts items, and prints the number of each one stored. */
import { randomBytes } from "node:crypto";
import { openTable } from "../../../lib/storage/dynamodb/dynamodb-table.ts";
import { ensureTable } from "../../../lib/storage/dynamodb/ensure-table.ts";
import { startEmbeddedDynamoDB } from "../../../local/dynamodb/embedded-dynamodb.ts";

const server = await startEmbeddedDynamoDB({ directory: process.argv[2] });
const options = { tableName: "hearth", clock: Date.now, randomBytes, endpoint: server.endpoint };
await ensureTable(options);
const table = openTable(options);
for (let i = 0; ; i++) {
  await table.put({
    pk: Uint8Array.of(1),
    sk: Uint8Array.of(i >> 8, i),
    value: new Uint8Array(5000).fill(i),
  });
  process.stdout.write(`${i}\n`);
}
