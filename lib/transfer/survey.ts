/** What an import will read and write, from what the blocks say of themselves. */
import { DAY_MS } from "../model/time.ts";
import { BUCKET_MS } from "../storage/layout/bucket.ts";
import { dayOf } from "../storage/layout/keys.ts";
import type { BlockMeta } from "../tsdb/block-meta.ts";
import type { BlockFolder } from "../tsdb/files.ts";

export interface FoundBlock {
  readonly folder: BlockFolder;
  readonly meta: BlockMeta;
  /** What its samples are known by once they are imported; default: the block's ULID. */
  readonly identity?: string | undefined;
}

/** Write units of a sample, with its share of keys and index: of 1,000 series, by `npm run bench:import`. */
export const WRITE_UNITS_PER_SAMPLE = 0.0011;
/** Dollars of a million write units on demand in us-east-1. https://aws.amazon.com/dynamodb/pricing/on-demand/ */
export const MILLION_WRITE_UNITS_DOLLARS = 0.625;
const SAMPLES_PER_CHUNK = 120;
const BUCKETS = DAY_MS / BUCKET_MS;

export interface DayPlan {
  readonly day: number;
  readonly blocks: readonly FoundBlock[];
  /** About; by bucket. */
  readonly samples: readonly number[];
}

/** The days that blocks have samples of within a range (ms, both included), ascending. */
export function planDays(blocks: readonly FoundBlock[], minTime: number, maxTime: number): DayPlan[] {
  const days = new Map<number, FoundBlock[]>();
  for (const block of blocks) {
    const first = dayOf(Math.max(block.meta.minTime, minTime));
    // Samples are before its maxTime; a block of one time has both the same.
    const last = dayOf(Math.min(Math.max(block.meta.maxTime - 1, block.meta.minTime), maxTime));
    for (let day = first; day <= last; day++) {
      const known = days.get(day);
      if (known === undefined) days.set(day, [block]);
      else known.push(block);
    }
  }
  return [...days]
    .sort(([a], [b]) => a - b)
    .map(([day, found]) => {
      // The later one was made later: where two have a sample of one time, its sample counts.
      const sorted = found.toSorted((a, b) => (a.meta.ulid < b.meta.ulid ? -1 : 1));
      const samples = Array.from({ length: BUCKETS }, (_, bucket) => {
        const start = day * DAY_MS + bucket * BUCKET_MS;
        return sum(
          found,
          ({ meta }) =>
            samplesOf(meta) *
            shareOf(meta, Math.max(start, minTime), Math.min(start + BUCKET_MS, maxTime + 1)),
        );
      });
      return { day, blocks: sorted, samples };
    });
}

/** About. */
export function samplesOfDays(days: readonly DayPlan[]): number {
  return sum(days, ({ samples }) => sum(samples, (count) => count));
}

/** A block's samples, by its chunks where it does not say. */
export function samplesOf({ samples, chunks }: BlockMeta): number {
  return samples > 0 ? samples : chunks * SAMPLES_PER_CHUNK;
}

/** Series that a day has about, given how many each block has: those of blocks side by side add up. */
export function expectedSeries(
  day: number,
  blocks: readonly { readonly meta: BlockMeta; readonly series: number }[],
): number {
  const start = day * DAY_MS;
  let [covered, weighted, most] = [0, 0, 0];
  let until = start;
  for (const { meta, series } of blocks.toSorted((a, b) => a.meta.minTime - b.meta.minTime)) {
    const from = Math.max(meta.minTime, start);
    const to = Math.min(meta.maxTime, start + DAY_MS);
    weighted += series * Math.max(0, to - from);
    covered += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
    most = Math.max(most, series);
  }
  return Math.max(most, covered === 0 ? 0 : Math.ceil(weighted / covered));
}

export function dollarsOf(writeUnits: number): number {
  return (writeUnits / 1e6) * MILLION_WRITE_UNITS_DOLLARS;
}

/** The part of a block's time that lies in `start..end`, from 0 to 1. */
function shareOf({ minTime, maxTime }: BlockMeta, start: number, end: number): number {
  const overlap = Math.min(maxTime, end) - Math.max(minTime, start);
  if (maxTime === minTime) return minTime >= start && minTime < end ? 1 : 0;
  return Math.max(0, overlap) / (maxTime - minTime);
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}
