/**
 * Threads for all reads. Each serves one request at a time, so a heavy one that is ended takes no other response with it.
 *
 * Half of the threads are for long requests and have the lowest priority (query-lanes.ts). A request that looks long
 * (long-request.ts), or took long last time, begins among them. If any other takes too long in its thread while another waits
 * (leaving.ts), it is canceled and runs again in a long thread, which reads allow. Its own thread stays, with its compiled code
 * and its cache.
 */

import { LRUCache } from "lru-cache";
import { HearthError } from "../../lib/model/errors.ts";
import type { Exchange } from "./exchange.ts";
import { planLeaving } from "./leaving.ts";
import { LANE_NICENESS } from "./niceness.ts";
import {
  type Expectation,
  expect,
  isLong,
  isProven,
  type Known,
  LANES,
  type Lane,
  learn,
  planLanes,
  type Sizes,
  sizesOf,
} from "./query-lanes.ts";
import { readRepeatable } from "./repeatable-request.ts";
import { RouteThread, type ThreadOptions } from "./route-thread.ts";
import type { TenantOf } from "./write-threads.ts";

/** The most requests that wait for a thread. */
export const MAX_WAITING = 256;
/** Those of one tenant: others' find a place. */
const MAX_WAITING_OF_TENANT = MAX_WAITING / 2;
/** A query may take 25 s; a thread that is silent for longer computes what no deadline ends. */
const STALL_MS = 28_000;
/** A thread is taken from a client that has read nothing for this long. */
const UNREAD_MS = 60_000;
/**
 * A thread that computes on for this CPU time, in ms, after its request was canceled is ended: after less if the client is
 * gone. Computations look every 15 ms, as a rule; a pattern that compiles does not. A request that leaves its lane has more,
 * for others wait for its thread, and for longer if it must start again.
 */
const ABORT_CPU_MS = { gone: 60, leaves: 200 } as const;
const ABORT_WATCH_MS = 20;
const WATCH_MS = 1000;
/** How often requests of the short lane are looked at while others wait for it. */
const LANE_WATCH_MS = 25;
const URGENCIES = { express: "urgent", short: "soon", long: "background" } as const;
/** Of how many requests the CPU time is known, and for how long. */
const KNOWN = { max: 1000, ttl: 600_000 };

interface Waiting extends Expectation {
  /** Undefined of one that came when none waited. */
  readonly tenant: string | undefined;
  readonly signal: AbortSignal;
  /** Makes the request. */
  readonly make: () => Request;
  /** Undefined: it cannot be made twice. */
  readonly key: string | undefined;
  readonly resolve: (response: Promise<Response>) => void;
}

interface Running {
  readonly waiting: Waiting;
  readonly exchange: Exchange;
  readonly lane: Lane;
  readonly startedMs: number;
  /** What the thread's CPU had taken then, in ms. */
  readonly startedCpuMs: Promise<number>;
  /** Nobody wants its outcome: the request runs again. */
  isEnded: boolean;
}

export class QueryPool {
  readonly #options: Omit<ThreadOptions, "onDeath">;
  readonly #tenantOf: TenantOf;
  /** How many threads there may be. */
  readonly #sizes: Sizes;
  readonly #threads: Readonly<Record<Lane, Set<RouteThread>>> = {
    express: new Set(),
    short: new Set(),
    long: new Set(),
  };
  readonly #running = new Map<RouteThread, Running>();
  /** In the order in which they are due. */
  #waiting: Waiting[] = [];
  readonly #known = new LRUCache<string, Known>(KNOWN);
  #isClosing = false;
  readonly #watch: NodeJS.Timeout;
  #laneWatch: NodeJS.Timeout | undefined;

  /** At most `size` threads. One starts at once, the others when they are needed. */
  constructor(size: number, options: Omit<ThreadOptions, "onDeath">, tenantOf: TenantOf) {
    this.#sizes = sizesOf(size);
    this.#options = options;
    this.#tenantOf = tenantOf;
    this.#watch = setInterval(() => this.#endStalled(), WATCH_MS);
    this.#watch.unref();
  }

  /** Resolves when the first thread takes requests. Rejects if it cannot start. */
  start(): Promise<void> {
    return this.#startThread(this.#sizes.express > 0 ? "express" : "short").ready;
  }

  /** Rejects with "unavailable", "too large" or "timed out" when no thread could answer. */
  async fetch(request: Request): Promise<Response> {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const { signal } = request;
    const repeatable = await readRepeatable(request);
    const { key, make } = repeatable ?? { key: undefined, make: () => request };
    this.#dispatch();
    const tenant = this.#waiting.length === 0 ? undefined : await this.#tenantOf(request);
    const refusal = this.#whyRefused(tenant);
    if (refusal !== undefined) throw new HearthError("unavailable", `query: ${refusal}; retry`);
    const guessMs = repeatable === undefined || repeatable.looksLong ? Number.POSITIVE_INFINITY : 0;
    const known = key === undefined ? undefined : this.#known.get(key);
    const history = { lastBeganMs: known?.beganMs, isBulk: repeatable?.isBulk || repeatable?.looksLong };
    const expected = expect(known?.cpuMs ?? guessMs, performance.now(), history);
    this.#wait({ tenant, signal, make, key, resolve, ...expected });
    this.#dispatch();
    return promise;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#watch);
    clearTimeout(this.#laneWatch);
    const error = new HearthError("unavailable", "query: the server is stopping; retry");
    for (const { resolve } of this.#waiting.splice(0)) resolve(Promise.reject(error));
    await Promise.all(this.#all().map((thread) => thread.close()));
  }

  #whyRefused(tenant: string | undefined): string | undefined {
    if (this.#isClosing) return "the server is stopping";
    if (this.#waiting.length >= MAX_WAITING) return `${MAX_WAITING} requests wait already`;
    if (tenant === undefined || this.#waiting.length < MAX_WAITING_OF_TENANT) return undefined;
    const own = this.#waiting.filter((one) => one.tenant === tenant).length;
    return own >= MAX_WAITING_OF_TENANT ? `${own} requests of the tenant wait already` : undefined;
  }

  #all(): RouteThread[] {
    return LANES.flatMap((lane) => [...this.#threads[lane]]);
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#waiting.sort((a, b) => a.dueMs - b.dueMs);
  }

  #dispatch(): void {
    if (this.#isClosing) return;
    this.#waiting = this.#waiting.filter(({ signal }) => !signal.aborted);
    const idle = { express: this.#idle("express"), short: this.#idle("short"), long: this.#idle("long") };
    const counts = { express: idle.express.length, short: idle.short.length, long: idle.long.length };
    const unstarted = this.#sizes.short - this.#threads.short.size;
    const threads = { sizes: this.#sizes, idle: counts, unstarted };
    const { begin, wanted } = planLanes(this.#waiting, threads, performance.now());
    for (const [waiting, lane] of begin) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      this.#run(idle[lane].shift()!, lane, waiting);
    }
    for (const lane of wanted) this.#startAnother(lane);
    if (wanted.has("express") || wanted.has("short"))
      this.#laneWatch ??= setTimeout(() => {
        void this.#endLong().finally(() => {
          this.#laneWatch = undefined;
          this.#dispatch();
        });
      }, LANE_WATCH_MS);
  }

  /** One that is starting takes no request yet: another may be idle before it is ready. */
  #idle(lane: Lane): RouteThread[] {
    return [...this.#threads[lane]].filter(({ load, isReady }) => load === 0 && isReady);
  }

  #run(thread: RouteThread, lane: Lane, waiting: Waiting): void {
    const exchange = thread.begin(waiting.make(), (aborted) => this.#endSoon(thread, aborted));
    const running: Running = {
      waiting,
      exchange,
      lane,
      startedMs: performance.now(),
      startedCpuMs: thread.cpuMs(),
      isEnded: false,
    };
    this.#running.set(thread, running);
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

  async #note(key: string, thread: RouteThread, running: Running): Promise<void> {
    const { lane, startedMs, startedCpuMs } = running;
    const [ended, started] = await Promise.all([thread.cpuMs(), startedCpuMs]);
    // Zero of a thread that has ended: nobody knows what the request took.
    if (ended < started) return;
    this.#known.set(key, learn(ended - started, startedMs, lane, this.#known.get(key)));
  }

  /** Requests leave the express thread and the short ones for those that wait. */
  async #endLong(): Promise<void> {
    const read = [...this.#running].map(async ([thread, running]) => {
      const cpuMs = (await thread.cpuMs()) - (await running.startedCpuMs);
      const { startedMs, waiting } = running;
      return { running, startedMs, cpuMs, isProven: isProven(waiting) };
    });
    const candidates = (await Promise.all(read)).filter(
      ({ running: { lane, waiting, isEnded, exchange } }) =>
        lane !== "long" &&
        waiting.key !== undefined &&
        !(isEnded || exchange.isAnswered || exchange.isFinished),
    );
    const wanting = this.#waiting.filter((waiting) => !isLong(waiting, this.#sizes));
    const threads = this.#threads.express.size + this.#threads.short.size;
    const nowMs = performance.now();
    for (const { running } of planLeaving(candidates, wanting, threads, nowMs)) {
      running.isEnded = true;
      this.#known.set(running.waiting.key!, { cpuMs: Number.POSITIVE_INFINITY, beganMs: running.startedMs });
      this.#wait({ ...running.waiting, ...expect(Number.POSITIVE_INFINITY, nowMs) });
      running.exchange.abort();
    }
  }

  #startAnother(lane: Lane): void {
    const threads = [...this.#threads[lane]];
    if (threads.length < this.#sizes[lane] && threads.every(({ isReady }) => isReady))
      this.#startThread(lane);
  }

  #startThread(lane: Lane): RouteThread {
    const data = { ...this.#options.data, niceness: LANE_NICENESS[lane], urgency: URGENCIES[lane] };
    const thread: RouteThread = new RouteThread({
      ...this.#options,
      data,
      onDeath: (error) => {
        this.#forget(thread);
        if (!thread.isReady) this.#failWaiting(lane, error);
        this.#dispatch();
      },
    });
    this.#threads[lane].add(thread);
    thread.ready.then(
      () => this.#dispatch(),
      () => {},
    );
    return thread;
  }

  /** A thread could not start. Requests that no other thread can take fail, or it would be tried for ever. */
  #failWaiting(lane: Lane, error: HearthError): void {
    const left = lane === "long" ? ["long" as const] : (["express", "short"] as const);
    if (left.some((name) => this.#threads[name].size > 0)) return;
    const mayWait = (one: Waiting) => isLong(one, this.#sizes) !== (lane === "long");
    for (const waiting of this.#waiting.filter((one) => !mayWait(one)))
      waiting.resolve(Promise.reject(error));
    this.#waiting = this.#waiting.filter(mayWait);
  }

  #forget(thread: RouteThread): void {
    for (const lane of LANES) this.#threads[lane].delete(thread);
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
    const most = ABORT_CPU_MS[this.#running.get(thread)?.isEnded === true ? "leaves" : "gone"];
    const began = thread.cpuMs();
    const watch = setInterval(async () => {
      const cpuMs = (await thread.cpuMs()) - (await began);
      if (exchange.isFinished) return clearInterval(watch);
      if (cpuMs < most) return;
      clearInterval(watch);
      this.#kill(thread, new HearthError("canceled", "request was canceled"));
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
