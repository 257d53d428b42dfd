/**
 * Threads for whatever reads. Each answers one request at a time, so the one that is heavy, and is ended for it, takes
 * nobody else's answer with it.
 */
import { HearthError } from "../../lib/model/errors.ts";
import type { Exchange } from "./exchange.ts";
import { RouteThread, type ThreadOptions } from "./route-thread.ts";

/** Requests that wait for a thread at most. */
const MAX_WAITING = 256;
/** A query may take 25 s; a thread that is silent for longer computes what no deadline ends. */
const STALL_MS = 28_000;
/** A client that takes nothing for so long gives its thread back. */
const UNREAD_MS = 60_000;
/** How soon a thread must have noticed that its client is gone. */
const ABORT_MS = 100;
const WATCH_MS = 1000;

interface Waiting {
  readonly request: Request;
  readonly resolve: (response: Promise<Response>) => void;
}

export class QueryPool {
  readonly #options: Omit<ThreadOptions, "onDeath">;
  readonly #size: number;
  readonly #threads = new Set<RouteThread>();
  #waiting: Waiting[] = [];
  #isClosing = false;
  readonly #watch: NodeJS.Timeout;

  /** At most `size` threads, of which one starts at once and the others when they are needed. */
  constructor(size: number, options: Omit<ThreadOptions, "onDeath">) {
    this.#size = size;
    this.#options = options;
    this.#watch = setInterval(() => this.#endStalled(), WATCH_MS);
    this.#watch.unref();
  }

  /** Resolves when the first thread takes requests. Rejects if it cannot start. */
  start(): Promise<void> {
    return this.#startThread().ready;
  }

  /** Rejects with "unavailable", "too large" or "timed out" when no thread could answer. */
  fetch(request: Request): Promise<Response> {
    const { promise, resolve } = Promise.withResolvers<Response>();
    this.#dispatch();
    if (this.#isClosing || this.#waiting.length >= MAX_WAITING) {
      const what = this.#isClosing ? "the server is stopping" : `${MAX_WAITING} requests wait already`;
      return Promise.reject(new HearthError("unavailable", `query: ${what}; retry`));
    }
    this.#waiting.push({ request, resolve });
    this.#dispatch();
    return promise;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#watch);
    await Promise.all([...this.#threads].map((thread) => thread.close()));
  }

  #dispatch(): void {
    this.#waiting = this.#waiting.filter(({ request }) => !request.signal.aborted);
    while (this.#waiting.length > 0) {
      const idle = this.#idleThread();
      if (idle === undefined) return;
      const { request, resolve } = this.#waiting.shift()!;
      const exchange = idle.begin(request, (aborted) => this.#endSoon(idle, aborted));
      exchange.done.then(() => this.#dispatch());
      resolve(exchange.response);
    }
  }

  #idleThread(): RouteThread | undefined {
    for (const thread of this.#threads) if (thread.load === 0) return thread;
    return this.#threads.size < this.#size && !this.#isClosing ? this.#startThread() : undefined;
  }

  #startThread(): RouteThread {
    const thread: RouteThread = new RouteThread({
      ...this.#options,
      onDeath: () => {
        this.#threads.delete(thread);
        if (!this.#isClosing) this.#dispatch();
      },
    });
    this.#threads.add(thread);
    return thread;
  }

  /** No other request is given to a thread that is being ended. */
  #kill(thread: RouteThread, error: HearthError): void {
    this.#threads.delete(thread);
    thread.kill(error);
    this.#dispatch();
  }

  #endSoon(thread: RouteThread, exchange: Exchange): void {
    setTimeout(() => {
      if (!exchange.isFinished)
        this.#kill(thread, new HearthError("unavailable", "query: its client has gone away"));
    }, ABORT_MS);
  }

  #endStalled(): void {
    for (const thread of this.#threads) {
      for (const exchange of thread.exchanges) {
        if (exchange.stalledMs() > STALL_MS)
          this.#kill(
            thread,
            new HearthError("timed out", `query: no answer in ${STALL_MS} ms; shorten its range`),
          );
        if (exchange.unreadMs() > UNREAD_MS)
          this.#kill(
            thread,
            new HearthError("unavailable", `query: nobody read its answer for ${UNREAD_MS} ms`),
          );
      }
    }
  }
}
