/** A thread of `npm start`: some of its routes, or the compactor, with services of its own. */
import { flushCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { newRuleRunner } from "../../lib/http/compose-rules.ts";
import type { WriteServices } from "../../lib/http/gateway.ts";
import { errorMessage } from "../../lib/model/errors.ts";
import type { Metrics } from "../../lib/model/metrics.ts";
import { notifierFromEnvironment } from "../../lib/rules/delivery/notifier-from-environment.ts";
import { ReaderMemory } from "../../lib/storage/cache/reader-memory.ts";
import { accountCredentials } from "../aws-account.ts";
import { startCompaction } from "../compaction-timer.ts";
import { newConsoleLog } from "../console-log.ts";
import { endpointOf } from "../dynamodb/running-endpoint.ts";
import { newLocalServices } from "../local-services.ts";
import { startRules } from "../rules-timer.ts";
import { withSecretFiles } from "../secret-files.ts";
import { lowerPriority } from "./lower-priority.ts";
import { newRoleApp, type ServingRole } from "./role-app.ts";
import { type Fetch, type RequestEnv, servePort } from "./serve-port.ts";
import { warmUp } from "./warm-up.ts";
import type { FromWorker, ToWorker, WorkerData } from "./worker-data.ts";

const { role, settings, env, endpoint, readerMemoryBytes, niceness, urgency, canceled } =
  workerData as WorkerData;
const parent = parentPort!;
const tell = (message: FromWorker) => parent.postMessage(message);
const observe =
  (source: "request" | "compaction" | "canary" | "rules"): Metrics =>
  (values, origin) =>
    tell({ kind: "metrics", source, values, origin });

lowerPriority(niceness);
const log = newConsoleLog(settings.logLevel, settings.isQuiet);
const services: WriteServices = {
  ...(await newLocalServices(settings, env, ownEndpoint(), { log, metrics: observe("request") })),
  isCanceled: () => Atomics.load(canceled, 0) !== 0,
  // Requests that warm a thread up have no client.
  isGone: (env) => (env as Partial<RequestEnv> | undefined)?.isGone?.() === true,
};
const close = role === "compact" ? runCompactor() : role === "rules" ? runRules() : await serveWarm(role);
parent.on("message", (message: ToWorker) => {
  if (message.kind === "close")
    close()
      .then(() => services.usage?.flush(services.table))
      .catch((error: unknown) => log("warn", "usage: not stored", { error: errorMessage(error) }))
      .finally(() => parent.close());
});
tell({ kind: "ready" });
// The next thread, and the next start, find what this one compiled.
flushCompileCache();

/** Of the embedded database: what computes for long reads after what responds soon. */
function ownEndpoint(): string | undefined {
  const isEmbedded = endpoint !== undefined && settings.endpoint === undefined;
  return isEmbedded ? endpointOf(endpoint, urgency) : endpoint;
}

function runCompactor(): () => Promise<void> {
  const timer = startCompaction(services, settings.compactorShare, {
    compactor: observe("compaction"),
    canary: settings.hasCanary
      ? { metrics: observe("canary"), onReport: (report) => tell({ kind: "canary", report }) }
      : undefined,
  });
  return () => timer.stop();
}

function runRules(): () => Promise<void> {
  const { promql, rules } = settings;
  const { table, clock } = services;
  const { externalUrl } = rules;
  const parts = { fetch, clock, table, log, externalUrl, credentials: accountCredentials };
  const notifier = notifierFromEnvironment(withSecretFiles(env), parts);
  const memory = new ReaderMemory(readerMemoryBytes);
  const runner = newRuleRunner(services, {
    promql,
    rules,
    notifier,
    memory,
    steadyClock: () => performance.now(),
  });
  const timer = startRules(services, runner, observe("rules"));
  return () => timer.stop();
}

/** The first request meets code that is loaded and compiled. */
async function serveWarm(serving: ServingRole): Promise<() => Promise<void>> {
  const app = newRoleApp(serving, services, settings, readerMemoryBytes);
  const close = serveRoutes(app.fetch);
  await warmUp(serving, settings, Date.now()).catch((error: unknown) =>
    log("warn", `${serving} worker: not warmed up`, { error: errorMessage(error) }),
  );
  return close;
}

/** Returns what ends it: it resolves when nothing is in flight. */
function serveRoutes(fetch: Fetch): () => Promise<void> {
  const serving = new Set<Promise<void>>();
  parent.on("message", (message: ToWorker) => {
    if (message.kind !== "request") return;
    const served = servePort(message.port, message.head, fetch)
      .catch((error: unknown) => log("error", "worker", { error: errorMessage(error) }))
      .finally(() => serving.delete(served));
    serving.add(served);
  });
  return async () => {
    await Promise.all(serving);
  };
}
