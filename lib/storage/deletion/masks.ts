/** What deletions hide of the series of one day. */
import { dropSamples } from "../../chunk/drop-samples.ts";
import type { SampleColumns } from "../../chunk/sample-columns.ts";
import type { LabelSet } from "../../model/labels.ts";
import type { Manifest, Part } from "../layout/manifest.ts";
import { type DayDeletions, type Deletion, isMeant, overlaps } from "./deletion.ts";

const NONE: readonly Deletion[] = [];

/** The deletions that mean each of some series of a day. */
export class Masks {
  readonly #bySeries = new Map<string, readonly Deletion[]>();

  /** Notes a series, by its hash in hex, that some of `deletions` may mean. */
  add(hash: string, labels: LabelSet, deletions: readonly Deletion[]): void {
    const meaning = deletions.filter((deletion) => isMeant(deletion, labels));
    if (meaning.length > 0) this.#bySeries.set(hash, meaning);
  }

  get isEmpty(): boolean {
    return this.#bySeries.size === 0;
  }

  /** Hashes in hex of the series that any deletion means. */
  get series(): Iterable<string> {
    return this.#bySeries.keys();
  }

  /** The deletions of a series. */
  of(hash: string): readonly Deletion[] {
    return this.#bySeries.get(hash) ?? NONE;
  }

  /** Those that hide samples of a part, by its `deletedTo` and times. */
  ofPart(hash: string, part: PartTimes): readonly Deletion[] {
    return hidingPart(this.of(hash), part);
  }

  /** Those that hide samples of a log record, by when it was received. */
  ofRecord(hash: string, receivedMs: number): readonly Deletion[] {
    return this.of(hash).filter(({ deletedMs }) => receivedMs <= deletedMs);
  }
}

export const NO_MASKS = new Masks();

type PartTimes = Pick<Part, "deletedTo" | "minTime" | "maxTime">;

/** The deletions that hide samples of a part, of the series that they mean. */
export function hidingPart(deletions: readonly Deletion[], part: PartTimes): readonly Deletion[] {
  const { deletedTo = 0 } = part;
  return deletions.filter((deletion) => deletion.number > deletedTo && overlaps(deletion, part));
}

/** Whether a day still holds samples that its deletions may hide: in its log, or in parts in which they are not carried out. */
export function hidesSomething(deletions: DayDeletions, manifest: Manifest): boolean {
  return oldestHiding(deletions, manifest) !== undefined;
}

/** The moment of the oldest deletion that may hide something that a day still holds, in ms. */
export function oldestHiding(
  { all }: DayDeletions,
  { parts, flushedToMs, facts }: Manifest,
): number | undefined {
  // The log is empty up to the latest of them.
  const emptyToMs = Math.max(flushedToMs, facts.takenToMs, facts.drainedToMs);
  return oldestOf(
    all.filter((one) => one.deletedMs > emptyToMs || parts.some((part) => isErasureDue([one], part))),
  );
}

/** The earliest moment of some deletions, in ms. */
export function oldestOf(deletions: readonly Deletion[]): number | undefined {
  const [first, ...others] = deletions.map(({ deletedMs }) => deletedMs);
  return first === undefined ? undefined : Math.min(first, ...others);
}

/** Whether deletions that hide samples of a part are not carried out in its items. */
export function isErasureDue(deletions: readonly Deletion[], part: Part): boolean {
  const { erasedTo = 0 } = part;
  return hidingPart(deletions, part).some(({ number }) => number > erasedTo);
}

export function isHidden(deletions: readonly Deletion[], timestampMs: number): boolean {
  return deletions.some(({ minTime, maxTime }) => timestampMs >= minTime && timestampMs <= maxTime);
}

/** Removes what deletions hide from columns, from index `start` on. Returns how many samples were removed. */
export function dropHidden(columns: SampleColumns, start: number, deletions: readonly Deletion[]): number {
  if (deletions.length === 0 || columns.count === start) return 0;
  return dropSamples(columns, start, (timestampMs) => isHidden(deletions, timestampMs));
}
