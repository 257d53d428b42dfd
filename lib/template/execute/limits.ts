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

/** Characters that a function reads or makes in the time of a step, about. */
const CHARACTERS_PER_STEP = 32;
/** Instructions times characters of a regular expression, likewise. */
const MATCH_STEPS_PER_STEP = 64;
/** Of an evaluated query, beside its samples. */
const QUERY_STEPS = 1000;

/** What the expansions of a group have left at one time, of all its alerts together. */
export class TemplateBudget {
  readonly #steps: number;
  readonly #bytes: number;
  #usedSteps = 0;
  #usedBytes = 0;

  constructor(steps = 5_000_000, bytes = 32 * 1024 * 1024) {
    this.#steps = steps;
    this.#bytes = bytes;
  }

  get usedSteps(): number {
    return this.#usedSteps;
  }

  /** Throws `LimitError` once all of it is used. */
  check(): void {
    if (this.#usedSteps > this.#steps)
      throw new LimitError(`templates of the group take more than ${this.#steps} steps, all alerts together`);
    if (this.#usedBytes > this.#bytes)
      throw new LimitError(`templates of the group make more than ${this.#bytes} bytes, all alerts together`);
  }

  spend(steps: number): void {
    this.#usedSteps += steps;
    this.check();
  }

  /** Counts an expanded text. */
  keep(bytes: number): void {
    this.#usedBytes += bytes;
    this.check();
  }
}

/** Counts what an expansion takes; throws `LimitError`. */
export class Meter {
  readonly limits: TemplateLimits;
  readonly #budget: TemplateBudget | undefined;
  #steps = 0;

  constructor(limits: TemplateLimits, budget?: TemplateBudget) {
    this.limits = limits;
    this.#budget = budget;
  }

  step(): void {
    this.spend(1);
  }

  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.limits.steps) {
      throw new LimitError(`template takes more than ${this.limits.steps} steps`);
    }
    this.#budget?.spend(steps);
  }

  /** A text that a function is given, or makes. */
  spendText(characters: number): void {
    this.spend(Math.floor(characters / CHARACTERS_PER_STEP));
  }

  spendMatch(matchSteps: number): void {
    this.spend(Math.floor(matchSteps / MATCH_STEPS_PER_STEP));
  }

  spendQuery(): void {
    this.spend(QUERY_STEPS);
  }

  checkSize(bytes: number): void {
    if (bytes > this.limits.bytes) {
      throw new LimitError(`template makes a text of more than ${this.limits.bytes} bytes`);
    }
  }
}
