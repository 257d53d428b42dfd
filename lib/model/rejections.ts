/** The parts of a request that Hearth refused: their number, and the reasons of the first few. */
import { type Label, printLabels } from "./labels.ts";
import { shorten } from "./shorten.ts";

export type RejectionKind = "invalid" | "too large";

export interface Rejection {
  readonly kind: RejectionKind;
  readonly reason: string;
}

/** Reasons kept per request. Further refusals are only counted. */
export const MAX_REASONS = 10;
/** Characters of a series in a reason, and the labels read for them. */
const MAX_SERIES_CHARACTERS = 400;
export const MAX_SERIES_LABELS = 32;

export class Rejections {
  readonly reasons: Rejection[] = [];
  /** Refused series or samples, repeated ones included. */
  count = 0;
  #tooLargeCount = 0;

  /** Counts a refusal. Decodes `labels`, which may be unreadable, only while reasons are kept. */
  add(kind: RejectionKind, labels: () => readonly Label[] | undefined, reason: string): void {
    const print = () => `series ${printShortened(labels())}: ${reason}`;
    this.#add(kind, this.reasons.length < MAX_REASONS ? print() : undefined);
  }

  /** Counts a refusal of something other than a series, which `reason` names. */
  addOther(kind: RejectionKind, reason: string): void {
    this.#add(kind, reason);
  }

  /** Counts refusals without their reasons. */
  addUnnamed(count: number): void {
    this.count += count;
  }

  /** Adds refusals that were collected elsewhere for the same request. */
  addAll(other: Rejections): void {
    this.count += other.count;
    this.#tooLargeCount += other.#tooLargeCount;
    this.reasons.push(...other.reasons.slice(0, MAX_REASONS - this.reasons.length));
  }

  #add(kind: RejectionKind, reason: string | undefined): void {
    this.count++;
    if (kind === "too large") this.#tooLargeCount++;
    if (reason !== undefined && this.reasons.length < MAX_REASONS) this.reasons.push({ kind, reason });
  }

  /** What the whole comes to: "too large" only if nothing else was wrong. */
  get kind(): RejectionKind {
    return this.#tooLargeCount === this.count ? "too large" : "invalid";
  }
}

function printShortened(labels: readonly Label[] | undefined): string {
  if (labels === undefined) return "with unreadable labels";
  const shortened = labels
    .slice(0, MAX_SERIES_LABELS)
    .map(([name, value]): Label => [shorten(name), shorten(value)]);
  return shorten(printLabels(shortened), MAX_SERIES_CHARACTERS);
}
