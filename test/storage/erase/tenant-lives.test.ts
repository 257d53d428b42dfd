/** A tenant that is deleted stays deleted, and its name can be used again at once. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach, test } from "node:test";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { HOUR_MS } from "../../../lib/model/time.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { type CompactOptions, compact } from "../../../lib/storage/compact/compactor.ts";
import {
  DELETION_WAIT_MS,
  deleteTenantItems,
  isOfTenant,
  newLeftoverCheck,
} from "../../../lib/storage/erase/delete-tenant.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item, ScanOptions } from "../../../lib/storage/table/table.ts";
import {
  beginTenantLife,
  changeTenantSettings,
  loadTenantSettings,
  Tenants,
} from "../../../lib/storage/tenants/tenant-settings.ts";
import type { Writers } from "../../../lib/storage/write/writers.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { ALL_TIME, selectAll } from "../../helpers/storage/naive-store.ts";
import { batchOf, series } from "../../helpers/write-requests.ts";

/** Whoever goes through the whole table waits for something once all keys are listed. */
class ScannedTable extends MemoryTable {
  onListed = async () => {};

  override async *scan(options: ScanOptions = {}) {
    const pages: (readonly Item[])[] = [];
    for await (const page of super.scan(options)) pages.push(page);
    await this.onListed();
    yield* pages;
  }
}

let table: ScannedTable;
let engine: Engine;
/** What a warm process has. */
let tenants: Tenants;
let writers: Writers;
let memory: ReaderMemory;

beforeEach(() => {
  table = new ScannedTable();
  engine = new Engine({ table });
  tenants = new Tenants(0, engine.clock);
  writers = engine.newWriters();
  memory = new ReaderMemory(10_000_000);
});

async function write(job: string, time: number): Promise<void> {
  const { storedAs } = await tenants.find(engine.table, "shop");
  const appender = writers.appender({ tenant: storedAs, retentionMs: 0 }, engine.table);
  await appender.append(batchOf(series("up", { job }, [time, 1])));
}

/** The jobs that a warm reader finds. */
async function jobs(): Promise<string[]> {
  const { storedAs, retentionMs } = await tenants.find(engine.table, "shop");
  const options = { tenant: storedAs, clock: engine.clock, limits: DEFAULT_LIMITS, retentionMs, memory };
  const found = await selectAll(new Reader(engine.table, options), { matchers: [], ...ALL_TIME });
  return found.map(({ labels }) => labels.find(([name]) => name === "job")![1]);
}

async function retentionOfStored(storedAs: string): Promise<number | undefined> {
  return (await tenants.findStored(engine.table, storedAs))?.retentionMs;
}

async function compactAll(retentionOf: CompactOptions["retentionOf"] = retentionOfStored): Promise<void> {
  const onDay = ({ error }: { readonly error: unknown }) => assert.equal(error, undefined);
  const { clock } = engine;
  const deadlineMs = Number.POSITIVE_INFINITY;
  await compact(engine.table, { clock, randomBytes, retentionOf, deadlineMs, isEager: true, onDay });
}

async function deleteShop(): Promise<void> {
  const life = await beginTenantLife(engine.table, "shop");
  engine.nowMs += DELETION_WAIT_MS;
  await deleteTenantItems(table, "shop", life);
}

test("a flush that was under way brings nothing back", async () => {
  await write("before", MIDNIGHT_MS);
  assert.deepEqual(await jobs(), ["before"]);
  engine.nowMs += HOUR_MS;
  // The process still takes the first life for the tenant's: its flush ends after the keys were listed.
  const known = await tenants.find(engine.table, "shop");
  table.onListed = () => compactAll(() => known.retentionMs);
  await deleteShop();
  table.onListed = async () => {};
  assert.deepEqual(await jobs(), []);
  await write("after", MIDNIGHT_MS + 1);
  assert.deepEqual(await jobs(), ["after"]);
  engine.nowMs += HOUR_MS;
  await compactAll();
  assert.deepEqual(await jobs(), ["after"]);
  // What the flush has stored is left in the table, and named by the tools.
  const isLeftover = await newLeftoverCheck(engine.table);
  const left: Item[] = [];
  for await (const page of table.scan()) left.push(...page.filter((item) => isOfTenant(item, "shop", 1)));
  assert.ok(left.length > 0);
  assert.ok(left.every(isLeftover));
});

test("what a warm process writes to the name afterwards is found, and nothing of before", async () => {
  await write("before", MIDNIGHT_MS);
  await jobs();
  await deleteShop();
  await write("after", MIDNIGHT_MS + 1);
  assert.deepEqual(await jobs(), ["after"]);
  engine.nowMs += HOUR_MS;
  await compactAll();
  assert.deepEqual(await jobs(), ["after"]);
  const isLeftover = await newLeftoverCheck(engine.table);
  for await (const page of table.scan()) assert.deepEqual(page.filter(isLeftover), []);
  // Once more, in its second life.
  await deleteShop();
  assert.deepEqual(await jobs(), []);
});

test("settings go with the tenant, and a change never takes it back to a life before", async () => {
  await changeTenantSettings(engine.table, "shop", { retentionDays: 9 });
  assert.equal(await beginTenantLife(engine.table, "shop"), 1);
  await changeTenantSettings(engine.table, "shop", { rollupDays: 3 });
  assert.deepEqual(await loadTenantSettings(engine.table, "shop"), { life: 1, rollupDays: 3 });
  assert.equal(await beginTenantLife(engine.table, "shop"), 2);
  assert.equal((await new Tenants(0, engine.clock).find(engine.table, "shop")).storedAs, "shop~2");
});

test("a process whose clock is set back does not take a life before for the tenant's", async () => {
  engine.tickMs = 0;
  await tenants.find(engine.table, "shop");
  await beginTenantLife(engine.table, "shop");
  engine.nowMs -= HOUR_MS;
  assert.equal((await tenants.find(engine.table, "shop")).storedAs, "shop~1");
  assert.equal(await tenants.findStored(engine.table, "shop"), undefined);
});
