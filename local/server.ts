/** The deployed functions' routes behind one HTTP server, on a DynamoDB of this machine. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { authorize } from "../lib/auth/verifier.ts";
import { addExplorerRoutes, EXPLORER_PATHS, LINKED_PATHS } from "../lib/http/explorer-route.ts";
import { newGateway, type Services } from "../lib/http/gateway.ts";
import { requestPath } from "../lib/http/request-path.ts";
import { HearthError } from "../lib/model/errors.ts";
import type { Log } from "../lib/model/log.ts";
import { ensureTable } from "../lib/storage/dynamodb/ensure-table.ts";
import { buildExplorer } from "./explorer-files.ts";
import { ensureFirstKey, type FirstKey } from "./first-key.ts";
import { addHealthRoutes, HEALTH_PATHS } from "./health-route.ts";
import { newHttpServer } from "./http-server.ts";
import { newLocalServices, tableOptions } from "./local-services.ts";
import { newSelfScrape } from "./self-scrape.ts";
import type { Environment, Settings } from "./settings.ts";
import { type Database, startDatabase } from "./workers/database.ts";
import type { Fetch } from "./workers/serve-port.ts";
import { startWorkers, type Workers } from "./workers/workers.ts";

/** How long requests in flight may take before their connections are cut. */
const CLOSE_GRACE_MS = 10_000;
const CLOSE_IDLE_MS = 20;
/** The time between two log lines about failures of the embedded database. */
const FAILURE_LOG_INTERVAL_MS = 10_000;

export interface LocalServer {
  readonly url: string;
  readonly key: FirstKey | undefined;
  /** Accepts no new request, finishes those in flight, closes the database. */
  close(): Promise<void>;
}

/**
 * Throws "unavailable" when the port or the data directory is in use, or DynamoDB cannot be
 * reached.
 */
export async function startServer(settings: Settings, env: Environment, log: Log): Promise<LocalServer> {
  const { dataDirectory: directory, isSynced, acceptsDamage } = settings;
  const embedded =
    settings.endpoint === undefined
      ? await startDatabase({ directory, isSynced, acceptsDamage }, newFailureLog(log))
      : undefined;
  let workers: Workers | undefined;
  try {
    const endpoint = settings.endpoint ?? embedded?.endpoint;
    await ensureTable(await tableOptions(settings, env, endpoint));
    const selfScrape = settings.isSelfScraped ? newSelfScrape(log, embedded && directory) : undefined;
    const metrics = selfScrape?.observe("request");
    const services = await newLocalServices(settings, env, endpoint, { log, metrics });
    const key = await ensureFirstKey(services.table, settings, services.clock);
    const sinks = { log, selfScrape, tenantOf: newTenantOf(services) };
    const started = await startWorkers(settings, env, endpoint, sinks);
    workers = started;
    const fetch = newFetch(services, started);
    const server = await listen(fetch, settings, log);
    const url = urlOf(server);
    await selfScrape?.start(fetch, services, new URL(url).host);
    started.startTimers(url);
    const stop = async () => {
      selfScrape?.stop();
      await close(server, started, embedded, log);
    };
    return { url, key, close: stop };
  } catch (error) {
    await workers?.close();
    await embedded?.close();
    throw error;
  }
}

/** Whose key a request has: its thread or its place is chosen by that. The thread verifies the key itself. */
function newTenantOf({ keys, table }: Services) {
  return async ({ headers }: Request, scope: "read" | "write"): Promise<string> => {
    try {
      const key = await keys.verify(table, headers.get("Authorization") ?? undefined);
      return authorize(key, scope, headers.get("X-Scope-OrgID") ?? undefined);
    } catch {
      return "";
    }
  };
}

/** A full disk fails every write: one line in ten seconds says so. */
function newFailureLog(log: Log): (message: string) => void {
  let loggedMs = Number.NEGATIVE_INFINITY;
  return (message) => {
    const nowMs = performance.now();
    if (nowMs - loggedMs < FAILURE_LOG_INTERVAL_MS) return;
    loggedMs = nowMs;
    log("error", "embedded dynamodb", { error: message });
  };
}

/** This thread answers what needs no table; workers answer the rest. */
function newFetch(services: Services, workers: Workers): Fetch {
  const app = newGateway(services);
  addHealthRoutes(app, () => workers.canary);
  addExplorerRoutes(app, buildExplorer);
  const own = new Set([...HEALTH_PATHS, ...EXPLORER_PATHS, ...LINKED_PATHS]);
  return (request) => {
    const path = requestPath(request);
    return own.has(path) ? app.fetch(request) : workers.fetch(request, path);
  };
}

function listen(fetch: Fetch, { host, port }: Settings, log: Log): Promise<Server> {
  const server = newHttpServer(fetch, log);
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const reason =
        (cause as NodeJS.ErrnoException).code === "EADDRINUSE" ? "the port is in use" : cause.message;
      reject(
        new HearthError("unavailable", `listen on ${host}:${port}: ${reason}; set HOST or PORT`, { cause }),
      );
    });
    server.listen(port, host, () => resolve(server));
  });
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

async function close(
  server: Server,
  workers: Workers,
  embedded: Database | undefined,
  log: Log,
): Promise<void> {
  // A busy sender's connection is hardly ever idle: its next response closes it.
  server.prependListener("request", (_, response) => response.setHeader("Connection", "close"));
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection whose last request was in flight would stay open, idle, for seconds.
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
  const cut = setTimeout(() => {
    log("warn", "requests in flight are cut off", { afterMs: CLOSE_GRACE_MS });
    server.closeAllConnections();
  }, CLOSE_GRACE_MS);
  await Promise.all([closed, workers.stopTimers()]);
  await workers.close();
  clearInterval(idle);
  clearTimeout(cut);
  await embedded?.close();
}
