/**
 * Threads for all reads. Each serves one request at a time, so a heavy one that is ended takes no other response with it.
 *
 * One thread is always left for short requests: while others wait, a request that has run for `SHORT_MS` counts as long,
 * and long ones run in all threads but one. The last thread's request is ended then, and runs anew when another long one
 * has ended: reads can be repeated. Small queries would otherwise wait 25 s for as many heavy ones as there are threads.
 */
import { HearthError } from "../../lib/model/errors.ts";
import type { Exchange } from "./exchange.ts";
import { RouteThread, type ThreadOptions } from "./route-thread.ts";

/** The most requests that wait for a thread. */
const MAX_WAITING = 256;
/** A query may take 25 s; a thread that is silent for longer computes what no deadline ends. */
const STALL_MS = 28_000;
/** A thread is taken from a client that has read nothing for this long. */
const UNREAD_MS = 60_000;
/** A thread must notice within this time that its client is gone. */
const ABORT_MS = 100;
const WATCH_MS = 1000;
/** A request that runs for longer while others wait is a long one. */
const SHORT_MS = 500;
const LANE_WATCH_MS = 100;

interface Waiting {
  readonly request: Request;
  readonly resolve: (response: Promise<Response>) => void;
  /** It was ended once to let short requests run. */
  readonly isLong: boolean;
}

interface Running extends Omit<Waiting, "isLong"> {
  isLong: boolean;
  readonly exchange: Exchange;
  /** Infinite until its thread has started. */
  startedMs: number;
  /** The request again; undefined where it could not be repeated. */
  readonly again: Request | undefined;
  /** Its outcome is nobody's: it runs anew. */
  isEnded: boolean;
}

export class QueryPool {
  readonly #options: Omit<ThreadOptions, "onDeath">;
  readonly #size: number;
  readonly #threads = new Set<RouteThread>();
  readonly #running = new Map<RouteThread, Running>();
  /** Those that have not run yet. */
  #waiting: Waiting[] = [];
  #waitingLong: Waiting[] = [];
  #isClosing = false;
  readonly #watch: NodeJS.Timeout;
  #laneWatch: NodeJS.Timeout | undefined;

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
    if (this.#isClosing || this.#waiting.length + this.#waitingLong.length >= MAX_WAITING) {
      const what = this.#isClosing ? "the server is stopping" : `${MAX_WAITING} requests wait already`;
      return Promise.reject(new HearthError("unavailable", `query: ${what}; retry`));
    }
    this.#waiting.push({ request, resolve, isLong: false });
    this.#dispatch();
    return promise;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#watch);
    clearTimeout(this.#laneWatch);
    await Promise.all([...this.#threads].map((thread) => thread.close()));
  }

  #dispatch(): void {
    const isAwaited = ({ request }: Waiting) => !request.signal.aborted;
    this.#waiting = this.#waiting.filter(isAwaited);
    this.#waitingLong = this.#waitingLong.filter(isAwaited);
    for (;;) {
      const hasLong = this.#waitingLong.length > 0 && this.#longCount() < this.#maxLong;
      const queue = this.#waiting.length > 0 ? this.#waiting : hasLong ? this.#waitingLong : [];
      const idle = queue.length > 0 ? this.#idleThread() : undefined;
      if (idle === undefined) break;
      this.#run(idle, queue.shift()!);
    }
    if (this.#waiting.length > 0 && this.#size > 1 && !this.#isClosing)
      this.#laneWatch ??= setTimeout(() => {
        this.#laneWatch = undefined;
        this.#keepLane();
        this.#dispatch();
      }, LANE_WATCH_MS);
  }

  get #maxLong(): number {
    return Math.max(1, this.#size - 1);
  }

  #longCount(): number {
    return [...this.#running.values()].filter(({ isLong }) => isLong).length;
  }

  #run(thread: RouteThread, { request, resolve, isLong }: Waiting): void {
    // The last thread's request may have to run anew, and a body can be read once.
    const isLast = this.#running.size === this.#size - 1 && this.#size > 1;
    const again = isLast ? request.clone() : undefined;
    const exchange = thread.begin(request, (aborted) => this.#endSoon(thread, aborted));
    const running: Running = {
      request,
      resolve,
      isLong,
      exchange,
      startedMs: Number.POSITIVE_INFINITY,
      again,
      isEnded: false,
    };
    this.#running.set(thread, running);
    const begin = () => {
      running.startedMs = performance.now();
    };
    thread.ready.then(begin, () => {});
    const settle = (response: Promise<Response>) => {
      if (!running.isEnded) resolve(response);
    };
    exchange.response.then(
      () => settle(exchange.response),
      () => settle(exchange.response),
    );
    exchange.done.then(() => {
      if (this.#running.get(thread) === running) this.#running.delete(thread);
      this.#dispatch();
    });
  }

  /** Marks what has run for long, and ends one of them where they would have every thread. */
  #keepLane(): void {
    const nowMs = performance.now();
    const overdue = [...this.#running].filter(
      ([, { isLong, startedMs }]) => !isLong && nowMs - startedMs > SHORT_MS,
    );
    // What cannot be repeated goes first.
    overdue.sort(([, a], [, b]) => Number(a.again !== undefined) - Number(b.again !== undefined));
    let longCount = this.#longCount();
    for (const [, running] of overdue) {
      running.isLong = true;
      longCount++;
    }
    if (longCount <= this.#maxLong) return;
    const canEnd = ([, { again, exchange }]: [RouteThread, Running]) =>
      again !== undefined && !exchange.isAnswered;
    const last = [...this.#running].filter(canEnd).sort(([, a], [, b]) => b.startedMs - a.startedMs)[0];
    if (last === undefined) return;
    const [thread, running] = last;
    running.isEnded = true;
    this.#running.delete(thread);
    this.#waitingLong.push({ request: running.again!, resolve: running.resolve, isLong: true });
    this.#kill(thread, new HearthError("unavailable", "query: it runs anew after shorter ones"));
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
        this.#running.delete(thread);
        if (!this.#isClosing) this.#dispatch();
      },
    });
    this.#threads.add(thread);
    return thread;
  }

  /** No other request is given to a thread that is being ended. */
  #kill(thread: RouteThread, error: HearthError): void {
    this.#threads.delete(thread);
    this.#running.delete(thread);
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
