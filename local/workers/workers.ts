/**
 * The threads of `npm start`. Whatever one request computes, writes, health checks and other queries go on: two threads
 * store, some read, one compacts, one is the embedded DynamoDB, and this one only passes requests on.
 */
import type { CanaryReport } from "../../lib/canary/canary.ts";
import { ADMIN_PATHS } from "../../lib/http/admin/admin-routes.ts";
import { OTLP_PATHS } from "../../lib/http/otlp-route.ts";
import { tidyPath } from "../../lib/http/request-path.ts";
import { isRulesConfigPath } from "../../lib/http/rules-config-route.ts";
import { WRITE_PATHS } from "../../lib/http/write-route.ts";
import { errorMessage } from "../../lib/model/errors.ts";
import type { Log } from "../../lib/model/log.ts";
import type { SelfScrape } from "../self-scrape.ts";
import type { Environment, Settings } from "../settings.ts";
import { failureResponse } from "./failure-response.ts";
import { KeptThread } from "./kept-thread.ts";
import { lowerPriorityOf } from "./lower-priority.ts";
import { LARGE_NICENESS, ROLE_NICENESS, V8_NICENESS } from "./niceness.ts";
import { QueryPool } from "./query-pool.ts";
import type { FromWorker, Role } from "./worker-data.ts";
import { WriteThreads } from "./write-threads.ts";

/** What the readers of all threads remember. */
const READER_MEMORY_BYTES = 192 * 1024 * 1024;
/** Heaps, in MiB: many times what each usually takes, and together less than a small machine has. */
const HEAP_MIB: Readonly<Record<Role, number>> = { write: 1024, query: 1024, compact: 1024, rules: 1024 };
/** Two threads that load their code take half a second of CPU, and the first requests meet cold code already. */
const TIMERS_DELAY_MS = 1000;
/** The second thread that stores. */
const LARGE = { niceness: LARGE_NICENESS, urgency: "background" } as const;

export interface Workers {
  /** What the canary's last run came to. */
  readonly canary: CanaryReport | undefined;
  /** Answers a request of a path; never rejects. */
  fetch(request: Request, path: string): Promise<Response>;
  /** Starts the compactor and the rules a second later; `url` is where this server is found, for links from alerts. */
  startTimers(url: string): void;
  stopTimers(): Promise<void>;
  /** Ends the threads when nothing is in flight. */
  close(): Promise<void>;
}

interface Sinks {
  readonly log: Log;
  readonly selfScrape: SelfScrape | undefined;
  readonly tenantOf: (request: Request, scope: "read" | "write") => Promise<string>;
}

/** Resolves when requests can be answered. */
export async function startWorkers(
  settings: Settings,
  env: Environment,
  endpoint: string | undefined,
  { log, selfScrape, tenantOf }: Sinks,
): Promise<Workers> {
  const observers = {
    request: selfScrape?.observe("request"),
    compaction: selfScrape?.observe("compaction"),
    canary: selfScrape?.observe("canary"),
    rules: selfScrape?.observe("rules"),
  };
  let canary: CanaryReport | undefined;
  const onMessage = (message: FromWorker) => {
    if (message.kind === "metrics") observers[message.source]?.(message.values, message.origin);
    else if (message.kind === "canary") canary = message.report;
  };
  const optionsOf = (role: Role) => {
    const readerMemoryBytes = READER_MEMORY_BYTES / settings.queryWorkers;
    // Only what can be copied to another thread.
    const niceness = ROLE_NICENESS[role];
    const urgency = niceness > 0 ? "background" : "urgent";
    const data = { role, settings, env: { ...env }, endpoint, readerMemoryBytes, niceness, urgency } as const;
    return { data, heapMiB: HEAP_MIB[role], onMessage };
  };
  const queries = new QueryPool(settings.queryWorkers, optionsOf("query"), (request) =>
    tenantOf(request, "read"),
  );
  const writers = new WriteThreads(
    (isLarge) => {
      const { data, ...rest } = optionsOf("write");
      return { ...rest, data: isLarge ? { ...data, ...LARGE } : data };
    },
    { log, tenantOf: (request) => tenantOf(request, "write") },
  );
  const compactor = new KeptThread(() => optionsOf("compact"), log);
  let serverUrl = "";
  let timers: NodeJS.Timeout | undefined;
  const rules = new KeptThread(() => {
    const { data, ...rest } = optionsOf("rules");
    const externalUrl = settings.rules.externalUrl || serverUrl;
    return {
      ...rest,
      data: { ...data, settings: { ...settings, rules: { ...settings.rules, externalUrl } } },
    };
  }, log);
  lowerPriorityOf("V8Worker", V8_NICENESS);
  await Promise.all([queries.start(), writers.start()]);
  return {
    get canary() {
      return canary;
    },
    async fetch(request, path) {
      const tidy = tidyPath(path);
      const isAdmin = ADMIN_ROUTES.has(tidy) || isRulesConfigPath(tidy);
      const isWrite = WRITE_ROUTES.has(tidy) || isAdmin;
      try {
        return await (isWrite
          ? writers.fetch(request, isAdmin && request.method !== "GET")
          : queries.fetch(request));
      } catch (error) {
        if (!request.signal.aborted) log("error", "request", { path, error: errorMessage(error) });
        return failureResponse(error, isWrite ? "write" : "query");
      }
    },
    startTimers(url) {
      serverUrl = url;
      timers = setTimeout(() => {
        void compactor.start().catch(() => {});
        void rules.start().catch(() => {});
      }, TIMERS_DELAY_MS);
    },
    stopTimers: async () => {
      clearTimeout(timers);
      await Promise.all([compactor.close(), rules.close()]);
    },
    close: async () => {
      await Promise.all([queries.close(), writers.close()]);
    },
  };
}

const WRITE_ROUTES = new Set([...WRITE_PATHS, ...OTLP_PATHS]);
const ADMIN_ROUTES = new Set(ADMIN_PATHS);
