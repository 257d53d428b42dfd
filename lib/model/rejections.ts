/** The parts of a request that Hearth refused: their number, and the reasons of the first few. */
import { type Label, printLabels } from "./labels.ts";
import { shorten } from "./shorten.ts";

/** Reasons kept per request. Further refusals are only counted. */
export const MAX_REASONS = 10;
/** Characters of a series in a reason, and the labels read for them. */
const MAX_SERIES_CHARACTERS = 400;
export const MAX_SERIES_LABELS = 32;

export class Rejections {
  readonly reasons: string[] = [];
  /** Refused series or samples, repeated ones included. */
  count = 0;

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

  /** Counts refusals without their reasons. */
  addUnnamed(count: number): void {
    this.count += count;
  }

  /** Adds refusals that were collected elsewhere for the same request. */
  addAll(other: Rejections): void {
    this.count += other.count;
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
