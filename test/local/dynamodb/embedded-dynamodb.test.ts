import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, it, type TestContext } from "node:test";
import database from "dynalite/db/index.js";
import { openTable } from "../../../lib/storage/dynamodb/dynamodb-table.ts";
import { ensureTable } from "../../../lib/storage/dynamodb/ensure-table.ts";
import type { Item } from "../../../lib/storage/table/table.ts";
import {
  type EmbeddedDynamoDB,
  type EmbeddedOptions,
  startEmbeddedDynamoDB,
} from "../../../local/dynamodb/embedded-dynamodb.ts";
import { findEmbeddedEndpoint } from "../../../local/dynamodb/running-endpoint.ts";

const pk = Uint8Array.of(1);
const item = (number: number) => ({
  pk,
  sk: Uint8Array.of(number),
  value: new Uint8Array(3000).fill(number),
});

/** So long Node's server leaves an idle connection open, and the embedded one waits for others. */
const IDLE_MS = 5000;

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearth-embedded-"));
});
after(() => rm(root, { recursive: true, force: true }));

/** Starts a server that the test's end closes, if the test has not. */
async function start(test: TestContext, options: EmbeddedOptions = {}): Promise<EmbeddedDynamoDB> {
  const server = await startEmbeddedDynamoDB(options);
  test.after(() => server.close());
  return server;
}

/** Opens the table of a running server for one use. */
async function withTable<T>(endpoint: string, use: (table: ReturnType<typeof openTable>) => Promise<T>) {
  await ensureTable({ tableName: "hearth", clock: Date.now, randomBytes, endpoint });
  const table = openTable({ tableName: "hearth", clock: Date.now, randomBytes, endpoint });
  try {
    return await use(table);
  } finally {
    table.close();
  }
}

const stored = (endpoint: string) =>
  withTable(endpoint, async (table) => {
    const items: Item[] = [];
    for await (const page of table.query({ pk }, { consistent: true })) items.push(...page);
    return items;
  });

it("keeps its data over a close and a start, on any port", async (test) => {
  const directory = join(root, "made", "on start");
  const first = await start(test, { directory });
  const items = [1, 2, 3].map(item);
  await withTable(first.endpoint, (table) => table.putAll(items));
  await first.close();
  const port = Number(new URL(first.endpoint).port);
  const second = await start(test, { directory, port });
  assert.equal(new URL(second.endpoint).port, String(port));
  assert.deepEqual(await stored(second.endpoint), items);
  if (process.platform !== "win32") assert.equal((await stat(directory)).mode & 0o777, 0o700);
  await second.close();
});

it("finishes on close what is in flight, and soon", async (test) => {
  const directory = join(root, "in-flight");
  const server = await start(test, { directory });
  const results = await withTable(server.endpoint, async (table) => {
    const puts = Array.from({ length: 40 }, (_, i) =>
      table.put(item(i)).then(
        () => i,
        () => undefined,
      ),
    );
    await Promise.any(puts);
    const start = performance.now();
    await server.close();
    assert.ok(performance.now() - start < IDLE_MS, "waits for idle connections");
    return Promise.all(puts);
  });
  const again = await start(test, { directory });
  const found = new Set((await stored(again.endpoint)).map(({ sk }) => sk[0]));
  for (const number of results) assert.ok(number === undefined || found.has(number), `lost item ${number}`);
  await again.close();
  await again.close();
});

it("is found by its directory while it runs", async (test) => {
  const directory = join(root, "found");
  assert.equal(await findEmbeddedEndpoint(directory), undefined);
  const server = await start(test, { directory });
  assert.equal(await findEmbeddedEndpoint(directory), server.endpoint);
  assert.equal((await readFile(join(directory, "endpoint"), "utf8")).split("\n")[0], server.endpoint);
  await writeFile(join(root, "endpoint"), `${server.endpoint}\nthe mark of another\n`);
  assert.equal(await findEmbeddedEndpoint(root), undefined, "a port that another server has now");
  await server.close();
  await assert.rejects(access(join(directory, "endpoint")));
  assert.equal(await findEmbeddedEndpoint(directory), undefined);
});

it("says which directory or port is taken", async (test) => {
  const directory = join(root, "taken");
  const server = await start(test, { directory });
  await assert.rejects(startEmbeddedDynamoDB({ directory }), {
    kind: "unavailable",
    message: `embedded dynamodb: another process, perhaps another "npm start", runs on this directory, directory=${directory}`,
  });
  const port = Number(new URL(server.endpoint).port);
  await assert.rejects(startEmbeddedDynamoDB({ port }), {
    kind: "unavailable",
    message: `embedded dynamodb: port is in use, port=${port}`,
  });
  assert.equal(await findEmbeddedEndpoint(directory), server.endpoint);
  await server.close();
});

it("keeps web pages out, and outlives a client that hangs up", async (test) => {
  const server = await start(test);
  const { origin } = new URL(server.endpoint);
  const fromPage = await fetch(origin, { method: "POST", headers: { origin: "http://example.com" } });
  assert.equal(fromPage.status, 403);
  const socket = connect(Number(new URL(server.endpoint).port), "127.0.0.1");
  socket.end("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf");
  await once(socket.resume(), "close");
  await withTable(server.endpoint, (table) => table.put(item(1)));
  assert.deepEqual(await stored(server.endpoint), [item(1)]);
  await server.close();
});

it("takes its own access key alone, which only its owner can read", async (test) => {
  const directory = join(root, "key");
  const server = await start(test, { directory });
  const url = new URL(server.endpoint);
  await withTable(server.endpoint, (table) => table.put(item(1)));
  assert.match(url.username, /^[\w-]{32}$/);
  const wrong = `http://${"x".repeat(32)}@${url.host}`;
  for (const endpoint of [url.origin, wrong, `http://local@${url.host}`])
    await assert.rejects(
      withTable(endpoint, (table) => table.put(item(2))),
      /credentials are .*not accepted, error=UnrecognizedClientException/,
    );
  const headers = {
    "x-amz-target": "DynamoDB_20120810.ListTables",
    "content-type": "application/x-amz-json-1.0",
  };
  const unsigned = await fetch(url.origin, { method: "POST", headers, body: "{}" });
  assert.equal(unsigned.status, 403);
  assert.deepEqual(await stored(server.endpoint), [item(1)]);
  const { mode } = await stat(join(directory, "endpoint"));
  if (process.platform !== "win32") assert.equal(mode & 0o077, 0);
  const again = await start(test);
  assert.notEqual(new URL(again.endpoint).username, url.username);
  await again.close();
  await server.close();
});

it("closes the iterator of each query, which dynalite does not", async (test) => {
  const { create } = database;
  let open = 0;
  database.create = (options) => {
    const store = create(options);
    const values = store.db.values.bind(store.db);
    store.db.values = (range) => {
      const iterator = values(range);
      const close = iterator.close.bind(iterator);
      iterator.close = () => close().finally(() => open--);
      open++;
      return iterator;
    };
    return store;
  };
  const server = await start(test);
  database.create = create;
  await withTable(server.endpoint, async (table) => {
    await table.putAll(Array.from({ length: 40 }, (_, i) => item(i)));
    for (const limit of [1, 1, 30, 40, 41, 1000]) for await (const _ of table.query({ pk }, { limit }));
  });
  assert.equal(open, 0);
  await server.close();
});

it("survives kill -9 with everything that was answered, and is found by other processes", async (test) => {
  const directory = join(root, "killed");
  const child = spawn(process.execPath, [join(import.meta.dirname, "embedded-child.ts"), directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  test.after(() => child.kill("SIGKILL"));
  let last = -1;
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the child ended, code=${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      last = Number(line);
      if (last === 60) resolve();
    });
  });
  const endpoint = await findEmbeddedEndpoint(directory);
  assert.ok(endpoint !== undefined);
  await assert.rejects(startEmbeddedDynamoDB({ directory }), /another process/);
  child.kill("SIGKILL");
  await once(child, "close");
  assert.equal(await findEmbeddedEndpoint(directory), undefined);

  const server = await start(test, { directory });
  const items = await stored(server.endpoint);
  assert.ok(items.length > last, `stored=${items.length} last answered=${last}`);
  for (const [i, { value }] of items.entries()) assert.deepEqual(value, new Uint8Array(5000).fill(i));
  await server.close();
});
