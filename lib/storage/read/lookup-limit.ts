/** Ends a lookup once it has more results than its caller uses. */

/**
 * A lookup reads on to so many results whatever its limit, about 500 KB of index: below them a limited response has the first
 * results in their order, beyond them any of the results.
 */
export const MIN_RESULTS = 5000;

/** Ends the reads of a lookup, which are not to fail. */
class Enough extends Error {}

export class LookupLimit {
  readonly #most: number;

  /** `limit`: undefined or 0 for all. */
  constructor(limit: number | undefined) {
    this.#most = limit ? Math.max(limit, MIN_RESULTS) : Number.POSITIVE_INFINITY;
  }

  /** Throws once `count` results are more than anybody uses. */
  check(count: number): void {
    if (count > this.#most) throw new Enough();
  }

  /** Runs the reads of a lookup to their end, or until there are enough results. */
  async run(read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof Enough)) throw error;
    }
  }
}
