/** A worker thread that answers requests, and what happens when it cannot. */
import { Worker } from "node:worker_threads";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import { Exchange } from "./exchange.ts";
import type { FromWorker, ToWorker, WorkerData } from "./worker-data.ts";

export interface ThreadOptions {
  readonly data: Omit<WorkerData, "canceled">;
  /** The largest heap of the thread, in MiB. */
  readonly heapMiB: number;
  readonly onMessage: (message: FromWorker) => void;
  /** Called once, when the thread has ended without being asked to. */
  readonly onDeath: (error: HearthError) => void;
}

const ENTRY = new URL("worker.ts", import.meta.url);

export class RouteThread {
  /** Resolves when it takes requests. Rejects if it cannot start. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #options: ThreadOptions;
  readonly #exchanges = new Set<Exchange>();
  readonly #exited: Promise<void>;
  readonly #canceled = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #isReady = false;
  #isClosing = false;
  #error: HearthError | undefined;

  constructor(options: ThreadOptions) {
    this.#options = options;
    const { data, heapMiB, onMessage } = options;
    this.#worker = new Worker(ENTRY, {
      workerData: { ...data, canceled: this.#canceled } satisfies WorkerData,
      resourceLimits: { maxOldGenerationSizeMb: heapMiB },
    });
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    // Whoever needs it waits for it.
    this.ready.catch(() => {});
    this.#worker.on("message", (message: FromWorker) => {
      if (message.kind !== "ready") return onMessage(message);
      this.#isReady = true;
      ready.resolve();
    });
    this.#worker.on("error", (error) => {
      this.#error ??= this.#meaningOf(error);
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        const error = this.#error ?? new HearthError("internal", "worker: ended by itself; see the log");
        ready.reject(error);
        for (const exchange of this.#exchanges) exchange.fail(error);
        if (!this.#isClosing) options.onDeath(error);
        resolve();
      });
    });
  }

  /** How many requests are in flight. */
  get load(): number {
    return this.#exchanges.size;
  }

  /** Whether it takes requests. */
  get isReady(): boolean {
    return this.#isReady;
  }

  get exchanges(): Iterable<Exchange> {
    return this.#exchanges;
  }

  /** Begins a request; `onAbort` is called when it is aborted: its client is gone, or it was canceled. */
  begin(request: Request, onAbort: (exchange: Exchange) => void = () => {}): Exchange {
    const exchange: Exchange = new Exchange(request, () => onAbort(exchange));
    if (this.#exchanges.size === 0) Atomics.store(this.#canceled, 0, 0);
    this.#exchanges.add(exchange);
    exchange.done.then(() => this.#exchanges.delete(exchange));
    const message: ToWorker = { kind: "request", head: exchange.head, port: exchange.remotePort };
    this.#worker.postMessage(message, [exchange.remotePort]);
    return exchange;
  }

  /** The CPU time it has taken, in ms; 0 when it has ended. */
  cpuMs(): Promise<number> {
    return this.#worker.cpuUsage().then(
      ({ user, system }) => (user + system) / 1000,
      () => 0,
    );
  }

  /** Ends what it computes soon: computations look for this whenever they read the clock. */
  cancel(): void {
    Atomics.store(this.#canceled, 0, 1);
  }

  /** Ends it in the middle of whatever it does. */
  kill(error: HearthError): void {
    this.#error ??= error;
    void this.#worker.terminate();
  }

  /** Ends it when nothing is in flight. */
  close(): Promise<void> {
    this.#isClosing = true;
    this.#worker.postMessage({ kind: "close" } satisfies ToWorker);
    return this.#exited;
  }

  #meaningOf(error: unknown): HearthError {
    if (error instanceof HearthError) return error;
    const { heapMiB, data } = this.#options;
    if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY")
      return new HearthError("internal", `worker: ${errorMessage(error)}`, { cause: error });
    return data.role === "query"
      ? new HearthError(
          "too large",
          `query: more than ${heapMiB} MiB of heap are needed; shorten its range or add matchers`,
        )
      : new HearthError("unavailable", `${data.role} worker: more than ${heapMiB} MiB of heap are needed`);
  }
}
