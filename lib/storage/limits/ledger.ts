/**
 * What one process knows of a tenant's samples, queries and read units, and of those of its keys. Requests are judged by it without
 * a call of the table. Processes exchange ledgers in the background: each stores its own and reads the others'.
 */
import { type Clock, DAY_MS, HOUR_MS, SECOND_MS } from "../../model/time.ts";
import type { Item, Table } from "../table/table.ts";
import { emptied, idOf, isEmptied, limitKey, limitRange } from "./limit-keys.ts";
import { type Rate, SharedBucket, SLOT_MS, SLOTS, slotOf } from "./shared-bucket.ts";
import { type Spent, UsageWindow } from "./usage-window.ts";

/** The time between two exchanges of a process. */
export const EXCHANGE_MS = SLOT_MS;
/** Ledgers of a process' keys at most. */
const MAX_KEYS = 100;
/** A keeper empties ledgers without a count for so long. */
const SILENT_SLOTS = 2 * SLOTS;
/** Stands for the tenant among the subjects of a ledger. */
export const WHOLE_TENANT = "";

/** One tenant, or one of its keys. */
export class Account {
  readonly samples = new SharedBucket();
  /** The time that queries ran, in ms. */
  readonly queryMs = new SharedBucket();
  /** How many samples the latest request had. */
  latestSamples = 1;
  readonly hour = new UsageWindow(HOUR_MS);
  readonly day = new UsageWindow(DAY_MS);
}

type Slots = readonly (readonly [slot: number, count: number])[];

/** An account as other processes read it: slots with their counts. */
interface PublishedAccount {
  readonly slots: Slots;
  readonly querySlots?: Slots;
  readonly hour: Spent;
  readonly day: Spent;
}

type Published = Readonly<Record<string, PublishedAccount>>;

export class Ledger {
  readonly #tenant: string;
  readonly #instance: Uint8Array;
  readonly #accounts = new Map<string, Account>([[WHOLE_TENANT, new Account()]]);
  #exchangedMs = Number.NEGATIVE_INFINITY;
  #isChanged = false;

  constructor(tenant: string, instance: Uint8Array) {
    this.#tenant = tenant;
    this.#instance = instance;
  }

  /** The account of a key, or of `WHOLE_TENANT`. */
  account(keyId: string): Account {
    let account = this.#accounts.get(keyId);
    if (account === undefined) {
      // The oldest key; the tenant is the first and stays.
      if (this.#accounts.size > MAX_KEYS) this.#accounts.delete([...this.#accounts.keys()][1]);
      account = new Account();
      this.#accounts.set(keyId, account);
    }
    return account;
  }

  noteChange(): void {
    this.#isChanged = true;
  }

  /** Whether the time for an exchange has come; it is then taken to be under way. */
  isDue(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#exchangedMs;
    if (elapsedMs >= 0 && elapsedMs < EXCHANGE_MS) return false;
    this.#exchangedMs = nowMs;
    return true;
  }

  /**
   * Stores this process' accounts and reads those of the others. `ratesOf` is of a key. A keeper empties what silent
   * processes left. Throws "unavailable".
   */
  async exchange(table: Table, ratesOf: RatesOf, clock: Clock, isKeeper = false): Promise<void> {
    const store = this.#isChanged ? table.put(this.#item(clock())) : undefined;
    this.#isChanged = false;
    try {
      await Promise.all([store, this.#learn(table, ratesOf, clock, isKeeper)]);
    } catch (error) {
      this.#isChanged = true;
      throw error;
    }
  }

  #item(nowMs: number): Item {
    const published: Record<string, PublishedAccount> = {};
    for (const [keyId, { samples, queryMs, hour, day }] of this.#accounts)
      published[keyId] = {
        slots: [...samples.own],
        querySlots: [...queryMs.own],
        hour: hour.own(nowMs),
        day: day.own(nowMs),
      };
    const value = new TextEncoder().encode(JSON.stringify(published));
    // Read units of a day count until it is over.
    const expiresAtSeconds = Math.ceil((nowMs + DAY_MS + HOUR_MS) / SECOND_MS);
    return { ...limitKey(this.#tenant, "ledger", this.#instance), value, expiresAtSeconds };
  }

  async #learn(table: Table, ratesOf: RatesOf, clock: Clock, isKeeper: boolean): Promise<void> {
    const others: Published[] = [];
    const silent: Item[] = [];
    for await (const page of table.query(limitRange(this.#tenant, "ledger"), { onDamage: () => {} }))
      for (const item of page) {
        if (Buffer.compare(idOf(item), this.#instance) === 0 || isEmptied(item)) continue;
        const published = decode(item.value);
        if (isKeeper && isOver(published, clock())) silent.push(emptied(item, clock()));
        else others.push(published);
      }
    // Functions come and go, and what they leave is read at each exchange.
    if (silent.length > 0) await table.putAll(silent);
    // Requests went on meanwhile: an earlier time would be a clock set back.
    const nowMs = clock();
    for (const [keyId, account] of this.#accounts) {
      const ofKey = others.map((one) => one[keyId]).filter((one) => one !== undefined);
      const rates = ratesOf(keyId);
      if (rates.samples !== undefined)
        account.samples.learn(sum(ofKey.map(({ slots }) => slots)), rates.samples, nowMs);
      if (rates.queryMs !== undefined)
        account.queryMs.learn(sum(ofKey.map(({ querySlots = [] }) => querySlots)), rates.queryMs, nowMs);
      const learn = (window: UsageWindow, of: "hour" | "day") =>
        window.learn(
          ofKey.map((one) => one[of]),
          nowMs,
        );
      learn(account.hour, "hour");
      learn(account.day, "day");
    }
  }
}

/** Undefined: there is no such limit. */
export interface Rates {
  readonly samples: Rate | undefined;
  readonly queryMs: Rate | undefined;
}

export type RatesOf = (keyId: string) => Rates;

function sum(all: readonly Slots[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const slots of all)
    for (const [slot, count] of slots) counts.set(slot, (counts.get(slot) ?? 0) + count);
  return counts;
}

/** Whether nothing of a ledger counts any more. A process that slept stores its own again. */
function isOver(published: Published, nowMs: number): boolean {
  return Object.values(published).every(({ slots, querySlots = [], hour, day }) => {
    const isOld = [...slots, ...querySlots].every(([slot]) => slot < slotOf(nowMs) - SILENT_SLOTS);
    const isSpent = day.units > 0 && day.number >= Math.floor(nowMs / DAY_MS);
    return isOld && !isSpent && !(hour.units > 0 && hour.number >= Math.floor(nowMs / HOUR_MS));
  });
}

/** An item that a later version wrote differently counts as none. */
function decode(value: Uint8Array): Published {
  try {
    const published: unknown = JSON.parse(new TextDecoder().decode(value));
    if (typeof published !== "object" || published === null) return {};
    return Object.fromEntries(Object.entries(published).filter(([, account]) => isAccount(account)));
  } catch {
    return {};
  }
}

function isAccount(account: unknown): account is PublishedAccount {
  const { slots, querySlots = [], hour, day } = (account ?? {}) as Partial<PublishedAccount>;
  const areSlots = (all: unknown) =>
    Array.isArray(all) && all.every((slot) => Array.isArray(slot) && slot.every(Number.isFinite));
  const isSpent = (spent: unknown) =>
    typeof spent === "object" && spent !== null && "number" in spent && "units" in spent;
  return areSlots(slots) && areSlots(querySlots) && isSpent(hour) && isSpent(day);
}
