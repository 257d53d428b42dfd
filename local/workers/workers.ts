/**
 * The threads of `npm start`. Whatever one request computes, writes, health checks and other queries go on: one thread
 * stores, some read, one compacts, one is the embedded DynamoDB, and this one only passes requests on.
 */
import type { CanaryReport } from "../../lib/canary/canary.ts";
import { ADMIN_PATHS } from "../../lib/http/admin-routes.ts";
import { OTLP_PATHS } from "../../lib/http/otlp-route.ts";
import { tidyPath } from "../../lib/http/request-path.ts";
import { isRulesConfigPath } from "../../lib/http/rules-config-route.ts";
import { WRITE_PATHS } from "../../lib/http/write-route.ts";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import type { Log } from "../../lib/model/log.ts";
import type { SelfScrape } from "../self-scrape.ts";
import type { Environment, Settings } from "../settings.ts";
import { failureResponse } from "./failure-response.ts";
import { QueryPool } from "./query-pool.ts";
import { RouteThread, type ThreadOptions } from "./route-thread.ts";
import type { FromWorker, Role, WorkerData } from "./worker-data.ts";

/** What the readers of all threads remember. */
const READER_MEMORY_BYTES = 192 * 1024 * 1024;
/** Heaps, in MiB: many times what each usually takes, and together less than a small machine has. */
const HEAP_MIB: Readonly<Record<Role, number>> = { write: 1024, query: 1024, compact: 1024, rules: 1024 };
/** A thread that ended is started again after so long: one that cannot start must not spin. */
const RESTART_MS = 1000;

export interface Workers {
  /** What the canary's last run came to. */
  readonly canary: CanaryReport | undefined;
  /** Answers a request of a path; never rejects. */
  fetch(request: Request, path: string): Promise<Response>;
  /** Starts the compactor and the rules; `url` is where this server is found, for links from alerts. */
  startTimers(url: string): void;
  stopTimers(): Promise<void>;
  /** Ends the threads when nothing is in flight. */
  close(): Promise<void>;
}

interface Sinks {
  readonly log: Log;
  readonly selfScrape: SelfScrape | undefined;
}

/** Resolves when requests can be answered. */
export async function startWorkers(
  settings: Settings,
  env: Environment,
  endpoint: string | undefined,
  { log, selfScrape }: Sinks,
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
    const data: WorkerData = { role, settings, env: { ...env }, endpoint, readerMemoryBytes };
    return { data, heapMiB: HEAP_MIB[role], onMessage };
  };
  const queries = new QueryPool(settings.queryWorkers, optionsOf("query"));
  const writer = new KeptThread(() => optionsOf("write"), log);
  const compactor = new KeptThread(() => optionsOf("compact"), log);
  let serverUrl = "";
  const rules = new KeptThread(() => {
    const { data, ...rest } = optionsOf("rules");
    const externalUrl = settings.rules.externalUrl || serverUrl;
    return {
      ...rest,
      data: { ...data, settings: { ...settings, rules: { ...settings.rules, externalUrl } } },
    };
  }, log);
  await Promise.all([queries.start(), writer.start()]);
  return {
    get canary() {
      return canary;
    },
    async fetch(request, path) {
      const tidy = tidyPath(path);
      const isWrite = WRITE_ROUTES.has(tidy) || isRulesConfigPath(tidy);
      try {
        return await (isWrite ? writer.thread.begin(request).response : queries.fetch(request));
      } catch (error) {
        if (!request.signal.aborted) log("error", "request", { path, error: errorMessage(error) });
        return failureResponse(error, isWrite ? "write" : "query");
      }
    },
    startTimers(url) {
      serverUrl = url;
      void compactor.start().catch(() => {});
      void rules.start().catch(() => {});
    },
    stopTimers: async () => {
      await Promise.all([compactor.close(), rules.close()]);
    },
    close: async () => {
      await Promise.all([queries.close(), writer.close()]);
    },
  };
}

const WRITE_ROUTES = new Set([...WRITE_PATHS, ...OTLP_PATHS, ...ADMIN_PATHS]);

/** One thread that is started again when it ends. */
class KeptThread {
  readonly #options: () => Omit<ThreadOptions, "onDeath">;
  readonly #log: Log;
  #thread: RouteThread | undefined;
  #isClosing = false;

  constructor(options: () => Omit<ThreadOptions, "onDeath">, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  /** Throws "unavailable" while it is being started again. */
  get thread(): RouteThread {
    if (this.#thread !== undefined) return this.#thread;
    throw new HearthError("unavailable", "the thread that stores is being started again; retry");
  }

  start(): Promise<void> {
    const options = this.#options();
    const { role } = options.data;
    const thread = new RouteThread({
      ...options,
      onDeath: (error) => {
        this.#thread = undefined;
        this.#log("error", `${role} worker`, { error: error.message });
        setTimeout(() => {
          if (!this.#isClosing) void this.start().catch(() => {});
        }, RESTART_MS).unref();
      },
    });
    this.#thread = thread;
    return thread.ready;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#thread?.close();
  }
}
