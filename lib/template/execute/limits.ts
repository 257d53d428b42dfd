/** What one expansion may take. Prometheus has no limits of its own but the depth of templates. */

export interface TemplateLimits {
  /** Nodes that are executed. */
  readonly steps: number;
  /** Bytes of the output, and of any string made on the way. */
  readonly bytes: number;
  /** Templates inside templates. */
  readonly depth: number;
  /** Different queries. */
  readonly queries: number;
}

export const TEMPLATE_LIMITS: TemplateLimits = {
  steps: 250_000,
  bytes: 1024 * 1024,
  depth: 500,
  queries: 100,
};

export class LimitError extends Error {}

/** Counts what an expansion takes; throws `LimitError`. */
export class Meter {
  readonly limits: TemplateLimits;
  #steps = 0;

  constructor(limits: TemplateLimits) {
    this.limits = limits;
  }

  step(): void {
    if (++this.#steps > this.limits.steps) {
      throw new LimitError(`template takes more than ${this.limits.steps} steps`);
    }
  }

  checkSize(bytes: number): void {
    if (bytes > this.limits.bytes) {
      throw new LimitError(`template makes a text of more than ${this.limits.bytes} bytes`);
    }
  }
}
