/**
 * The time limit of a computation. Evaluation, matching and printing are synchronous, so no timer
 * can end them. Their loops count steps instead, and read the clock once in many steps.
 */
import { HearthError } from "./errors.ts";
import type { Clock } from "./time.ts";

/**
 * Steps between two readings of the clock. A step is a cell, a sample, a character or an instruction
 * of a pattern. It takes 1 to 75 ns, so the clock is read every 0.2 to 15 ms.
 */
const STEPS_PER_READING = 200_000;
/** Of 128 Ki cells of a column, which take 0.5 to 10 ms. */
const LAST_OF_BLOCK = 0x1ffff;

export interface DeadlineOptions {
  /** What the error says was not finished. */
  readonly phase?: string;
  readonly isCanceled?: (() => boolean) | undefined;
}

export class Deadline {
  readonly #clock: Clock;
  readonly #phase: string;
  #startMs: number;
  #pausedMs = 0;
  #timeoutMs: number;
  #stepsLeft = STEPS_PER_READING;
  readonly #isCanceled: () => boolean;

  /** Begins now. Its error names `phase`. `isCanceled` is asked whenever the clock is read; default: never. */
  constructor(
    clock: Clock,
    timeoutMs: number,
    { phase = "expression evaluation", isCanceled = () => false }: DeadlineOptions = {},
  ) {
    this.#clock = clock;
    this.#phase = phase;
    this.#isCanceled = isCanceled;
    this.#startMs = clock();
    this.#timeoutMs = timeoutMs;
  }

  /** A limit of the same length, which begins now. */
  again(phase: string): Deadline {
    return new Deadline(this.#clock, this.#timeoutMs, { phase, isCanceled: this.#isCanceled });
  }

  /** Time until `resume` does not count. */
  pause(): void {
    this.#pausedMs = this.#clock();
  }

  resume(): void {
    this.#startMs += this.#clock() - this.#pausedMs;
  }

  /** Shortens the limit, counted from the same beginning; a longer one changes nothing. */
  shorten(timeoutMs: number): void {
    this.#timeoutMs = Math.min(this.#timeoutMs, timeoutMs);
  }

  /** In a loop over the cells of one column: checks now and then, since a column may have millions. */
  atCell(cell: number): void {
    if ((cell & LAST_OF_BLOCK) === LAST_OF_BLOCK) this.check();
  }

  /** Counts steps. Throws as `check` does, up to some thousands of steps late. */
  spend(steps: number): void {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft < 0) this.check();
  }

  /** Reads the clock. Throws "timed out" if the limit has passed, "canceled" if nobody waits any more. */
  check(): void {
    this.#stepsLeft = STEPS_PER_READING;
    if (this.#isCanceled()) throw new HearthError("canceled", "request was canceled");
    if (this.#clock() - this.#startMs <= this.#timeoutMs) return;
    throw new HearthError(
      "timed out",
      `query timed out in ${this.#phase}: it took more than ${this.#timeoutMs} ms; shorten its range or add matchers limit=timeout`,
    );
  }
}

/** A time limit that never passes. */
export const NO_DEADLINE = new Deadline(() => 0, Number.POSITIVE_INFINITY);
