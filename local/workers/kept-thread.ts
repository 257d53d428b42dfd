/** A thread that is started again when it ends. */
import { HearthError } from "../../lib/model/errors.ts";
import type { Log } from "../../lib/model/log.ts";
import { RouteThread, type ThreadOptions } from "./route-thread.ts";

/** A thread that ended is started again after so long: one that cannot start must not spin. */
const RESTART_MS = 1000;

export class KeptThread {
  readonly #options: () => Omit<ThreadOptions, "onDeath">;
  readonly #log: Log;
  #thread: RouteThread | undefined;
  #isClosing = false;

  constructor(options: () => Omit<ThreadOptions, "onDeath">, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  /** Throws "unavailable" while it is being started again. */
  get thread(): RouteThread {
    if (this.#thread !== undefined) return this.#thread;
    throw new HearthError("unavailable", "the thread that stores is being started again; retry");
  }

  start(): Promise<void> {
    const options = this.#options();
    const { role } = options.data;
    const thread = new RouteThread({
      ...options,
      onDeath: (error) => {
        this.#thread = undefined;
        this.#log("error", `${role} worker`, { error: error.message });
        setTimeout(() => {
          if (!this.#isClosing) void this.start().catch(() => {});
        }, RESTART_MS).unref();
      },
    });
    this.#thread = thread;
    return thread.ready;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#thread?.close();
  }
}
