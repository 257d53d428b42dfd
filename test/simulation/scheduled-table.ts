/**
 * A process' view of the table: its calls wait for the scheduler, which decides when they take effect, when they are answered,
 * and what goes wrong.
 */
import { HearthError } from "../../lib/model/errors.ts";
import type { Item, Key, KeyRange, QueryOptions, Table } from "../../lib/storage/table.ts";
import type { Process, Scheduler } from "./scheduler.ts";

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;
/** Of what is on its way so long that all others have gone, and everything that expires has left. */
const MONTH_MS = 30 * 24 * HOUR_MS;
/** How far an eventually consistent read may be behind. */
const STALE_MS = 2 * SECOND_MS;

/** How bad things are, each a probability for one call. */
export interface Weather {
  readonly fault: number;
  readonly death: number;
  /** Of a call that takes long, before or after its effect. */
  readonly delay: number;
  readonly pageItems: number;
}

/** The table that all share, and when its items came. */
export interface World {
  readonly scheduler: Scheduler;
  readonly table: Table;
  readonly weather: Weather;
  readonly bornMs: Map<string, number>;
}

const kindOf = (key: { readonly pk: Uint8Array }) => String.fromCharCode(key.pk[0]);
const textOf = ({ pk, sk }: Key) =>
  `${Buffer.from(pk).toString("latin1")}|${Buffer.from(sk).toString("latin1")}`;

/** What a write does, whole or in part, and which untrue answer it may get. */
interface Effect<T> {
  readonly apply: () => Promise<T>;
  readonly applyPart?: () => Promise<unknown>;
  readonly refusal?: T;
}

type Fate =
  | "dies"
  | "ok"
  | "throttled"
  | "stored, then failed"
  | "fails, lands later"
  | "half stored"
  | "refused";

export class ScheduledTable implements Table {
  readonly #world: World;
  readonly #process: Process;

  constructor(world: World, process: Process) {
    this.#world = world;
    this.#process = process;
  }

  metered(): Table {
    return this;
  }

  put(item: Item): Promise<void> {
    return this.#write(`put ${kindOf(item)}`, { apply: () => this.#store([item]) });
  }

  putIfAbsent(item: Item): Promise<boolean> {
    return this.#write(`putIfAbsent ${kindOf(item)}`, {
      apply: () => this.#world.table.putIfAbsent(item),
      refusal: false,
    });
  }

  putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    return this.#write(`putIfEqual ${kindOf(item)}`, {
      apply: () => this.#world.table.putIfEqual(item, expected),
      refusal: false,
    });
  }

  putAll(items: readonly Item[]): Promise<void> {
    const name = `putAll ${[...new Set(items.map(kindOf))].join("")}${items.length}`;
    const { random } = this.#world.scheduler;
    const applyPart = () => this.#store(items.filter(() => random.chance(0.5)));
    return this.#write(name, { apply: () => this.#store(items), applyPart });
  }

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    return this.#read(`get ${kindOf(key)}`, () => this.#world.table.get(key, options));
  }

  delete(key: Key): Promise<void> {
    return this.#write(`delete ${kindOf(key)}`, { apply: () => this.#world.table.delete(key) });
  }

  async *query(range: KeyRange, options: QueryOptions = {}): AsyncGenerator<readonly Item[], void, void> {
    let remaining = options.limit ?? Number.POSITIVE_INFINITY;
    for (let rest = range; remaining > 0; ) {
      const limit = Math.min(remaining, this.#world.weather.pageItems);
      const page = await this.#read(`query ${kindOf(range)}`, () => this.#page(rest, { ...options, limit }));
      if (page === undefined) return;
      yield options.consistent ? page : this.#stale(page);
      if (page.length < limit) return;
      remaining -= page.length;
      rest = { ...range, first: Uint8Array.from([...page[page.length - 1].sk, 0]) };
    }
  }

  async #page(range: KeyRange, options: QueryOptions): Promise<readonly Item[] | undefined> {
    for await (const page of this.#world.table.query(range, options)) return page;
    return undefined;
  }

  /** Without some of what has come just now. */
  #stale(page: readonly Item[]): readonly Item[] {
    const { scheduler, bornMs } = this.#world;
    const isNew = (item: Item) => (bornMs.get(textOf(item)) ?? 0) > scheduler.nowMs - STALE_MS;
    return page.filter((item) => !isNew(item) || scheduler.random.chance(0.5));
  }

  #store(items: readonly Item[]): Promise<void> {
    const { table, scheduler, bornMs } = this.#world;
    for (const item of items) {
      const text = textOf(item);
      if (!bornMs.has(text)) bornMs.set(text, scheduler.nowMs);
    }
    return table.putAll(items);
  }

  #read<T>(name: string, apply: () => Promise<T>): Promise<T> {
    return this.#call(name, { apply }, ["throttled"], undefined);
  }

  #write<T>(name: string, effect: Effect<T>): Promise<T> {
    const fates: Fate[] = ["throttled", "stored, then failed", "fails, lands later"];
    if (effect.applyPart !== undefined) fates.push("half stored");
    if (effect.refusal !== undefined) fates.push("refused");
    const { random } = this.#world.scheduler;
    const drop = () => {
      const end = random.between(0, 2);
      if (end === 0) void effect.apply();
      if (end === 1) this.#landLater(name, effect);
    };
    return this.#call(name, effect, fates, drop);
  }

  #call<T>(name: string, effect: Effect<T>, fates: readonly Fate[], drop: (() => void) | undefined) {
    const { scheduler } = this.#world;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const answer = (made: Promise<T>) => void made.then(resolve, reject);
    const run = (): string => {
      const fate = this.#fate(fates);
      if (fate !== "ok") this.#process.faults++;
      if (fate === "dies") {
        drop?.();
        scheduler.kill(this.#process);
      } else if (fate === "ok") this.#answerSoonOrLate(name, effect.apply(), answer);
      else {
        if (fate === "stored, then failed" || fate === "refused") void effect.apply();
        if (fate === "half stored") void effect.applyPart?.();
        if (fate === "fails, lands later") this.#landLater(name, effect);
        const isRefused = fate === "refused";
        const made = isRefused
          ? Promise.resolve(effect.refusal as T)
          : Promise.reject(new HearthError("unavailable", `simulated: ${name} ${fate}`));
        this.#answerSoonOrLate(name, made, answer);
      }
      return fate;
    };
    scheduler.add({ process: this.#process, name, readyMs: this.#delayed(), run, ...(drop && { drop }) });
    return promise;
  }

  #answerSoonOrLate<T>(name: string, made: Promise<T>, answer: (made: Promise<T>) => void): void {
    const { scheduler, weather } = this.#world;
    if (!scheduler.random.chance(weather.delay * 2)) {
      answer(made);
      return;
    }
    made.catch(() => {});
    const run = () => {
      answer(made);
      return "is answered";
    };
    scheduler.add({ process: this.#process, name, readyMs: this.#delayed(), run });
  }

  #landLater(name: string, effect: Effect<unknown>): void {
    const { scheduler } = this.#world;
    const isLost = scheduler.random.chance(0.2);
    const readyMs = scheduler.nowMs + (isLost ? MONTH_MS : this.#longTime());
    const run = () => {
      void effect.apply();
      return `of ${this.#process.name} lands`;
    };
    scheduler.add({ process: undefined, name, readyMs, run });
  }

  #fate(fates: readonly Fate[]): Fate {
    const { scheduler, weather } = this.#world;
    if (scheduler.random.chance(weather.death)) return "dies";
    return scheduler.random.chance(weather.fault) ? scheduler.random.pick(fates) : "ok";
  }

  #delayed(): number {
    const { scheduler, weather } = this.#world;
    return scheduler.random.chance(weather.delay) ? scheduler.nowMs + this.#longTime() : scheduler.nowMs;
  }

  /** Moments, times around what a writer may hold a record and a flush waits for, and hours. */
  #longTime(): number {
    const { random } = this.#world.scheduler;
    const span = random.pick([SECOND_MS, 35 * SECOND_MS, 35 * SECOND_MS, 100 * SECOND_MS, 2 * HOUR_MS]);
    return random.between(0, span);
  }
}
