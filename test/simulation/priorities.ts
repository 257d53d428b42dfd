/**
 * Who goes on next where actors race on purpose: always the process of the highest priority, so one does all that it has to do
 * while others wait in the middle of a call. At a few steps of chance the one that is at work falls behind all others.
 * Probabilistic concurrency testing: https://www.microsoft.com/en-us/research/publication/a-randomized-scheduler-with-probabilistic-guarantees-of-finding-bugs/
 */
import type { Random } from "./random.ts";
import type { Process, Waiting } from "./scheduler.ts";

/** How often, by steps, the process at work falls behind, by chance one of these for a schedule. */
const CHANGE_CHANCES = [0.005, 0.02, 0.08];

export class Priorities {
  readonly #random: Random;
  readonly #changeChance: number;
  readonly #known = new WeakMap<Process, number>();
  #lowest = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#changeChance = random.pick(CHANGE_CHANCES);
  }

  /** One of those that are ready. What is in the network goes by chance. */
  pick(ready: readonly Waiting[]): Waiting {
    const next = this.#random.pick(ready);
    if (next.process === undefined) return next;
    let first: Process = next.process;
    for (const { process } of ready)
      if (process !== undefined && this.#of(process) > this.#of(first)) first = process;
    if (this.#random.chance(this.#changeChance)) this.#known.set(first, --this.#lowest);
    return this.#random.pick(ready.filter(({ process }) => process === first));
  }

  #of(process: Process): number {
    const known = this.#known.get(process);
    if (known !== undefined) return known;
    const priority = this.#random.next();
    this.#known.set(process, priority);
    return priority;
  }
}
