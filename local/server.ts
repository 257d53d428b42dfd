/** The deployed functions' routes behind one HTTP server, on a DynamoDB of this machine. */
import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { composeServices } from "../lib/http/compose-services.ts";
import { addExplorerRoutes } from "../lib/http/explorer-route.ts";
import { type Gateway, newGateway, type Services } from "../lib/http/gateway.ts";
import { addOtlpRoutes } from "../lib/http/otlp-route.ts";
import { addQueryRoutes } from "../lib/http/query/routes.ts";
import { newQueryServices } from "../lib/http/query/source.ts";
import { addReadRoutes } from "../lib/http/read-route.ts";
import { addWriteRoutes } from "../lib/http/write-route.ts";
import { errorMessage, HearthError } from "../lib/model/errors.ts";
import type { Log } from "../lib/model/log.ts";
import { ReaderMemory } from "../lib/storage/cache/reader-memory.ts";
import { ensureTable } from "../lib/storage/dynamodb/ensure-table.ts";
import { openTimedTable } from "../lib/storage/dynamodb/timed-table.ts";
import { findAwsAccount } from "./aws-account.ts";
import { type CompactionTimer, startCompaction } from "./compaction-timer.ts";
import { type EmbeddedDynamoDB, startEmbeddedDynamoDB } from "./dynamodb/embedded-dynamodb.ts";
import { buildExplorer } from "./explorer-files.ts";
import { ensureFirstKey, type FirstKey } from "./first-key.ts";
import { addHealthRoutes } from "./health-route.ts";
import { newSelfScrape } from "./self-scrape.ts";
import type { Environment, Settings } from "./settings.ts";

/** How long requests in flight may take before their connections are cut. */
const CLOSE_GRACE_MS = 10_000;
const CLOSE_IDLE_MS = 20;
/** The time between two log lines about failures of the embedded database. */
const FAILURE_LOG_INTERVAL_MS = 10_000;
/** The size of the readers' cache, in bytes. */
const READER_MEMORY_BYTES = 192 * 1024 * 1024;

export interface LocalServer {
  readonly url: string;
  readonly key: FirstKey | undefined;
  /** Accepts no new request, finishes those in flight, closes the database. */
  close(): Promise<void>;
}

/** More than a function has: a million series and their spellings. */
const WRITERS_BYTES = 256 * 1024 * 1024;

/**
 * Throws "unavailable" when the port or the data directory is in use, or DynamoDB cannot be
 * reached.
 */
export async function startServer(settings: Settings, env: Environment, log: Log): Promise<LocalServer> {
  const embedded =
    settings.endpoint === undefined
      ? await startEmbeddedDynamoDB({
          directory: settings.dataDirectory,
          isSynced: settings.isSynced,
          onFailure: newFailureLog(log),
        })
      : undefined;
  try {
    const account = await findAwsAccount(env, { endpoint: settings.endpoint ?? embedded?.endpoint });
    const tableOptions = { tableName: settings.tableName, clock: Date.now, randomBytes, ...account };
    await ensureTable(tableOptions);
    const timedTable = openTimedTable(tableOptions);
    const selfScrape = settings.isSelfScraped ? newSelfScrape(log) : undefined;
    const services = composeServices({
      ...timedTable,
      randomBytes,
      retentionMs: settings.retentionMs,
      writersBytes: WRITERS_BYTES,
      otlp: settings.otlp,
      log,
      metrics: selfScrape?.observe("request"),
    });
    const key = await ensureFirstKey(services.table, settings, services.clock);
    const app = newApp(services, settings);
    let compaction: CompactionTimer | undefined;
    addHealthRoutes(app, () => compaction?.canary);
    const server = await listen(app, settings);
    const url = urlOf(server);
    await selfScrape?.start(app, services, new URL(url).host);
    const timer = startCompaction(services, {
      compactor: selfScrape?.observe("compaction"),
      canary: settings.hasCanary ? { metrics: selfScrape?.observe("canary") } : undefined,
    });
    compaction = timer;
    const stop = async () => {
      selfScrape?.stop();
      await close(server, timer, embedded, log);
    };
    return { url, key, close: stop };
  } catch (error) {
    await embedded?.close();
    throw error;
  }
}

/** A full disk fails every write; one log line in ten seconds reports that. */
function newFailureLog(log: Log): (error: unknown) => void {
  let loggedMs = Number.NEGATIVE_INFINITY;
  return (error) => {
    const nowMs = performance.now();
    if (nowMs - loggedMs < FAILURE_LOG_INTERVAL_MS) return;
    loggedMs = nowMs;
    log("error", "embedded dynamodb", { error: errorMessage(error) });
  };
}

function newApp(services: Services, settings: Settings): Gateway {
  const app = newGateway(services);
  addWriteRoutes(app, services);
  addOtlpRoutes(app, services);
  const memory = new ReaderMemory(READER_MEMORY_BYTES);
  addReadRoutes(app, services, memory);
  addQueryRoutes(app, services, newQueryServices(services, settings.promql, memory));
  addExplorerRoutes(app, buildExplorer);
  return app;
}

function listen(app: Gateway, { host, port }: Settings): Promise<Server> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
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
  compaction: CompactionTimer,
  embedded: EmbeddedDynamoDB | undefined,
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
  await Promise.all([closed, compaction.stop()]);
  clearInterval(idle);
  clearTimeout(cut);
  await embedded?.close();
}
