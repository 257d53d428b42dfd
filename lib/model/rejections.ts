/** The parts of a request that Hearth refused: their number, and the reasons of the first few. */
import { type Label, printLabels } from "./labels.ts";
import { shorten } from "./shorten.ts";
import type { TimeRange } from "./time.ts";

/** Reasons kept per request. Further refusals are only counted. */
export const MAX_REASONS = 10;
/** Characters of a series in a reason, and the labels read for them. */
const MAX_SERIES_CHARACTERS = 400;
export const MAX_SERIES_LABELS = 32;

export class Rejections {
  readonly reasons: string[] = [];
  /** Refused series or samples, repeated ones included. */
  count = 0;
  #judged: TimeRange | undefined;

  /** The present as it was when samples were refused for their times, in ms; undefined: none was. */
  get judged(): TimeRange | undefined {
    return this.#judged;
  }

  /** Counts a refusal. Decodes `labels`, which may be unreadable, only while reasons are kept. */
  add(labels: () => readonly Label[] | undefined, reason: string): void {
    this.count++;
    if (this.reasons.length < MAX_REASONS) this.reasons.push(`series ${printShortened(labels())}: ${reason}`);
  }

  /** Counts a refusal of something other than a series, which `reason` names. */
  addOther(reason: string): void {
    this.count++;
    if (this.reasons.length < MAX_REASONS) this.reasons.push(reason);
  }

  /** Notes that samples were refused for their times at these times of the process' clock. */
  judgeBy({ minTime, maxTime }: TimeRange): void {
    const known = this.#judged ?? { minTime, maxTime };
    this.#judged = {
      minTime: Math.min(known.minTime, minTime),
      maxTime: Math.max(known.maxTime, maxTime),
    };
  }

  /** Counts refusals without their reasons. */
  addUnnamed(count: number): void {
    this.count += count;
  }

  /** Adds refusals that were collected elsewhere for the same request. */
  addAll(other: Rejections): void {
    this.count += other.count;
    if (other.judged !== undefined) this.judgeBy(other.judged);
    this.reasons.push(...other.reasons.slice(0, MAX_REASONS - this.reasons.length));
  }
}

function printShortened(labels: readonly Label[] | undefined): string {
  if (labels === undefined) return "with unreadable labels";
  const shortened = labels
    .slice(0, MAX_SERIES_LABELS)
    .map(([name, value]): Label => [shorten(name), shorten(value)]);
  return shorten(printLabels(shortened), MAX_SERIES_CHARACTERS);
}
