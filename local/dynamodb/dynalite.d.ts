/** The part of dynalite 4 that we use; it ships no types. */

declare module "dynalite" {
  import type { Server } from "node:http";

  interface Options {
    /** The LevelDB directory; undefined: in memory. */
    readonly path?: string;
    readonly createTableMs?: number;
  }

  /** An HTTP server that does not listen yet; its `close` closes the database too. */
  export default function dynalite(options: Options): Server;
}

declare module "dynalite/db/index.js" {
  /** An iterator of abstract-level. */
  export interface Iterator<T> {
    next(): Promise<T | undefined>;
    close(): Promise<void>;
    return?: () => Promise<void>;
  }

  export type Callback<T = void> = (error: unknown, value?: T) => void;

  /** abstract-level's database; dynalite replaces some of its methods by others with callbacks. */
  export interface Database {
    open(): Promise<void>;
    /** Closes for good: dynalite no longer responds. */
    close(): Promise<void>;
    get(key: string, callback: Callback<unknown>): void;
    put(key: string, value: unknown, callback: Callback): void;
    del(key: string, callback: Callback): void;
    batch(operations: readonly object[], callback: Callback): void;
    values(options?: object): Iterator<unknown>;
    iterator(options?: object): AsyncIterable<[key: string, value: unknown]>;
    keys(options?: object): AsyncIterable<string>;
  }

  export interface Store {
    readonly db: Database;
  }

  const database: { create: (options: object) => Store };
  export default database;
}
