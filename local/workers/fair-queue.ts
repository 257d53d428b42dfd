/**
 * A bound of how much runs at once, shared fairly: what waits begins in turns of its tenants, each one's own in the order in
 * which it came. However much one tenant sends, another one's next request waits for one turn of each.
 */
import { HearthError } from "../../lib/model/errors.ts";

/** Requests of one tenant that wait. */
export const MAX_WAITING = 256;

export class FairQueue {
  readonly #atOnce: number;
  #running = 0;
  /** Those that wait, by tenant. The tenant whose turn is next is the first. */
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /**
   * Resolves when it is a request's turn; `leave` must be called once for each. Throws "unavailable" when too many of its
   * tenant wait.
   */
  async enter(tenant: string): Promise<void> {
    if (this.#running < this.#atOnce) {
      this.#running++;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const own = this.#waiting.get(tenant) ?? [];
    if (own.length >= MAX_WAITING)
      throw new HearthError(
        "unavailable",
        `write: ${MAX_WAITING} requests of the tenant wait already; retry`,
      );
    own.push(resolve);
    this.#waiting.set(tenant, own);
    await promise;
  }

  leave(): void {
    const next = this.#waiting.entries().next().value;
    if (next === undefined) {
      this.#running--;
      return;
    }
    const [tenant, own] = next;
    const begin = own.shift()!;
    // Its turn is over: it goes to the end.
    this.#waiting.delete(tenant);
    if (own.length > 0) this.#waiting.set(tenant, own);
    begin();
  }
}
