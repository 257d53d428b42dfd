/** A run of the embedded DynamoDB whose power goes at any event: what was acknowledged before it is found. */
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openTable } from "../../../../lib/storage/dynamodb/dynamodb-table.ts";
import { ensureTable } from "../../../../lib/storage/dynamodb/ensure-table.ts";
import { startEmbeddedDynamoDB } from "../../../../local/dynamodb/embedded-dynamodb.ts";
import type { Random } from "../../../simulation/random.ts";
import { writeDisk } from "./disk.ts";
import { type FileEvent, traceFiles } from "./file-trace.ts";
import { PARTITION, parseOperation, versionOf } from "./versions.ts";

export interface TracedRun {
  readonly directory: string;
  readonly events: readonly FileEvent[];
}

/** Stores versions of items under strace. */
export function traceRun(
  root: string,
  {
    seed,
    operations,
    isSynced,
  }: { readonly seed: number; readonly operations: number; readonly isSynced: boolean },
): TracedRun {
  const directory = join(root, "traced");
  const child = join(import.meta.dirname, "child.ts");
  const args = [directory, String(seed), String(operations), isSynced ? "synced" : "unsynced"];
  const events = traceFiles(directory, [process.execPath, child, ...args], join(root, "trace"));
  return { directory, events };
}

/** Cuts the power after so many events, and opens what is left. Returns what is wrong with it; undefined: nothing. */
export async function cutPower(
  { directory, events }: TracedRun,
  count: number,
  target: string,
  random: Random,
): Promise<string | undefined> {
  writeDisk(events, count, { directory, target }, random);
  try {
    const found = await versionsIn(target);
    return wrongVersion(events.slice(0, count), found);
  } catch (error) {
    return `it does not open: ${(error as Error).message}`;
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

async function versionsIn(directory: string): Promise<Map<number, number>> {
  const server = await startEmbeddedDynamoDB({ directory });
  const options = { tableName: "hearth", clock: Date.now, randomBytes, endpoint: server.endpoint };
  const table = openTable(options);
  const versions = new Map<number, number>();
  try {
    await ensureTable(options);
    for await (const page of table.query({ pk: PARTITION }, { consistent: true }))
      for (const item of page) versions.set(item.sk[0], versionOf(item));
  } finally {
    table.close();
    await server.close();
  }
  return versions;
}

/** An item is of the version acknowledged last, or of one sent after it. */
function wrongVersion(events: readonly FileEvent[], found: ReadonlyMap<number, number>): string | undefined {
  const allowed = new Map<number, Set<number | undefined>>();
  for (const event of events) {
    if (event.kind !== "line") continue;
    const [what, ...rest] = event.text.split(" ");
    if (what !== "sends" && what !== "acknowledged") continue;
    const { number, version, isRemoval } = parseOperation(rest.join(" "));
    const state = isRemoval ? undefined : version;
    if (what === "acknowledged") allowed.set(number, new Set([state]));
    else allowed.set(number, (allowed.get(number) ?? new Set([undefined])).add(state));
  }
  for (const number of new Set([...allowed.keys(), ...found.keys()])) {
    const states = allowed.get(number) ?? new Set([undefined]);
    if (!states.has(found.get(number)))
      return `item ${number} is of version ${found.get(number)}, expected ${[...states].join(" or ")}`;
  }
  return undefined;
}
