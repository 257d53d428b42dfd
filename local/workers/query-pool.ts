/**
 * Threads for all reads. Each serves one request at a time, so a heavy one that is ended takes no other response with it.
 *
 * Half of the threads are for long requests and have a lower priority. A request begins in one of the others. If it has
 * computed there for `SHORT_MS` while another waits, it is a long one: it is canceled and runs anew in a thread for long ones,
 * which reads allow. The thread stays, with its compiled code and its cache. The same expression begins among the long ones
 * next time. Of those that wait, cheap ones go before dear ones that came soon before them. Small queries would otherwise
 * wait 25 s for as many heavy ones as there are threads.
 */
import { LRUCache } from "lru-cache";
import { HearthError } from "../../lib/model/errors.ts";
import type { Exchange } from "./exchange.ts";
import { readRepeatable } from "./repeatable-request.ts";
import { RouteThread, type ThreadOptions } from "./route-thread.ts";

/** The most requests that wait for a thread. */
const MAX_WAITING = 256;
/** A query may take 25 s; a thread that is silent for longer computes what no deadline ends. */
const STALL_MS = 28_000;
/** A thread is taken from a client that has read nothing for this long. */
const UNREAD_MS = 60_000;
/**
 * A thread whose request is canceled, and which computes on for so long, is ended. It is CPU time: computations look every
 * 15 ms at most, but a busy machine makes them wait, and a new thread would wait for longer.
 */
const ABORT_CPU_MS = 200;
const ABORT_WATCH_MS = 100;
const WATCH_MS = 1000;
/** A request that takes more of its thread's CPU, in ms, while others wait is a long one. */
const SHORT_MS = 150;
/** One that only waits for the table is a long one after this time. */
const WAITS_LONG_MS = 2000;
const LANE_WATCH_MS = 25;
/** Of threads, beside the main one's. */
const NICENESS = { short: 3, long: 10 } as const;
type Lane = keyof typeof NICENESS;
/** Of how many expressions the CPU time is known, and for how long. */
const KNOWN = { max: 1000, ttl: 600_000 };
/** A request goes before others that came so many times its CPU time later. */
const PATIENCE = 10;

interface Waiting {
  readonly signal: AbortSignal;
  /** Makes the request. */
  readonly make: () => Request;
  /** Undefined: it cannot be made twice. */
  readonly key: string | undefined;
  readonly resolve: (response: Promise<Response>) => void;
  /** In this order they begin. */
  readonly dueMs: number;
}

interface Running {
  readonly waiting: Waiting;
  readonly exchange: Exchange;
  readonly lane: Lane;
  /** Infinite until its thread has started. */
  startedMs: number;
  /** What the thread's CPU had taken then, in ms. */
  startedCpuMs: Promise<number>;
  /** Its outcome is nobody's: it runs anew. */
  isEnded: boolean;
}

export class QueryPool {
  readonly #options: Omit<ThreadOptions, "onDeath">;
  /** How many threads there may be. */
  readonly #sizes: Readonly<Record<Lane, number>>;
  readonly #threads: Readonly<Record<Lane, Set<RouteThread>>> = { short: new Set(), long: new Set() };
  readonly #running = new Map<RouteThread, Running>();
  /** Those that have not run yet, and those known to be long. */
  readonly #waiting: Record<Lane, Waiting[]> = { short: [], long: [] };
  /** The CPU time, in ms, that an expression last took. */
  readonly #known = new LRUCache<string, number>(KNOWN);
  #isClosing = false;
  readonly #watch: NodeJS.Timeout;
  #laneWatch: NodeJS.Timeout | undefined;

  /** At most `size` threads, of which one starts at once and the others when they are needed. */
  constructor(size: number, options: Omit<ThreadOptions, "onDeath">) {
    const long = Math.floor(size / 2);
    this.#sizes = { short: size - long, long };
    this.#options = options;
    this.#watch = setInterval(() => this.#endStalled(), WATCH_MS);
    this.#watch.unref();
  }

  /** Resolves when the first thread takes requests. Rejects if it cannot start. */
  start(): Promise<void> {
    return this.#startThread("short").ready;
  }

  /** Rejects with "unavailable", "too large" or "timed out" when no thread could answer. */
  async fetch(request: Request): Promise<Response> {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const { signal } = request;
    const { key, make } = (await readRepeatable(request)) ?? { key: undefined, make: () => request };
    this.#dispatch();
    if (this.#isClosing || this.#waiting.short.length + this.#waiting.long.length >= MAX_WAITING) {
      const what = this.#isClosing ? "the server is stopping" : `${MAX_WAITING} requests wait already`;
      throw new HearthError("unavailable", `query: ${what}; retry`);
    }
    const cpuMs = key === undefined ? Number.POSITIVE_INFINITY : (this.#known.get(key) ?? 0);
    const lane = cpuMs > SHORT_MS && this.#sizes.long > 0 ? "long" : "short";
    const dueMs = performance.now() + PATIENCE * Math.min(cpuMs, SHORT_MS);
    this.#waiting[lane].push({ signal, make, key, resolve, dueMs });
    this.#waiting[lane].sort((a, b) => a.dueMs - b.dueMs);
    this.#dispatch();
    return promise;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#watch);
    clearTimeout(this.#laneWatch);
    await Promise.all(this.#all().map((thread) => thread.close()));
  }

  #all(): RouteThread[] {
    return [...this.#threads.short, ...this.#threads.long];
  }

  #dispatch(): void {
    for (const lane of ["short", "long"] as const)
      this.#waiting[lane] = this.#waiting[lane].filter(({ signal }) => !signal.aborted);
    const { short, long } = this.#waiting;
    while (long.length > 0 && this.#runIn("long", long[0])) long.shift();
    while (short.length > 0 && (this.#runIn("short", short[0]) || this.#runAmongLong(short[0])))
      short.shift();
    if (short.length > 0 && this.#sizes.long > 0 && !this.#isClosing)
      this.#laneWatch ??= setTimeout(() => {
        void this.#endLong().finally(() => {
          this.#laneWatch = undefined;
          this.#dispatch();
        });
      }, LANE_WATCH_MS);
  }

  /** False: no thread of the lane is idle. */
  #runIn(lane: Lane, waiting: Waiting): boolean {
    const thread = this.#idleThread(lane);
    if (thread === undefined) return false;
    this.#run(thread, lane, waiting);
    return true;
  }

  /** In a thread that has started: one of low priority starts too slowly for a short request. */
  #runAmongLong(waiting: Waiting): boolean {
    const thread = [...this.#threads.long].find(({ load, isReady }) => load === 0 && isReady);
    if (thread !== undefined) this.#run(thread, "long", waiting);
    return thread !== undefined;
  }

  #run(thread: RouteThread, lane: Lane, waiting: Waiting): void {
    const exchange = thread.begin(waiting.make(), (aborted) => this.#endSoon(thread, aborted));
    const running: Running = {
      waiting,
      exchange,
      lane,
      startedMs: Number.POSITIVE_INFINITY,
      startedCpuMs: Promise.resolve(0),
      isEnded: false,
    };
    this.#running.set(thread, running);
    const begin = () => {
      running.startedMs = performance.now();
      running.startedCpuMs = thread.cpuMs();
    };
    thread.ready.then(begin, () => {});
    const settle = () => {
      if (!running.isEnded) waiting.resolve(exchange.response);
    };
    exchange.response.then(settle, settle);
    exchange.done.then(() => {
      if (this.#running.get(thread) === running) this.#running.delete(thread);
      if (waiting.key !== undefined && !running.isEnded && !waiting.signal.aborted)
        void this.#note(waiting.key, thread, running);
      this.#dispatch();
    });
  }

  async #note(key: string, thread: RouteThread, { startedCpuMs }: Running): Promise<void> {
    const [ended, started] = await Promise.all([thread.cpuMs(), startedCpuMs]);
    this.#known.set(key, ended - started);
  }

  /** For each request that waits, a long one leaves the threads for short ones: the youngest, which loses least. */
  async #endLong(): Promise<void> {
    const nowMs = performance.now();
    const overdue: Running[] = [];
    for (const [thread, running] of this.#running) {
      const { lane, waiting, exchange, startedMs, startedCpuMs } = running;
      if (lane === "long" || waiting.key === undefined || nowMs - startedMs < SHORT_MS) continue;
      const isLong =
        nowMs - startedMs > WAITS_LONG_MS || (await thread.cpuMs()) - (await startedCpuMs) > SHORT_MS;
      if (isLong && !running.isEnded && !exchange.isAnswered && !exchange.isFinished) overdue.push(running);
    }
    overdue.sort((a, b) => b.startedMs - a.startedMs);
    for (const running of overdue.slice(0, this.#waiting.short.length)) {
      running.isEnded = true;
      this.#known.set(running.waiting.key!, Number.POSITIVE_INFINITY);
      this.#waiting.long.push(running.waiting);
      running.exchange.abort();
    }
  }

  #idleThread(lane: Lane): RouteThread | undefined {
    for (const thread of this.#threads[lane]) if (thread.load === 0) return thread;
    return this.#threads[lane].size < this.#sizes[lane] && !this.#isClosing
      ? this.#startThread(lane)
      : undefined;
  }

  #startThread(lane: Lane): RouteThread {
    const data = { ...this.#options.data, niceness: NICENESS[lane] };
    const thread: RouteThread = new RouteThread({
      ...this.#options,
      data,
      onDeath: () => {
        this.#forget(thread);
        if (!this.#isClosing) this.#dispatch();
      },
    });
    this.#threads[lane].add(thread);
    return thread;
  }

  #forget(thread: RouteThread): void {
    this.#threads.short.delete(thread);
    this.#threads.long.delete(thread);
    this.#running.delete(thread);
  }

  /** No other request is given to a thread that is being ended. */
  #kill(thread: RouteThread, error: HearthError): void {
    this.#forget(thread);
    thread.kill(error);
    this.#dispatch();
  }

  /** Ends the request of a thread, and the thread too if it does not notice. */
  #endSoon(thread: RouteThread, exchange: Exchange): void {
    thread.cancel();
    const began = thread.cpuMs();
    const watch = setInterval(async () => {
      const cpuMs = (await thread.cpuMs()) - (await began);
      if (exchange.isFinished) return clearInterval(watch);
      if (cpuMs < ABORT_CPU_MS) return;
      clearInterval(watch);
      this.#kill(thread, new HearthError("canceled", "query was canceled"));
    }, ABORT_WATCH_MS);
  }

  #endStalled(): void {
    for (const thread of this.#all()) {
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
