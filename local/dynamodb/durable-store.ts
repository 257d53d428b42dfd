/**
 * What dynalite's store lacks: acknowledged writes that are on the disk, items that expire, and
 * failures that become responses instead of ending the process. All writes pass here, in groups.
 */
import type { Callback, Database, Iterator } from "dynalite/db/index.js";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import {
  ALL_ITEMS,
  entryOf,
  expiredRange,
  expirySeconds,
  itemKeyOf,
  type Operation,
} from "./expiry-index.ts";
import type { FreeSpace } from "./free-space.ts";
import { GroupCommit } from "./group-commit.ts";
import { type Bounds, DamagedBlock, type DamagedSpans } from "./integrity/damaged-spans.ts";

export interface DurableOptions {
  /** Whether a write is synced to the disk before it is acknowledged. */
  readonly isSynced: boolean;
  /** Undefined: the store is in memory. */
  readonly freeSpace: FreeSpace | undefined;
  /** Reads of these keys fail. */
  readonly damaged: DamagedSpans;
  /** Receives each failure that a caller gets as a response. */
  readonly onFailure: (error: unknown) => void;
}

/** Removes an entry, and its item if that still has expired. */
interface Expire {
  readonly type: "expire";
  readonly entryKey: string;
  readonly nowSeconds: number;
}

/** The methods of abstract-level itself, which dynalite wraps. */
interface Level {
  get(key: string): Promise<unknown>;
  batch(operations: readonly Operation[], options: { readonly sync: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** Marks that items from before there were entries have theirs. */
const INDEXED_KEY = "hearth-ttl-indexed";
/** Items read or removed before other work gets a turn. */
const SLICE = 500;

export class DurableStore {
  readonly #db: Database;
  readonly #level: Level;
  readonly #options: DurableOptions;
  readonly #commit: GroupCommit<Operation | Expire>;
  /** A failed write makes LevelDB refuse all others until it is opened again. */
  #mustReopen = false;

  /** Takes the place of the database's own methods; call it before the server listens. */
  constructor(db: Database, options: DurableOptions) {
    this.#db = db;
    this.#options = options;
    const level = Object.getPrototypeOf(db) as Level;
    this.#level = {
      get: (key) => level.get.call(db, key),
      batch: (operations, settings) => level.batch.call(db, operations, settings),
      close: () => level.close.call(db),
    };
    this.#commit = new GroupCommit((operations) => this.#store(operations));
    db.put = (key, value, callback) => this.#submit([{ type: "put", key, value }], callback);
    db.del = (key, callback) => this.#submit([{ type: "del", key }], callback);
    db.batch = (operations, callback) => this.#submit(operations as Operation[], callback);
    db.get = (key, callback) => this.#answer(this.#get(key), callback);
    const values = db.values.bind(db);
    db.values = (range) => this.#guard(values(range), range as Bounds | undefined);
  }

  /**
   * Removes items that expired before `nowSeconds`; returns how many. Stops between two slices when
   * `signal` is aborted. Items from before there were entries get theirs first.
   */
  async sweep(nowSeconds: number, signal: AbortSignal): Promise<number> {
    if ((await this.#level.get(INDEXED_KEY)) === undefined) await this.#index(signal);
    let removed = 0;
    let slice: Expire[] = [];
    const remove = async () => {
      // An item that was written several times has several entries.
      const keys = new Set(slice.map(({ entryKey }) => itemKeyOf(entryKey)));
      const expired = await Promise.all([...keys].map((key) => this.#hasExpired(key, nowSeconds)));
      await this.#commit.submit(slice);
      removed += expired.filter(Boolean).length;
      slice = [];
    };
    for await (const entryKey of this.#db.keys(expiredRange(nowSeconds))) {
      if (signal.aborted) return removed;
      slice.push({ type: "expire", entryKey, nowSeconds });
      if (slice.length >= SLICE) await remove();
    }
    if (slice.length > 0) await remove();
    return removed;
  }

  /** Resolves when all writes are stored. */
  idle(): Promise<void> {
    return this.#commit.idle();
  }

  async #index(signal: AbortSignal): Promise<void> {
    let slice: Operation[] = [];
    for await (const [key, value] of this.#db.iterator(ALL_ITEMS)) {
      if (signal.aborted) return;
      const entry = entryOf({ type: "put", key, value });
      if (entry !== undefined) slice.push(entry);
      if (slice.length < SLICE) continue;
      await this.#commit.submit(slice);
      slice = [];
    }
    await this.#commit.submit([...slice, { type: "put", key: INDEXED_KEY, value: 1 }]);
  }

  async #get(key: string): Promise<unknown> {
    this.#options.damaged.checkKey(key);
    return this.#level.get(key);
  }

  #submit(operations: readonly Operation[], callback: Callback): void {
    this.#answer(this.#commit.submit(operations), callback);
  }

  async #store(operations: readonly (Operation | Expire)[]): Promise<void> {
    const { freeSpace, isSynced } = this.#options;
    await freeSpace?.check();
    if (this.#mustReopen) await this.#reopen();
    const all: Operation[] = [];
    const expiring: Expire[] = [];
    for (const operation of operations) {
      if (operation.type === "expire") {
        expiring.push(operation);
        continue;
      }
      all.push(operation);
      const entry = entryOf(operation);
      if (entry !== undefined) all.push(entry);
    }
    // An item that this group writes stays; its entry waits for the next sweep.
    const written = new Set(all.map(({ key }) => key));
    for (const expire of expiring) {
      if (!written.has(itemKeyOf(expire.entryKey))) all.push(...(await this.#expire(expire)));
    }
    try {
      await this.#level.batch(all, { sync: isSynced });
    } catch (error) {
      this.#mustReopen = true;
      throw error;
    }
  }

  async #expire({ entryKey, nowSeconds }: Expire): Promise<Operation[]> {
    const entry: Operation = { type: "del", key: entryKey };
    const key = itemKeyOf(entryKey);
    return (await this.#hasExpired(key, nowSeconds)) ? [{ type: "del", key }, entry] : [entry];
  }

  async #hasExpired(itemKey: string, nowSeconds: number): Promise<boolean> {
    try {
      const seconds = expirySeconds(await this.#get(itemKey));
      return seconds !== undefined && seconds < nowSeconds;
    } catch {
      // An item that cannot be read stays: its expiry may be wrong too.
      return false;
    }
  }

  async #reopen(): Promise<void> {
    await this.#level.close();
    await this.#db.open();
    this.#mustReopen = false;
  }

  #answer<T>(made: Promise<T>, callback: Callback<T>): void {
    made.then(
      (value) => setImmediate(callback, null, value),
      (error) => setImmediate(callback, this.#failure(error)),
    );
  }

  /**
   * Dynalite ends an iterator by `return`, which abstract-level 3 lacks: each query would keep one
   * open.
   */
  #guard<T>(iterator: Iterator<T>, bounds: Bounds = {}): Iterator<T> {
    const next = iterator.next.bind(iterator);
    iterator.next = async () => {
      try {
        this.#options.damaged.check(bounds);
        return await next();
      } catch (error) {
        throw this.#failure(error);
      }
    };
    iterator.return = () => iterator.close();
    return iterator;
  }

  /**
   * The form in which dynalite responds with a service's error. Any other error it throws, which
   * ends the process.
   */
  #failure(error: unknown): Error {
    this.#options.onFailure(error);
    const name = nameOf(error);
    const message = errorMessage(error);
    const body = { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message };
    return Object.assign(new Error(message, { cause: error }), { statusCode: 500, body });
  }
}

/** Its name in the errors of Hearth's own client. */
function nameOf(error: unknown): string {
  if (error instanceof DamagedBlock) return "DamagedBlock";
  // Only `FreeSpace` throws a HearthError here.
  return error instanceof HearthError ? "DiskFull" : "InternalServerError";
}
