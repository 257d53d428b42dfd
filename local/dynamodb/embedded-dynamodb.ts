/**
 * DynamoDB for one machine: dynalite (LevelDB behind DynamoDB's API) inside this process. It listens
 * on this machine only and accepts one access key, which each start makes and only the owner of the
 * directory can read.
 *
 * An acknowledged write survives `kill -9` and a power cut: it is synced to the disk first, unless
 * `isSynced` is false. A full disk or a damaged block fails only the requests that meet it. Before the
 * database is opened, the checksums of its files are compared (integrity/check-files.ts).
 */
import { randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import dynalite from "dynalite";
import database, { type Store } from "dynalite/db/index.js";
import { HearthError } from "../../lib/model/errors.ts";
import { MINUTE_MS, SECOND_MS } from "../../lib/model/time.ts";
import { DurableStore } from "./durable-store.ts";
import { diskFreeBytes, type FreeBytes, FreeSpace } from "./free-space.ts";
import { type CheckedFiles, checkFiles } from "./integrity/check-files.ts";
import { removeMark, writeMark } from "./integrity/closed-mark.ts";
import { DamagedSpans, forgetSpans } from "./integrity/damaged-spans.ts";
import { ReadGate, URGENCIES } from "./read-gate.ts";
import { ENDPOINT_NAME, endpointOf, MARK_HEADER } from "./running-endpoint.ts";

const HOST = "127.0.0.1";
/** Random bytes of the access key. */
const KEY_BYTES = 24;
/** The folder of the data in the directory. */
const DATA_NAME = "dynamodb";
/** How long `close` waits for requests in flight. */
const CLOSE_GRACE_MS = 5000;
const CLOSE_IDLE_MS = 20;
/** The time between two sweeps of expired items. */
const SWEEP_INTERVAL_MS = 10 * MINUTE_MS;
/** Time for checksums at the start; the rest is compared while requests are served. */
const CHECK_MS = 10 * SECOND_MS;

export interface EmbeddedOptions {
  /** Where the data are, created if missing; undefined: in memory. */
  readonly directory?: string | undefined;
  /** Undefined or 0: any free port. */
  readonly port?: number | undefined;
  /** Whether a write is on the disk before it is acknowledged. Default true. */
  readonly isSynced?: boolean | undefined;
  /** Whether damaged files are opened as they are, without what they lack. Default false. */
  readonly acceptsDamage?: boolean | undefined;
  /** Default: the disk's own figure. */
  readonly freeBytes?: FreeBytes | undefined;
  /** Receives the reason of each failed request. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

export interface EmbeddedDynamoDB {
  /** The URL to open tables with. Its user name is the access key: do not log it. */
  readonly endpoint: string;
  /**
   * Removes items that expired before a time in ms; returns how many. It also runs every ten
   * minutes.
   */
  removeExpired(nowMs: number): Promise<number>;
  /** Accepts no new request, finishes those in flight, and closes the database. */
  close(): Promise<void>;
}

/** Starts it. Throws "unavailable" when another process holds the directory or the port, or a log is damaged. */
export async function startEmbeddedDynamoDB(options: EmbeddedOptions = {}): Promise<EmbeddedDynamoDB> {
  const { directory, port = 0 } = options;
  if (directory !== undefined) await makePrivate(directory);
  const { isSynced = true, acceptsDamage = false, freeBytes = diskFreeBytes, onFailure = () => {} } = options;
  const files = await check(directory, { isSynced, acceptsDamage, onFailure });
  const { server, store } = newServer(directory);
  await openStore(store, directory);
  if (directory !== undefined) await removeMark(directory);
  const freeSpace =
    directory === undefined ? undefined : new FreeSpace(directory, freeBytes, () => performance.now());
  const durable = new DurableStore(store.db, { isSynced, freeSpace, damaged: files.spans, onFailure });
  const mark = randomUUID();
  const key = randomBytes(KEY_BYTES).toString("base64url");
  guardRequests(server, mark, key);
  try {
    await listen(server, port);
  } catch (error) {
    await store.db.close();
    throw error;
  }
  const endpoint = `http://${key}@${HOST}:${(server.address() as AddressInfo).port}`;
  const file = directory === undefined ? undefined : join(directory, ENDPOINT_NAME);
  if (file !== undefined) await writeFile(file, `${endpoint}\n${mark}\n`, { mode: 0o600 });
  const stopping = new AbortController();
  const checked = files.checkRest(stopping.signal).catch(onFailure);
  const sweeps = startSweeps(durable, onFailure);
  let closing: Promise<void> | undefined;
  return {
    endpoint,
    removeExpired: sweeps.run,
    close() {
      stopping.abort();
      closing ??= checked
        .then(() => sweeps.stop())
        .then(() => durable.idle())
        .then(() => close(server, file))
        .then(() => (directory === undefined ? undefined : writeMark(directory, join(directory, DATA_NAME))));
      return closing;
    },
  };
}

interface CheckingOptions {
  readonly isSynced: boolean;
  readonly acceptsDamage: boolean;
  readonly onFailure: (error: unknown) => void;
}

/** Compares the files' checksums for some seconds. Throws "unavailable" for a damaged log. */
async function check(
  directory: string | undefined,
  { isSynced, acceptsDamage, onFailure }: CheckingOptions,
): Promise<CheckedFiles> {
  if (directory === undefined || acceptsDamage) {
    if (directory !== undefined) await forgetSpans(directory);
    return { spans: new DamagedSpans(), checkRest: async () => {} };
  }
  const endMs = performance.now() + CHECK_MS;
  const isTimeUp = () => performance.now() > endMs;
  const onDamage = (message: string) => onFailure(new Error(message));
  return checkFiles({ directory, data: join(directory, DATA_NAME), isSynced, isTimeUp, onDamage });
}

/**
 * The directory has every tenant's data and keys, so other accounts of this machine may not read
 * it.
 */
async function makePrivate(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
}

/**
 * Dynalite creates its store by `database.create` and keeps it private; we need it to open and to
 * patch it.
 */
function newServer(directory: string | undefined): { server: Server; store: Store } {
  const { create } = database;
  let store: Store | undefined;
  database.create = (options) => {
    store = create(options);
    return store;
  };
  try {
    const path = directory === undefined ? {} : { path: join(directory, DATA_NAME) };
    const server = dynalite({ ...path, createTableMs: 0 });
    if (store === undefined) throw new HearthError("internal", "embedded dynamodb: dynalite made no store");
    return { server, store };
  } finally {
    database.create = create;
  }
}

/** Removes expired items from time to time, one sweep at a time. */
function startSweeps(durable: DurableStore, onFailure: (error: unknown) => void) {
  const stopping = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  const run = (nowMs: number): Promise<number> => {
    const sweep = last.then(() => durable.sweep(Math.floor(nowMs / SECOND_MS), stopping.signal));
    last = sweep.catch(() => {});
    return sweep;
  };
  const timer = setInterval(() => run(Date.now()).catch(onFailure), SWEEP_INTERVAL_MS);
  run(Date.now()).catch(onFailure);
  const stop = async () => {
    clearInterval(timer);
    stopping.abort();
    await last;
  };
  return { run, stop };
}

async function openStore(store: Store, directory: string | undefined): Promise<void> {
  try {
    await store.db.open();
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
    const reason =
      cause?.code === "LEVEL_LOCKED"
        ? 'another process, perhaps another "npm start", runs on this directory'
        : "cannot open the database";
    throw new HearthError("unavailable", `embedded dynamodb: ${reason}, directory=${directory}`, {
      cause: error,
    });
  }
}

/** Stands between the network and dynalite: identifies this server, and refuses harmful requests. */
function guardRequests(server: Server, mark: string, key: string): void {
  const [handle] = server.listeners("request") as RequestListener[];
  const keys = URGENCIES.map(
    (urgency) => [urgency, new URL(endpointOf(`http://${key}@${HOST}`, urgency)).username] as const,
  );
  const gate = new ReadGate((request, response) => {
    handle(request, response);
    // Dynalite throws the errors of a request: a client that hangs up while sending would end this
    // process.
    request.removeAllListeners("error");
    request.on("error", () => {});
  });
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    // Dynalite allows every origin, so any web page in a browser of this machine could read and
    // write.
    if (request.headers.origin !== undefined) {
      response.writeHead(403).end();
      return;
    }
    const [urgency] = keys.find(([, one]) => hasKey(request, one)) ?? [];
    if (request.method === "GET") response.setHeader(MARK_HEADER, mark);
    else if (urgency === undefined) {
      response.writeHead(403, { "Content-Type": "application/x-amz-json-1.0" }).end(WRONG_KEY);
      request.on("error", () => {}).resume();
      return;
    }
    request.on("error", () => {});
    gate.pass(request, response, urgency ?? "background");
  });
}

/** As DynamoDB words it. */
const WRONG_KEY = JSON.stringify({
  __type: "com.amazon.coral.service#UnrecognizedClientException",
  message: "The security token included in the request is invalid.",
});

/** Whether a request is signed by the access key. The signature is not compared: the key is the secret. */
function hasKey({ headers }: IncomingMessage, key: string): boolean {
  const [, sent = ""] = /Credential=([^/]*)\//.exec(headers.authorization ?? "") ?? [];
  const [ours, theirs] = [Buffer.from(key), Buffer.from(sent)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "port is in use" : "cannot listen";
      reject(new HearthError("unavailable", `embedded dynamodb: ${reason}, port=${port}`, { cause: error }));
    });
    server.listen(port, HOST, resolve);
  });
}

async function close(server: Server, endpointFile: string | undefined): Promise<void> {
  if (endpointFile !== undefined) await rm(endpointFile, { force: true });
  // A connection whose last request was in flight would stay open, idle, for seconds.
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      server.close((error) => (error ? reject(error) : resolve()));
    });
  } finally {
    clearInterval(idle);
    clearTimeout(cut);
  }
}
