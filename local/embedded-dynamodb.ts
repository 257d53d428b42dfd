/**
 * DynamoDB for one machine: dynalite (LevelDB behind DynamoDB's API) inside this process. It listens on this machine
 * only and takes any credentials.
 *
 * What a process has been told is stored survives its `kill -9`; LevelDB does not sync, so the last writes may be lost
 * with the machine's power.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import dynalite from "dynalite";
import database, { type Store } from "dynalite/db/index.js";
import { HearthError } from "../lib/model/errors.ts";

const HOST = "127.0.0.1";
/** Below the directory: the data, and the URL with a mark by which the server there is known to be this one. */
const DATA_NAME = "dynamodb";
const ENDPOINT_NAME = "endpoint";
const MARK_HEADER = "x-hearth-embedded";
/** How long `close` waits for requests in flight, and a finder for an answer. */
const CLOSE_GRACE_MS = 5000;
const CLOSE_IDLE_MS = 20;
const FIND_TIMEOUT_MS = 1000;

export interface EmbeddedOptions {
  /** Where the data stay, made if need be; absent: in memory. */
  readonly directory?: string | undefined;
  /** Absent or 0: any that is free. */
  readonly port?: number | undefined;
}

export interface EmbeddedDynamoDB {
  /** The URL to open tables with. */
  readonly endpoint: string;
  /** Finishes what is in flight, takes nothing new, and closes the database. */
  close(): Promise<void>;
}

/** Starts it. Throws "unavailable" when another process holds the directory or the port. */
export async function startEmbeddedDynamoDB(options: EmbeddedOptions = {}): Promise<EmbeddedDynamoDB> {
  const { directory, port = 0 } = options;
  if (directory !== undefined) await mkdir(directory, { recursive: true });
  const { server, store } = newServer(directory);
  await openStore(store, directory);
  const mark = randomUUID();
  guardRequests(server, mark);
  try {
    await listen(server, port);
  } catch (error) {
    await store.db.close();
    throw error;
  }
  const endpoint = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  const file = directory === undefined ? undefined : join(directory, ENDPOINT_NAME);
  if (file !== undefined) await writeFile(file, `${endpoint}\n${mark}\n`);
  let closing: Promise<void> | undefined;
  return {
    endpoint,
    close() {
      closing ??= close(server, file);
      return closing;
    },
  };
}

/** The URL of the server that runs on a directory, in this process or another; undefined when none answers. */
export async function findEmbeddedEndpoint(directory: string): Promise<string | undefined> {
  try {
    const [endpoint, mark] = (await readFile(join(directory, ENDPOINT_NAME), "utf8")).split("\n");
    const response = await fetch(endpoint, { signal: AbortSignal.timeout(FIND_TIMEOUT_MS) });
    await response.text();
    return response.headers.get(MARK_HEADER) === mark ? endpoint : undefined;
  } catch {
    return undefined;
  }
}

/** Dynalite makes its store with `database.create` and keeps it to itself; we need it to open it and to mend it. */
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
    closeIterators(store);
    return { server, store };
  } finally {
    database.create = create;
  }
}

/**
 * Dynalite ends an iterator by `return`, which those of abstract-level 3 have not: each Query would keep one open until
 * the end, 0.3 MB of memory each.
 */
function closeIterators(store: Store): void {
  const values = store.db.values.bind(store.db);
  store.db.values = (options) => {
    const iterator = values(options);
    iterator.return = () => iterator.close();
    return iterator;
  };
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

/** Between the network and dynalite: answers who this is, and keeps away what would harm it. */
function guardRequests(server: Server, mark: string): void {
  const [handle] = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    // Dynalite lets any web page in a browser of this machine read and write: its answers allow every origin.
    if (request.headers.origin !== undefined) {
      response.writeHead(403).end();
      return;
    }
    if (request.method === "GET") response.setHeader(MARK_HEADER, mark);
    handle(request, response);
    // Dynalite throws what a request emits: a client that hangs up while it sends would end this process.
    request.removeAllListeners("error");
    request.on("error", () => {});
  });
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
