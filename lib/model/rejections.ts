/** What a request carried and Hearth did not store: how much, and of the first few the reason. */
import { type Label, printLabels } from "./labels.ts";
import { shorten } from "./shorten.ts";

export type RejectionKind = "invalid" | "too large";

export interface Rejection {
  readonly kind: RejectionKind;
  readonly reason: string;
}

/** Reasons kept of one request; the rest is counted. */
export const MAX_REASONS = 10;
/** Characters of a series in a reason, and labels that are looked at for them. */
const MAX_SERIES_CHARACTERS = 400;
export const MAX_SERIES_LABELS = 32;

export class Rejections {
  readonly reasons: Rejection[] = [];
  /** Series or samples that were refused, as often as they came. */
  count = 0;
  #tooLargeCount = 0;

  /** Counts a refusal; `labels`, which may be unreadable, are decoded only while reasons are kept. */
  add(kind: RejectionKind, labels: () => readonly Label[] | undefined, reason: string): void {
    const print = () => `series ${printShortened(labels())}: ${reason}`;
    this.#add(kind, this.reasons.length < MAX_REASONS ? print() : undefined);
  }

  /** Counts a refusal of something that is not a series; `reason` names it. */
  addOther(kind: RejectionKind, reason: string): void {
    this.#add(kind, reason);
  }

  /** Counts refusals whose reasons nobody keeps. */
  addUnnamed(count: number): void {
    this.count += count;
  }

  /** Counts what another has refused of the same request. */
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
