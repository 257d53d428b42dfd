/**
 * Run under strace: serves a directory, stores versions of items by a seed, some at once, and prints
 * each that was acknowledged.
 *
 *     child.ts DIRECTORY SEED OPERATIONS synced|unsynced
 */
import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { openTable } from "../../../../lib/storage/dynamodb/dynamodb-table.ts";
import { ensureTable } from "../../../../lib/storage/dynamodb/ensure-table.ts";
import { startEmbeddedDynamoDB } from "../../../../local/dynamodb/embedded-dynamodb.ts";
import { Random } from "../../../simulation/random.ts";
import { ITEMS, printOperation, versionedItem } from "./versions.ts";

const SENDERS = 4;
/** One in so many removes its item. */
const REMOVALS = 8;

const [directory, seed, operations, syncing] = process.argv.slice(2);
const random = new Random(Number(seed));
const server = await startEmbeddedDynamoDB({ directory, isSynced: syncing === "synced" });
const options = { tableName: "hearth", clock: Date.now, randomBytes, endpoint: server.endpoint };
await ensureTable(options);
const table = openTable(options);
const tell = (what: string) => writeSync(1, `${what}\n`);
tell("ready");

let version = 0;
/** Nobody writes an item twice at once: which one came last would not be known. */
const busy = new Set<number>();
async function send(): Promise<void> {
  while (version < Number(operations)) {
    const number = random.between(0, ITEMS - 1);
    if (busy.has(number)) continue;
    busy.add(number);
    const operation = { number, version: ++version, isRemoval: random.between(1, REMOVALS) === 1 };
    tell(`sends ${printOperation(operation)}`);
    const item = versionedItem(operation, random);
    await (operation.isRemoval ? table.delete(item) : table.put(item));
    tell(`acknowledged ${printOperation(operation)}`);
    busy.delete(number);
  }
}
await Promise.all(Array.from({ length: SENDERS }, send));
table.close();
await server.close();
tell("closed");
