/**
 * Writes that wait while another is on its way to the disk, and then go together. One fsync serves
 * them all, so durable writes cost little under load.
 */

interface Waiting<Op> {
  readonly operations: readonly Op[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<Op> {
  readonly #store: (operations: readonly Op[]) => Promise<void>;
  #waiting: Waiting<Op>[] = [];
  #running: Promise<void> | undefined;

  /** `store` writes operations in their order, all or none; it is never called while it runs. */
  constructor(store: (operations: readonly Op[]) => Promise<void>) {
    this.#store = store;
  }

  /** Resolves once `store` has written the operations. Rejects with the error of their group. */
  submit(operations: readonly Op[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ operations, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves when no operation waits. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Lets the writes of one batch request gather first.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#store(group.flatMap(({ operations }) => operations));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = undefined;
  }
}
