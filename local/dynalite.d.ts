/** What we use of dynalite 4, which ships no types. */

declare module "dynalite" {
  import type { Server } from "node:http";

  interface Options {
    /** The LevelDB directory; absent: in memory. */
    readonly path?: string;
    readonly createTableMs?: number;
  }

  /** An HTTP server that does not listen yet; its `close` closes the database too. */
  export default function dynalite(options: Options): Server;
}

declare module "dynalite/db/index.js" {
  /** An iterator of abstract-level. */
  interface Iterator {
    close(): Promise<void>;
    return?: () => Promise<void>;
  }

  export interface Store {
    readonly db: {
      open(): Promise<void>;
      close(): Promise<void>;
      values(options?: object): Iterator;
    };
  }

  const database: { create: (options: object) => Store };
  export default database;
}
