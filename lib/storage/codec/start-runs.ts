/**
 * When samples began to be counted, as a column beside them: what many samples in a row have in common is said once.
 *
 *     of each run   head    varint, 4 * samples + kind
 *                   start   of kind 3 alone: zigzag varint, ms, less the start said last, the first less the first sample's time
 *
 * Kinds: 0, not known; 1, each since the sample before it, as deltas are; 2, since the start said last; 3, since another one.
 */
import { HearthError } from "../../model/errors.ts";
import { MAX_TIMESTAMP_MS } from "../../model/time.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";

/** The largest distance from the epoch, in ms, that a start may have: its difference to any timestamp is within 2^52. */
export const MAX_START_MS = MAX_TIMESTAMP_MS - 1;

/** What a sample's start takes at most: a run of its own, its head and a difference of two times. */
export const MAX_START_BYTES = 9;

const UNKNOWN = 0;
const SAMPLE_BEFORE = 1;
const LAST = 2;
const OTHER = 3;
const KINDS = 4;

/** So many samples in a row that count since one time (ms, 0: not known), or each since the sample before it. */
export interface StartRun {
  readonly count: number;
  readonly start: number | "sample before";
}

/** Whether any sample of a column has a start. */
export function hasStarts(starts: Float64Array | undefined): starts is Float64Array {
  return starts?.some((start) => start !== 0) ?? false;
}

/** Appends the starts (ms, 0: not known; undefined: of none) of samples of these times. */
export function writeStarts(
  writer: ByteWriter,
  starts: Float64Array | undefined,
  timestamps: Float64Array,
): void {
  let last = timestamps[0];
  for (const { count, start } of findRuns(starts ?? new Float64Array(timestamps.length), timestamps)) {
    const kind = kindOf(start, last);
    writer.writeVarint(count * KINDS + kind);
    if (kind !== OTHER) continue;
    writer.writeSigned((start as number) - last);
    last = start as number;
  }
}

function kindOf(start: StartRun["start"], last: number): number {
  if (start === "sample before") return SAMPLE_BEFORE;
  if (start === 0) return UNKNOWN;
  return start === last ? LAST : OTHER;
}

/** Of the two kinds of runs that may begin at a sample the longer one. */
function* findRuns(starts: Float64Array, timestamps: Float64Array): Generator<StartRun> {
  for (let from = 0, end = 0; from < starts.length; from = end) {
    const start = starts[from];
    end = from + 1;
    while (starts[end] === start) end++;
    let chained = from;
    while (chained > 0 && starts[chained] !== 0 && starts[chained] === timestamps[chained - 1]) chained++;
    if (chained > end) {
      end = chained;
      yield { count: end - from, start: "sample before" };
    } else yield { count: end - from, start };
  }
}

/**
 * Reads what was written of `count` samples, the first of which is of `firstTime`. Throws "data" for bytes that `writeStarts`
 * cannot have written.
 */
export function readStartRuns(reader: ByteReader, count: number, firstTime: number): StartRun[] {
  const runs: StartRun[] = [];
  let [rest, last] = [count, firstTime];
  while (rest > 0) {
    const head = reader.readVarint();
    const kind = head % KINDS;
    const samples = Math.floor(head / KINDS);
    if (kind === OTHER) last += reader.readSigned();
    const isBeforeFirst = runs.length === 0 && kind === SAMPLE_BEFORE;
    const isNoTime = kind === OTHER && Math.abs(last) > MAX_START_MS;
    if (samples < 1 || samples > rest || isBeforeFirst || isNoTime)
      throw new HearthError("data", `starts: ${samples} samples of kind ${kind} since ${last}, ${rest} left`);
    rest -= samples;
    if (kind === SAMPLE_BEFORE) runs.push({ count: samples, start: "sample before" });
    else runs.push({ count: samples, start: kind === UNKNOWN ? 0 : last });
  }
  return runs;
}

/** The starts of samples of these times; `timeBefore` is that of the sample before the first. */
export function startsOf(
  runs: readonly StartRun[],
  timestamps: Float64Array,
  timeBefore = Number.NaN,
): Float64Array {
  const starts = new Float64Array(timestamps.length);
  let from = 0;
  for (const { count, start } of runs) {
    if (start === "sample before") {
      starts.set(timestamps.subarray(Math.max(from, 1) - 1, from + count - 1), Math.max(from, 1));
      if (from === 0) starts[0] = timeBefore;
    } else starts.fill(start, from, from + count);
    from += count;
  }
  return starts;
}

/** Those of the next samples: takes `count` of them off the front of `runs`, which it changes. */
export function takeRuns(runs: StartRun[], count: number): StartRun[] {
  const taken: StartRun[] = [];
  for (let rest = count; rest > 0; ) {
    const [first] = runs;
    const samples = Math.min(first.count, rest);
    taken.push({ ...first, count: samples });
    if (samples === first.count) runs.shift();
    else runs[0] = { ...first, count: first.count - samples };
    rest -= samples;
  }
  return taken;
}
