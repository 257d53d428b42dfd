/** What the embedded DynamoDB promises beyond dynalite: expiry, durable writes, failures that are answered. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, open, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it, type TestContext } from "node:test";
import database, { type Database } from "dynalite/db/index.js";
import { openTable } from "../../../lib/storage/dynamodb/dynamodb-table.ts";
import { ensureTable } from "../../../lib/storage/dynamodb/ensure-table.ts";
import type { Item } from "../../../lib/storage/table/table.ts";
import { type EmbeddedOptions, startEmbeddedDynamoDB } from "../../../local/dynamodb/embedded-dynamodb.ts";
import { MIN_FREE_BYTES } from "../../../local/dynamodb/free-space.ts";
import { GroupCommit } from "../../../local/dynamodb/group-commit.ts";

const NOW_MS = Date.UTC(2027, 0, 1);
const NOW_S = NOW_MS / 1000;
const pk = Uint8Array.of(1);

function item(number: number, expiresAtSeconds?: number, size = 100): Item {
  const value = new Uint8Array(size).map((_, i) => number * 7 + i * 31 + (i >> 3));
  const found = { pk, sk: Uint8Array.of(number >> 8, number), value };
  return expiresAtSeconds === undefined ? found : { ...found, expiresAtSeconds };
}

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearth-durable-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function start(test: TestContext, options: EmbeddedOptions = {}) {
  const server = await startEmbeddedDynamoDB(options);
  const tableOptions = { tableName: "hearth", clock: Date.now, randomBytes, endpoint: server.endpoint };
  await ensureTable(tableOptions);
  const table = openTable(tableOptions);
  const close = async () => {
    table.close();
    await server.close();
  };
  test.after(close);
  const numbers = async () => {
    const found: number[] = [];
    for await (const page of table.query({ pk }, { consistent: true }))
      for (const { sk } of page) found.push(sk[0] * 256 + sk[1]);
    return found;
  };
  return { server, table, numbers, close };
}

it("removes what has expired, and nothing else", async (test) => {
  const { server, table, numbers } = await start(test);
  await table.putAll([item(1), item(2, NOW_S - 1), item(3, NOW_S), item(4, NOW_S + 1)]);
  // Written again with a later time, an earlier one, and none.
  for (const number of [5, 6, 7]) await table.put(item(number, NOW_S - 10));
  await table.put(item(5, NOW_S + 100));
  await table.put(item(6, NOW_S - 5));
  await table.put(item(7));
  await table.put(item(8, NOW_S - 3));
  await table.delete(item(8));
  assert.equal(await server.removeExpired(NOW_MS), 2);
  assert.deepEqual(await numbers(), [1, 3, 4, 5, 7]);
  assert.equal(await server.removeExpired(NOW_MS), 0);
  assert.equal(await server.removeExpired(NOW_MS + 200_000), 3);
  assert.deepEqual(await numbers(), [1, 7]);
});

it("removes what had expired before there was an index of expiry", async (test) => {
  const directory = join(root, "older");
  const first = await start(test, { directory });
  await first.table.putAll(Array.from({ length: 1200 }, (_, i) => item(i, NOW_S + (i % 2 === 0 ? -1 : 1))));
  await first.close();
  await withDatabase(directory, async (db) => {
    for await (const key of db.keys({ gte: "hearth-ttl", lt: "hearth-ttl~~" })) await remove(db, key);
  });
  const second = await start(test, { directory });
  assert.equal(await second.server.removeExpired(NOW_MS), 600);
  assert.equal((await second.numbers()).length, 600);
});

it("never removes an item that is written again while it expires", async (test) => {
  const { server, table, numbers } = await start(test);
  for (let round = 0; round < 20; round++) {
    await table.putAll(Array.from({ length: 25 }, (_, i) => item(i, NOW_S - 1)));
    const again = Array.from({ length: 25 }, (_, i) => table.put(item(i, NOW_S + 1000)));
    await Promise.all([server.removeExpired(NOW_MS), ...again]);
    assert.equal((await numbers()).length, 25, `round ${round}`);
  }
});

it("answers 500 while the disk is full, serves reads, and goes on when there is room", async (test) => {
  let free = MIN_FREE_BYTES;
  const failures: unknown[] = [];
  const { table, numbers } = await start(test, {
    directory: join(root, "full"),
    freeBytes: async () => free,
    onFailure: (error) => failures.push(error),
  });
  await table.put(item(1));
  free = MIN_FREE_BYTES - 1;
  await assert.rejects(untilRefused(table), { kind: "unavailable", message: /error=DiskFull/ });
  assert.match(
    String(failures[0]),
    /the disk is full, free=63MiB needed=64MiB directory=.*full; free some space/,
  );
  assert.ok((await numbers()).includes(1));
  free = MIN_FREE_BYTES;
  await table.put(item(LAST));
  assert.ok((await numbers()).includes(LAST));
});

/** More puts than a second has, and the number of another. */
const LAST = 50_000;

/** The disk is looked at once a second. */
async function untilRefused(table: { put(item: Item): Promise<void> }): Promise<void> {
  for (let number = 2; number < LAST; number++) await table.put(item(number));
}

it("opens LevelDB again after a write has failed, and ends no process", async (test) => {
  const { create } = database;
  let failing = 0;
  let opened = 0;
  let db: Database | undefined;
  database.create = (options) => {
    const store = create(options);
    db = store.db;
    const level = Object.getPrototypeOf(db);
    const batch = level.batch;
    // On this database alone: a prototype of its own in between.
    const between = Object.create(level);
    between.batch = (...args: unknown[]) =>
      failing-- > 0 ? Promise.reject(new Error("IO error: No space left on device")) : batch.apply(db, args);
    Object.setPrototypeOf(db, between);
    const openDatabase = db.open.bind(db);
    db.open = () => {
      opened++;
      return openDatabase();
    };
    return store;
  };
  const { table, numbers } = await start(test, { directory: join(root, "reopened") }).finally(() => {
    database.create = create;
  });
  await table.put(item(1));
  failing = 1;
  // The client tries again.
  await table.put(item(2));
  assert.equal(opened, 2);
  assert.deepEqual(await numbers(), [1, 2]);
});

it("a damaged block fails what touches it, and the rest goes on", async (test) => {
  const directory = join(root, "damaged");
  const first = await start(test, { directory });
  // Several tables of LevelDB: its write buffer is 4 MB.
  for (let number = 0; number < 60; number++) await first.table.put(item(number, undefined, 200_000));
  await first.close();
  const file = await largestTable(join(directory, "dynamodb"));
  const handle = await open(file, "r+");
  const { size } = await handle.stat();
  await handle.write(new Uint8Array(64).fill(0xa5), 0, 64, Math.floor(size / 2));
  await handle.close();
  const { table } = await start(test, { directory });
  const outcomes = await Promise.all(
    Array.from({ length: 60 }, (_, number) =>
      table.get(item(number)).then(
        (found) => {
          assert.deepEqual(found?.value, item(number, undefined, 200_000).value, "an item that was changed");
          return "there";
        },
        (error) => {
          assert.equal(error.kind, "unavailable");
          return "refused";
        },
      ),
    ),
  );
  const refused = outcomes.filter((outcome) => outcome === "refused").length;
  assert.ok(refused >= 1 && refused < 10, `${refused} of 60 are refused`);
  await table.put(item(900));
  assert.ok((await table.get(item(900))) !== undefined);
});

async function largestTable(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".ldb"));
  const sized = await Promise.all(
    names.map(async (name) => [(await stat(join(directory, name))).size, join(directory, name)] as const),
  );
  return sized.sort((a, b) => b[0] - a[0])[0][1];
}

async function withDatabase(directory: string, use: (db: Database) => Promise<void>): Promise<void> {
  const { db } = database.create({ path: join(directory, "dynamodb") });
  await db.open();
  await use(db);
  await db.close();
}

function remove(db: Database, key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    db.del(key, (error) => (error ? reject(error) : resolve()));
  });
}

it("writes that wait go together, in their order; a failed group fails its own alone", async () => {
  const groups: number[][] = [];
  let release = Promise.withResolvers<void>();
  const commit = new GroupCommit<number>(async (operations) => {
    groups.push([...operations]);
    await release.promise;
    if (operations.includes(13)) throw new Error("unlucky");
  });
  const first = [commit.submit([1]), commit.submit([2, 3])];
  await Promise.resolve();
  await Promise.resolve();
  const second = [commit.submit([4]), commit.submit([13])];
  release.resolve();
  await Promise.all(first);
  const outcomes = await Promise.allSettled(second);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  release = Promise.withResolvers<void>();
  release.resolve();
  await commit.submit([5]);
  await commit.idle();
  assert.deepEqual(groups, [[1, 2, 3], [4, 13], [5]]);
});
