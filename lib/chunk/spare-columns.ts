/**
 * Columns that are no longer used, for the next series. New memory takes longer to get than samples
 * take to decode: the kernel clears every page of it.
 */
import { SampleColumns } from "./sample-columns.ts";

/** Larger ones are not kept: 1 MiB. */
const MAX_SPARE_SAMPLES = 64 * 1024;
/** How many times too long columns may be: a caller that never returns them keeps all of them. */
const MAX_EXCESS = 2;

let spare: SampleColumns | undefined;

/** Empty columns for so many samples. */
export function takeColumns(capacity: number): SampleColumns {
  const found = spare;
  const length = found?.timestamps.length ?? 0;
  if (found === undefined || length < capacity || length > MAX_EXCESS * capacity)
    return new SampleColumns(capacity);
  spare = undefined;
  found.clear();
  return found;
}

/** Takes columns back. Nobody may use them afterwards. */
export function giveColumns(columns: SampleColumns): void {
  if (columns.timestamps.length <= MAX_SPARE_SAMPLES) spare = columns;
}
