/**
 * One side of zero of a sum of native histograms. A compensated sum carries the rounding error of
 * every count along, and adds in Prometheus' order.
 */

import type { Histogram } from "../model/histogram.ts";
import { compensate } from "../number/kahan.ts";
import { bucketBound, indexAtSchema } from "./bounds.ts";
import { equalColumns } from "./float-histogram.ts";
import { copyFloatColumn, newFloatColumn, newIndexColumn } from "./short-columns.ts";
import type { Side } from "./side.ts";

/**
 * Three columns of one length, by ascending index. The sum owns the counts and their rounding
 * errors.
 */
export interface SumSide {
  readonly indexes: Int32Array;
  readonly counts: Float64Array;
  /** All 0 in a plain sum. */
  readonly lost: Float64Array;
}

/** The buckets to add, and the rounding errors of their own addition. */
export interface AddedSide extends Side {
  readonly lost?: Float64Array | undefined;
}

/** The kind of addition. `sign` -1 subtracts, only in plain sums. */
export interface AddMode {
  readonly isCompensated: boolean;
  readonly sign: 1 | -1;
}

const NO_SUM: SumSide = {
  indexes: new Int32Array(0),
  counts: new Float64Array(0),
  lost: new Float64Array(0),
};

export function sumSideOf({ indexes, counts }: Side): SumSide {
  if (counts.length === 0) return NO_SUM;
  return { indexes, counts: copyFloatColumn(counts), lost: newFloatColumn(counts.length) };
}

/** A side under construction, with room for a number of buckets. */
export class SumSideBuilder {
  readonly #side: SumSide;
  #length = 0;

  constructor(maxLength: number) {
    this.#side = {
      indexes: newIndexColumn(maxLength),
      counts: newFloatColumn(maxLength),
      lost: newFloatColumn(maxLength),
    };
  }

  push(index: number, count: number, lost: number): void {
    const { indexes, counts, lost: losses } = this.#side;
    const at = this.#length++;
    indexes[at] = index;
    counts[at] = count;
    losses[at] = lost;
  }

  /** Adds to the bucket that was pushed last if it has this index, else pushes. */
  addOrPush(index: number, count: number, lost: number, isCompensated: boolean): void {
    const last = this.#length - 1;
    if (last < 0 || this.#side.indexes[last] !== index) this.push(index, count, lost);
    else addAt(this.#side, last, count, lost, isCompensated);
  }

  finish(): SumSide {
    const { indexes, counts, lost } = this.#side;
    const length = this.#length;
    return {
      indexes: indexes.subarray(0, length),
      counts: counts.subarray(0, length),
      lost: lost.subarray(0, length),
    };
  }
}

function addAt(
  { counts, lost }: SumSide,
  at: number,
  count: number,
  alsoLost: number,
  isCompensated: boolean,
) {
  if (!isCompensated) {
    counts[at] += count;
    return;
  }
  lost[at] = compensate(count, counts[at], lost[at]);
  counts[at] += count;
  if (alsoLost === 0) return;
  lost[at] = compensate(alsoLost, counts[at], lost[at]);
  counts[at] += alsoLost;
}

/** Without buckets that begin below the zero threshold, and without empty ones. */
export function outsideOfZero(
  { indexes, counts, lost }: SumSide,
  layout: Pick<Histogram, "schema" | "customBounds" | "zeroThreshold">,
): SumSide {
  const outside = new SumSideBuilder(indexes.length);
  for (let i = 0; i < indexes.length; i++) {
    const isPopulated = counts[i] !== 0 || lost[i] !== 0;
    if (isPopulated && bucketBound(indexes[i] - 1, layout) >= layout.zeroThreshold)
      outside.push(indexes[i], counts[i], lost[i]);
  }
  return outside.finish();
}

/** At a lower resolution: neighbours that share a bucket are added up. */
export function sumAtLowerSchema(side: SumSide, from: number, to: number, isCompensated: boolean): SumSide {
  if (from === to) return side;
  const { indexes, counts, lost } = side;
  const reduced = new SumSideBuilder(indexes.length);
  for (let i = 0; i < indexes.length; i++)
    reduced.addOrPush(indexAtSchema(indexes[i], from, to), counts[i], lost[i], isCompensated);
  return reduced.finish();
}

/** In place if all buckets exist already, which is usual within one series. */
export function mergeSides(into: SumSide, side: AddedSide, mode: AddMode): SumSide {
  if (side.counts.length === 0) return into;
  if (into.indexes === side.indexes || equalColumns(into.indexes, side.indexes)) {
    for (let i = 0; i < into.counts.length; i++) addBucket(into, i, side, i, mode);
    return into;
  }
  if (addInPlace(into, side, mode)) return into;
  const merged = new SumSideBuilder(into.indexes.length + side.indexes.length);
  let i = 0;
  let j = 0;
  while (i < into.indexes.length || j < side.indexes.length) {
    const a = i < into.indexes.length ? into.indexes[i] : Infinity;
    const b = j < side.indexes.length ? side.indexes[j] : Infinity;
    if (b < a) {
      merged.push(b, mode.sign * side.counts[j], side.lost?.[j] ?? 0);
      j++;
      continue;
    }
    if (a === b) addBucket(into, i, side, j++, mode);
    merged.push(a, into.counts[i], into.lost[i]);
    i++;
  }
  return merged.finish();
}

function addBucket(into: SumSide, at: number, side: AddedSide, from: number, mode: AddMode): void {
  addAt(into, at, mode.sign * side.counts[from], side.lost?.[from] ?? 0, mode.isCompensated);
}

/** Adds if every bucket exists, which is usual after a few series. Returns whether it did. */
function addInPlace(into: SumSide, side: AddedSide, mode: AddMode): boolean {
  if (!hasAll(into.indexes, side.indexes)) return false;
  for (let i = 0, j = 0; j < side.indexes.length; i++) {
    if (into.indexes[i] === side.indexes[j]) addBucket(into, i, side, j++, mode);
  }
  return true;
}

/** Whether all of `some` are among `indexes`; both ascend. */
function hasAll(indexes: Int32Array, some: Int32Array): boolean {
  let found = 0;
  for (let i = 0; i < indexes.length && found < some.length; i++) if (indexes[i] === some[found]) found++;
  return found === some.length;
}
