/**
 * A process' view of the table: its calls wait for the scheduler, which decides when they take effect, when they are answered,
 * and what goes wrong.
 */
import { HearthError } from "../../../lib/model/errors.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import type { ServiceClock } from "../../../lib/storage/dynamodb/service-clock.ts";
import type {
  Item,
  Key,
  KeyRange,
  Meter,
  QueryOptions,
  ScannableTable,
  Table,
} from "../../../lib/storage/table/table.ts";
import type { Process, Scheduler } from "../scheduler.ts";
import type { Happening, Tally } from "../tally.ts";

/** Of what is on its way so long that all others have gone, and everything that expires has left. */
const MONTH_MS = 30 * DAY_MS;
/** DynamoDB refuses a call whose signature is older. */
const MAX_SIGNED_MS = 15 * MINUTE_MS;
/** How far an eventually consistent read may be behind with new items, and with items that were stored again. */
const STALE_MS = 2 * SECOND_MS;
const STALE_VERSION_MS = MINUTE_MS;

const SCAN_PAGE_ITEMS = 20;

/** How bad things are, each a probability for one call. */
export interface Weather {
  readonly fault: number;
  readonly death: number;
  /** Of a call that takes long, before or after its effect. */
  readonly delay: number;
  /** How long, by chance one of these spans, in ms. */
  readonly delays: readonly (readonly [minMs: number, maxMs: number])[];
  readonly pageItems: number;
  /** Only calls that store items of these kinds, the first characters of keys, have these; default: all. */
  readonly puts?: readonly string[];
}

/** An item as it was before it was stored again. */
interface Overwritten {
  readonly item: Item;
  /** When it was stored again. */
  readonly ms: number;
}

/** The table that all share, when its items came, and what they were before. */
export interface World {
  readonly scheduler: Scheduler;
  readonly table: Table;
  /** The item of a key, if there is one; nobody is told. */
  readonly peek: (key: Key) => Item | undefined;
  /** All items; nobody is told. */
  readonly list?: (() => readonly Item[]) | undefined;
  readonly weather: Weather;
  readonly bornMs: Map<string, number>;
  readonly overwritten: Map<string, Overwritten>;
  /** Whether a call that was answered may take effect once more, minutes later. */
  readonly landsAgain?: boolean | undefined;
  readonly tally: Tally;
}

const kindOf = (key: { readonly pk: Uint8Array }) => String.fromCharCode(key.pk[0]);
const textOf = ({ pk, sk }: Key) =>
  `${Buffer.from(pk).toString("latin1")}|${Buffer.from(sk).toString("latin1")}`;

/** Whether something may go wrong with a call of a name: an operation, and the kinds of its items. */
function isHit({ puts }: Weather, name: string): boolean {
  return puts === undefined || (name.startsWith("put") && puts.some((kind) => name.includes(kind, 3)));
}

/** What a write does, and how else it may go. */
interface Effect<T> {
  readonly apply: () => Promise<T>;
  /** Does some of it; answers what it should have done yet. */
  readonly applyPart?: () => Promise<T>;
  /** The answer to a repeated write that took effect the first time. */
  readonly refusal?: T;
}

type Fate =
  | "ok"
  | "ok, lands again"
  | "dies"
  | "throttled"
  | "stored, then failed"
  | "fails, lands later"
  | "half stored"
  | "unprocessed"
  | "refused";

const HAPPENINGS: Readonly<Partial<Record<Fate, Happening>>> = {
  throttled: "call throttled",
  "stored, then failed": "call took effect, then failed",
  "half stored": "batch stored in part, then failed",
  unprocessed: "batch answered unprocessed items",
};

export class ScheduledTable implements ScannableTable {
  readonly #world: World;
  readonly #process: Process;
  readonly #clock: ServiceClock;
  /** The world's, or the same metered. */
  readonly #table: Table;

  /** `clock` learns from the answers, as their `Date` is the right time; `table` is for `metered`. */
  constructor(world: World, process: Process, clock: ServiceClock, table: Table = world.table) {
    this.#world = world;
    this.#process = process;
    this.#clock = clock;
    this.#table = table;
  }

  /** Counts what calls cost that take effect. */
  metered(meter: Meter): ScheduledTable {
    return new ScheduledTable(this.#world, this.#process, this.#clock, this.#table.metered(meter));
  }

  put(item: Item): Promise<void> {
    return this.#write(`put ${kindOf(item)}`, { apply: () => this.#store([item]) });
  }

  putIfAbsent(item: Item): Promise<boolean> {
    return this.#write(`putIfAbsent ${kindOf(item)}`, {
      apply: () => this.#storeIf(item, () => this.#table.putIfAbsent(item)),
      refusal: false,
    });
  }

  putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    return this.#write(`putIfEqual ${kindOf(item)}`, {
      apply: () => this.#storeIf(item, () => this.#table.putIfEqual(item, expected)),
      refusal: false,
    });
  }

  /** What is answered as unprocessed is put again, as the real table does. */
  async putAll(items: readonly Item[]): Promise<void> {
    const { random } = this.#world.scheduler;
    let rest = items;
    do {
      const batch = rest;
      const name = `putAll ${[...new Set(batch.map(kindOf))].join("")}${batch.length}`;
      rest = await this.#write<readonly Item[]>(name, {
        apply: () => this.#store(batch).then(() => []),
        applyPart: () => {
          const part = new Set(batch.filter(() => random.chance(0.5)));
          return this.#store([...part]).then(() => batch.filter((item) => !part.has(item)));
        },
      });
    } while (rest.length > 0);
  }

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    return this.#read(`get ${kindOf(key)}`, async () => {
      const item = await this.#table.get(key, options);
      if (item === undefined || options?.consistent === true) return item;
      return this.#stale([item])[0];
    });
  }

  delete(key: Key): Promise<void> {
    return this.#write(`delete ${kindOf(key)}`, { apply: () => this.#table.delete(key) });
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

  /** Page by page in some order of keys: what comes behind a page that was read is not seen. */
  async *scan(): AsyncGenerator<readonly Item[], void, void> {
    for (let after = ""; ; ) {
      const page = await this.#read("scan", async () =>
        (this.#world.list?.() ?? [])
          .map((item) => ({ item, text: textOf(item) }))
          .filter(({ text }) => text > after)
          .sort((a, b) => (a.text < b.text ? -1 : 1))
          .slice(0, SCAN_PAGE_ITEMS),
      );
      if (page.length === 0) return;
      after = page[page.length - 1].text;
      yield page.map(({ item }) => item);
    }
  }

  async #page(range: KeyRange, options: QueryOptions): Promise<readonly Item[] | undefined> {
    // The rest of a query in memory holds nothing, so nobody ends it.
    const { value } = await this.#table.query(range, options).next();
    return value ?? undefined;
  }

  /** Without some of what has come just now, and with some of what was stored again just now as it was before. */
  #stale(page: readonly Item[]): readonly Item[] {
    const { scheduler, bornMs, overwritten, tally } = this.#world;
    const isNew = (item: Item) => (bornMs.get(textOf(item)) ?? 0) > scheduler.nowMs - STALE_MS;
    const seen = page.filter((item) => !isNew(item) || scheduler.random.chance(0.5));
    if (seen.length < page.length) tally.add("stale page");
    return seen.map((item) => {
      const before = overwritten.get(textOf(item));
      const isOld = before === undefined || before.ms <= scheduler.nowMs - STALE_VERSION_MS;
      if (isOld || scheduler.random.chance(0.5)) return item;
      tally.add("stale version");
      return before.item;
    });
  }

  #store(items: readonly Item[]): Promise<void> {
    for (const item of items) this.#note(item, this.#world.peek(item));
    return this.#table.putAll(items);
  }

  async #storeIf(item: Item, put: () => Promise<boolean>): Promise<boolean> {
    const before = this.#world.peek(item);
    const isStored = await put();
    if (isStored) this.#note(item, before);
    return isStored;
  }

  /** What eventually consistent reads may not see yet, or see as it was. */
  #note(item: Item, before: Item | undefined): void {
    const { scheduler, bornMs, overwritten } = this.#world;
    const text = textOf(item);
    if (before !== undefined) overwritten.set(text, { item: before, ms: scheduler.nowMs });
    if (!bornMs.has(text)) bornMs.set(text, scheduler.nowMs);
  }

  #read<T>(name: string, apply: () => Promise<T>): Promise<T> {
    return this.#call(name, { apply }, ["throttled"], undefined);
  }

  #write<T>(name: string, effect: Effect<T>): Promise<T> {
    const fates: Fate[] = ["throttled", "stored, then failed", "fails, lands later"];
    if (this.#world.landsAgain === true) fates.push("ok, lands again");
    if (effect.applyPart !== undefined) fates.push("half stored", "unprocessed");
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
    const { scheduler, tally } = this.#world;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const sentMs = this.#clock.local();
    let dateMs = 0;
    const answer = (made: Promise<T>) => {
      this.#clock.observe(dateMs, sentMs, this.#clock.local());
      void made.then(resolve, reject);
    };
    const run = (): string => {
      const fate = this.#fate(name, fates);
      // A header of whole seconds, from when the service answers.
      dateMs = scheduler.nowMs - (scheduler.nowMs % SECOND_MS);
      const happening = HAPPENINGS[fate];
      if (happening !== undefined) tally.add(happening);
      if (fate === "dies") {
        tally.add(`${this.#process.role} died`);
        drop?.();
        scheduler.kill(this.#process);
      } else this.#answerSoonOrLate(name, this.#make(name, fate, effect), answer);
      return fate;
    };
    const readyMs = this.#delayed(name, "call slow");
    scheduler.add({ process: this.#process, name, readyMs, run, ...(drop && { drop }) });
    return promise;
  }

  /** What the call comes to. */
  #make<T>(name: string, fate: Fate, effect: Effect<T>): Promise<T> {
    if (fate === "ok") return effect.apply();
    if (fate === "ok, lands again") {
      // A client that got no answer in time made the call again; the first one was under way all the while.
      this.#landAgain(name, effect);
      return effect.apply();
    }
    if (fate === "unprocessed" && effect.applyPart !== undefined) return effect.applyPart();
    this.#process.faults++;
    if (fate === "refused") return this.#refuse(effect);
    if (fate === "stored, then failed") void effect.apply();
    if (fate === "half stored") void effect.applyPart?.();
    if (fate === "fails, lands later") this.#landLater(name, effect);
    return Promise.reject(new HearthError("unavailable", `simulated: ${name} ${fate}`));
  }

  async #refuse<T>({ apply, refusal }: Effect<T>): Promise<T> {
    if ((await apply()) !== refusal) this.#world.tally.add("condition held, and was answered refused");
    return refusal as T;
  }

  #answerSoonOrLate<T>(name: string, made: Promise<T>, answer: (made: Promise<T>) => void): void {
    const { scheduler, weather, tally } = this.#world;
    if (!isHit(weather, name) || !scheduler.random.chance(weather.delay)) {
      answer(made);
      return;
    }
    tally.add("answer slow");
    made.catch(() => {});
    const run = () => {
      answer(made);
      return "is answered";
    };
    scheduler.add({ process: this.#process, name, readyMs: scheduler.nowMs + this.#longTime(), run });
  }

  #landLater(name: string, effect: Effect<unknown>): void {
    const { scheduler, tally } = this.#world;
    const isLost = scheduler.random.chance(0.2);
    tally.add(isLost ? "call failed, took effect after a month" : "call failed, took effect later");
    const madeMs = scheduler.nowMs;
    const readyMs = madeMs + (isLost ? MONTH_MS : this.#longTime());
    const run = () => {
      void effect.apply();
      scheduler.latestLandingMs = Math.max(scheduler.latestLandingMs, scheduler.nowMs - madeMs);
      return `of ${this.#process.name} lands`;
    };
    scheduler.add({ process: undefined, name, readyMs, run });
  }

  #landAgain(name: string, effect: Effect<unknown>): void {
    const { scheduler, tally } = this.#world;
    tally.add("call took effect again later");
    const madeMs = scheduler.nowMs;
    const run = () => {
      // Days in which nobody works pass at once.
      if (scheduler.nowMs - madeMs > MAX_SIGNED_MS)
        return `of ${this.#process.name} is refused: its signature is too old`;
      void effect.apply();
      return `of ${this.#process.name} lands again`;
    };
    const readyMs = madeMs + scheduler.random.between(0, MAX_SIGNED_MS);
    scheduler.add({ process: undefined, name, readyMs, run });
  }

  #fate(name: string, fates: readonly Fate[]): Fate {
    const { scheduler, weather } = this.#world;
    if (!isHit(weather, name)) return "ok";
    if (scheduler.random.chance(weather.death)) return "dies";
    return scheduler.random.chance(weather.fault) ? scheduler.random.pick(fates) : "ok";
  }

  #delayed(name: string, what: Happening): number {
    const { scheduler, weather, tally } = this.#world;
    if (!isHit(weather, name) || !scheduler.random.chance(weather.delay)) return scheduler.nowMs;
    tally.add(what);
    return scheduler.nowMs + this.#longTime();
  }

  #longTime(): number {
    const { scheduler, weather } = this.#world;
    return scheduler.random.between(...scheduler.random.pick(weather.delays));
  }
}
