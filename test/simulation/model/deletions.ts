/** Deletions, and what they may and must take out of the answers of reads. */

import type { LabelSet } from "../../../lib/model/labels.ts";
import { matchesAll } from "../../../lib/model/matcher.ts";
import type { Selection } from "../../../lib/model/selection.ts";
import type { TimeRange } from "../../../lib/model/time.ts";
import type { Append, ReadTimes } from "./model.ts";

/** One deletion, and between which times of its process' clock its moment was; by the order of the model's events. */
export interface SimulatedDeletion {
  readonly selection: Selection;
  readonly begunAt: number;
  /** Minus infinity while it runs: a process' clock may be corrected meanwhile. */
  startMs: number;
  /** Infinite while it runs, and of one that failed: what it has sent may take effect whenever. */
  endMs: number;
  /** Infinite unless it was answered. */
  answeredAt: number;
}

function concerns({ selection }: SimulatedDeletion, labels: LabelSet, time: number): boolean {
  const { matchers, minTime, maxTime } = selection;
  return time >= minTime && time <= maxTime && matchesAll(matchers, labels);
}

/** Records of one time are dated one ms after the other: so far ahead of a clock that stands still they never come. */
const MAX_AHEAD_MS = 1000;

/** By the clocks and by the order of events: a clock alone may be behind. What failed may take effect later. */
function isSurelyBefore(append: Append, deletion: SimulatedDeletion): boolean {
  return append.answeredAt < deletion.begunAt && append.endMs + MAX_AHEAD_MS < deletion.startMs;
}

/** Records are hidden by their receive times. Parts of an import are hidden by the order of manifests, whatever clocks say. */
function isSurelyAfter(append: Append, deletion: SimulatedDeletion): boolean {
  return append.isImport ? append.begunAt > deletion.answeredAt : append.startMs > deletion.endMs;
}

export class Deletions {
  readonly #all: SimulatedDeletion[] = [];

  begin(selection: Selection, begunAt: number): SimulatedDeletion {
    const endless = Number.POSITIVE_INFINITY;
    const deletion = { selection, begunAt, startMs: -endless, endMs: endless, answeredAt: endless };
    this.#all.push(deletion);
    return deletion;
  }

  /** How many were begun. */
  get count(): number {
    return this.#all.length;
  }

  /** Whether one runs, has failed, or was cut off. */
  get hasLoose(): boolean {
    return this.#all.some(({ answeredAt }) => !Number.isFinite(answeredAt));
  }

  /** Whether a read must not see what an append wrote at a time. */
  isGone(labels: LabelSet, time: number, append: Append, { begunAt }: Pick<ReadTimes, "begunAt">): boolean {
    return this.#all.some(
      (one) => one.answeredAt < begunAt && concerns(one, labels, time) && isSurelyBefore(append, one),
    );
  }

  /** What deletions begun after `sinceAt` make of a row, whose samples have these times, in a read. */
  stateOfRow(
    labels: LabelSet,
    { minTime, maxTime }: TimeRange,
    sinceAt: number,
    { begunAt, endedAt }: Pick<ReadTimes, "begunAt" | "endedAt">,
  ): "gone" | "maybe" | "kept" {
    const meaning = this.#all.filter(
      ({ selection }) =>
        selection.minTime <= maxTime &&
        selection.maxTime >= minTime &&
        matchesAll(selection.matchers, labels),
    );
    if (meaning.some((one) => one.begunAt > sinceAt && one.answeredAt < begunAt)) return "gone";
    // One of before that has not ended may take effect whenever.
    const mayBe = meaning.some(
      (one) => one.begunAt < endedAt && (one.begunAt > sinceAt || !Number.isFinite(one.answeredAt)),
    );
    return mayBe ? "maybe" : "kept";
  }

  /** Whether a read need not see it. */
  mayBeGone(
    labels: LabelSet,
    time: number,
    append: Append,
    { endedAt }: Pick<ReadTimes, "endedAt">,
  ): boolean {
    return this.#all.some(
      (one) => one.begunAt < endedAt && concerns(one, labels, time) && !isSurelyAfter(append, one),
    );
  }
}
