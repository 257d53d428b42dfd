/** Which samples of a batch can be stored: the label sets, times and sizes of the others are refused one by one. */
import { withoutPast } from "../../model/histogram.ts";
import type { Rejections } from "../../model/rejections.ts";
import type { AppendBatch } from "../../model/sample-batch.ts";
import { DAY_MS, MAX_TIMESTAMP_MS } from "../../model/time.ts";
import { encodeHistogram, MAX_HISTOGRAM_BYTES } from "../codec/histogram-bytes.ts";
import { printDay } from "../layout/key-place.ts";
import { dayOf } from "../layout/keys.ts";
import type { BatchSeries } from "../series/batch-series.ts";
import { REJECTED } from "../series/series-registry.ts";
import type { Accepted, AcceptedFloats, AcceptedHistograms } from "./accepted.ts";

const NO_BYTES = new Uint8Array(0);
const NO_HISTOGRAMS: AcceptedHistograms = {
  series: new Int32Array(0),
  onlyDay: undefined,
  timestamps: new Float64Array(0),
  startTimestamps: undefined,
  encoded: [],
};

/** The times that a request's samples may have, and the UTC days of those accepted so far. */
export interface AcceptedTimes {
  readonly nowMs: number;
  /** In ms, both included. */
  readonly oldest: number;
  readonly newest: number;
  readonly days: Set<number>;
  /** Days that one request may touch: each takes calls of its own. */
  readonly maxDays: number;
  /** Those of the tenant in this hour, this request's included, and how many there may be. */
  readonly hourDays: Set<number>;
  readonly maxHourDays: number;
}

export function acceptFloats(
  batch: AppendBatch,
  series: BatchSeries,
  times: AcceptedTimes,
  rejections: Rejections,
): AcceptedFloats {
  const { sampleCount, sampleSeries, values, startTimestamps } = batch;
  const timestamps = batch.timestamps.subarray(0, sampleCount);
  const accepted = accept(series, sampleSeries, timestamps, times, rejections);
  return { ...accepted, timestamps, values, startTimestamps };
}

/** Encoded at once: how large one is decides whether it can be stored. */
export function acceptHistograms(
  { histograms = [] }: AppendBatch,
  series: BatchSeries,
  times: AcceptedTimes,
  rejections: Rejections,
): AcceptedHistograms {
  if (histograms.length === 0) return NO_HISTOGRAMS;
  const timestamps = Float64Array.from(histograms, ({ timestamp }) => timestamp);
  const indices = Int32Array.from(histograms, (one) => one.series);
  let { series: accepted, onlyDay } = accept(series, indices, timestamps, times, rejections);
  const encoded = histograms.map(({ histogram }, i) => {
    if (accepted[i] === REJECTED) return NO_BYTES;
    const bytes = encodeHistogram(withoutPast(histogram));
    if (bytes.length <= MAX_HISTOGRAM_BYTES) return bytes;
    const known = accepted[i];
    const reason = `a histogram of ${bytes.length} bytes, at most ${MAX_HISTOGRAM_BYTES} are stored`;
    rejections.add(() => series.labels(known), reason);
    accepted[i] = REJECTED;
    onlyDay = undefined;
    return NO_BYTES;
  });
  const startTimestamps = Float64Array.from(histograms, (one) => one.startTimestamp);
  return { series: accepted, onlyDay, timestamps, startTimestamps, encoded };
}

/**
 * The number of each sample's series, by the place in the batch of each and their times; REJECTED where
 * labels or time are not acceptable.
 */
function accept(
  series: BatchSeries,
  indices: Int32Array,
  timestamps: Float64Array,
  times: AcceptedTimes,
  rejections: Rejections,
): Pick<Accepted, "series" | "onlyDay"> {
  const accepted = new Int32Array(timestamps.length);
  const { oldest, newest } = times;
  let isWhole = timestamps.length > 0;
  let previous = -1;
  let number = REJECTED;
  // The day of the sample before is good for most.
  let dayStart = Number.POSITIVE_INFINITY;
  for (let i = 0; i < timestamps.length; i++) {
    const index = indices[i];
    if (index !== previous) number = series.resolve(index, rejections);
    previous = index;
    accepted[i] = number;
    if (number === REJECTED) {
      isWhole = false;
      continue;
    }
    const time = timestamps[i];
    const isKnownDay = time >= dayStart && time < dayStart + DAY_MS;
    if (time >= oldest && time <= newest && (isKnownDay || takeDay(times, dayOf(time)))) {
      if (!isKnownDay) {
        if (i > 0) isWhole = false;
        dayStart = dayOf(time) * DAY_MS;
      }
      continue;
    }
    isWhole = false;
    accepted[i] = REJECTED;
    rejectTime(series, number, time, times, rejections);
  }
  return { series: accepted, onlyDay: isWhole ? dayStart / DAY_MS : undefined };
}

/** Apart from the loop: a closure there would cost every sample. */
function rejectTime(
  series: BatchSeries,
  number: number,
  time: number,
  times: AcceptedTimes,
  rejections: Rejections,
): void {
  rejections.judgeBy({ minTime: times.nowMs, maxTime: times.nowMs });
  rejections.add(() => series.labels(number), timeReason(time, times));
}

/** Whether a request may have samples of a day, beside the days that it and its tenant have them of already. */
function takeDay({ days, maxDays, hourDays, maxHourDays }: AcceptedTimes, day: number): boolean {
  if (days.has(day)) return true;
  if (days.size >= maxDays || (!hourDays.has(day) && hourDays.size >= maxHourDays)) return false;
  days.add(day);
  hourDays.add(day);
  return true;
}

function timeReason(time: number, times: AcceptedTimes): string {
  const { nowMs, oldest, newest, days, maxDays, maxHourDays } = times;
  const now = `now=${nowMs}`;
  if (Math.abs(time) > MAX_TIMESTAMP_MS) return `timestamp ${time} is no time in ms ${now}`;
  if (time > newest)
    return `timestamp ${time} is in the future, at most ${newest - nowMs} ms ahead is taken ${now}`;
  const oneTooMany = `timestamp ${time}: UTC day ${printDay(dayOf(time))} is one too many`;
  if (time >= oldest && days.size >= maxDays)
    return `${oneTooMany}, a request may have samples of ${maxDays}; send fewer days a request`;
  if (time >= oldest)
    return `${oneTooMany}, a tenant may write to ${maxHourDays} within an hour; send it in the next hour, or import it`;
  return `timestamp ${time} is older than retention ${now}`;
}
