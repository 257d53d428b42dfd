/**
 * Who goes on next. Every actor waits in here whenever it waits at all, so that one step is one table call (or the end of a
 * pause) of one actor, chosen by chance; time is simulated and moves on from step to step, and over the gaps between them.
 */
import type { Clock } from "../../lib/model/time.ts";
import type { Random } from "./random.ts";

export type Role = "writer" | "reader" | "compactor";

/** A process: what dies at once. */
export class Process {
  readonly role: Role;
  readonly name: string;
  /** By how much its clock is ahead. */
  skewMs: number;
  /** Faults that its calls met. */
  faults = 0;
  isDead = false;
  onDeath: () => void = () => {};

  constructor(role: Role, name: string, skewMs: number) {
    this.role = role;
    this.name = name;
    this.skewMs = skewMs;
  }
}

export interface Waiting {
  /** None: what a process left behind in the network. */
  readonly process: Process | undefined;
  readonly name: string;
  readonly readyMs: number;
  /** Goes on; answers what became of it, for the record; "" if nothing did. */
  readonly run: () => string;
  /** Its process died. */
  readonly drop?: () => void;
}

/** Who goes on, of those that can. */
export interface Order {
  pick(ready: readonly Waiting[]): Waiting;
}

interface Event {
  readonly ms: number;
  readonly who: string;
  readonly what: string;
}

/** Steps and table calls of a schedule: the longest of 10,000 had 3,576. */
const MAX_STEPS = 40_000;
const STEP_MS = 12;

export class Scheduler {
  readonly random: Random;
  nowMs: number;
  steps = 0;
  /** How long after it was made a call has taken effect at the most, in ms. */
  latestLandingMs = 0;
  /** Default: each is as likely as the others. */
  order: Order;
  readonly #grainMs: number;
  readonly #stepMs: number;
  readonly #events: Event[] = [];
  #waiting: Waiting[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** `grainMs`: how coarse the clocks are; `stepMs`: how long a step takes at most. */
  constructor(random: Random, nowMs: number, grainMs: number, stepMs: number = STEP_MS) {
    this.random = random;
    this.order = random;
    this.#grainMs = grainMs;
    this.#stepMs = stepMs;
    this.nowMs = nowMs;
  }

  /** A clock that does not move while others look at theirs, if it is coarse. */
  clockOf(process: Process): Clock {
    return () => {
      const ms = ++this.nowMs + process.skewMs;
      return ms - (ms % this.#grainMs);
    };
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  sleep(process: Process, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const run = () => {
      resolve();
      return "";
    };
    this.add({ process, name: "sleep", readyMs: this.nowMs + ms, run });
    return promise;
  }

  /** When the calls end that take longer than `minMs` from now, and not longer than `maxMs`. */
  slowEnds(minMs: number, maxMs: number): number[] {
    const ends = this.#waiting.filter(({ name }) => name !== "sleep").map(({ readyMs }) => readyMs);
    return ends.filter((ms) => ms > this.nowMs + minMs && ms <= this.nowMs + maxMs);
  }

  /** It never goes on. */
  kill(process: Process): void {
    const dropped = this.#waiting.filter((waiting) => waiting.process === process);
    this.#waiting = this.#waiting.filter((waiting) => waiting.process !== process);
    process.isDead = true;
    for (const waiting of dropped) waiting.drop?.();
    process.onDeath();
  }

  note(who: string, what: string): void {
    this.#events.push({ ms: this.nowMs, who, what });
  }

  /** Ends the run with an error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  events(): string[] {
    return this.#events.map(({ ms, who, what }) => `${new Date(ms).toISOString()} ${who} ${what}`);
  }

  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Lets time pass while nobody works. What is in the network lands when it is due: no call is good for longer. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    const due = this.#waiting.filter(({ readyMs }) => readyMs <= endMs);
    this.#waiting = this.#waiting.filter(({ readyMs }) => readyMs > endMs);
    for (const waiting of due.sort((a, b) => a.readyMs - b.readyMs)) {
      this.nowMs = Math.max(this.nowMs, waiting.readyMs);
      this.#go(waiting);
    }
    this.nowMs = endMs;
  }

  /** Whatever is still in the network arrives. */
  landRest(): void {
    for (const waiting of this.#waiting.splice(0)) this.#go(waiting);
  }

  /** Whatever is still in the network is lost. */
  loseRest(): void {
    this.#waiting = [];
  }

  /** Throws when a schedule is so long that it cannot have an end. */
  countStep(): void {
    if (++this.steps > MAX_STEPS) throw new Error(`simulation: no end after ${MAX_STEPS} steps`);
  }

  /** Steps until `isDone`, and tells `onStep` of each. */
  async run(isDone: () => boolean, onStep: () => void): Promise<void> {
    for (;;) {
      // Whoever can go on does so until all wait in here: they wait for nothing but promises.
      await new Promise((resolve) => setImmediate(resolve));
      this.throwFailure();
      if (isDone()) return;
      this.countStep();
      onStep();
      this.#step();
    }
  }

  #step(): void {
    if (this.#waiting.length === 0) throw new Error("simulation: nobody waits, and somebody is not done");
    this.nowMs += this.random.between(0, this.#stepMs);
    let ready = this.#waiting.filter(({ readyMs }) => readyMs <= this.nowMs);
    if (ready.length === 0) {
      this.nowMs = Math.min(...this.#waiting.map(({ readyMs }) => readyMs));
      ready = this.#waiting.filter(({ readyMs }) => readyMs <= this.nowMs);
    }
    const next = this.order.pick(ready);
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#go(next);
  }

  #go({ process, name, run }: Waiting): void {
    const what = run();
    if (what !== "") this.note(process?.name ?? "network", `${name} ${what}`);
  }
}
