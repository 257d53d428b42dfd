/** A load in numbers that its operator knows, and what a sample of it costs, scaled from measured figures. */
import {
  BUCKETS_PER_DAY,
  CHUNK_BYTES_PER_SAMPLE,
  CHUNK_ITEM_BYTES,
  CHUNK_WASTE_UNITS,
  COMPACT_GB_SECONDS_PER_RUN,
  COMPACT_GB_SECONDS_PER_SAMPLE,
  COMPACTIONS_PER_DAY,
  CONTROL_DAY_UNITS,
  LOG_UNITS,
  READ_UNITS_PER_SAMPLE,
  ROW_BYTES,
  ROWS_SERIES_DAY_UNITS,
  RUN_UNITS_PER_SAMPLE,
  SERIES_DAY_UNITS,
  TRANSIENT_BYTES_PER_SAMPLE,
  TRANSIENT_DAYS,
  WRITE_GB_SECONDS_PER_REQUEST,
  WRITE_GB_SECONDS_PER_SAMPLE,
} from "./measured-figures.ts";
import { DAYS_PER_MONTH, type SampleFigures } from "./usage.ts";

const SECONDS_PER_DAY = 24 * 3600;
const HOURS_PER_DAY = 24;

export interface Load {
  /** At one time. */
  readonly series: number;
  readonly samplesPerSecond: number;
  /** Series that begin in a day; as many end. */
  readonly newSeriesPerDay: number;
  readonly samplesPerRequest: number;
}

export function samplesPerMonth({ samplesPerSecond }: Load): number {
  return samplesPerSecond * SECONDS_PER_DAY * DAYS_PER_MONTH;
}

/** Samples of a request of a sender: as many as come until its deadline, at most `maxSamples`. */
export function requestSize(samplesPerSecond: number, maxSamples: number, deadlineSeconds: number): number {
  return Math.max(1, Math.min(maxSamples, samplesPerSecond * deadlineSeconds));
}

export function figuresOf(load: Load): SampleFigures {
  const { series, newSeriesPerDay, samplesPerRequest } = load;
  const perDay = load.samplesPerSecond * SECONDS_PER_DAY;
  // A series that ends and one that begins in its place are two items of their bucket.
  const chunkItems = series * BUCKETS_PER_DAY + newSeriesPerDay;
  const seriesDays = series + newSeriesPerDay;
  const chunkBytes = (perDay * CHUNK_BYTES_PER_SAMPLE) / chunkItems;
  const chunkUnits = Math.max(1, chunkBytes / 1024 + CHUNK_WASTE_UNITS);
  const dayUnits =
    chunkItems * chunkUnits + seriesDays * (SERIES_DAY_UNITS + ROWS_SERIES_DAY_UNITS) + CONTROL_DAY_UNITS;
  const requests = 1 / samplesPerRequest;
  const runs = COMPACTIONS_PER_DAY / perDay;
  return {
    writeUnits: logUnits(samplesPerRequest) / samplesPerRequest + RUN_UNITS_PER_SAMPLE + dayUnits / perDay,
    readUnits: READ_UNITS_PER_SAMPLE,
    requests,
    lambdaGbSeconds:
      WRITE_GB_SECONDS_PER_SAMPLE +
      WRITE_GB_SECONDS_PER_REQUEST * requests +
      COMPACT_GB_SECONDS_PER_SAMPLE +
      COMPACT_GB_SECONDS_PER_RUN * runs,
    lambdaRequests: requests + runs,
    lastingBytes: CHUNK_BYTES_PER_SAMPLE + (chunkItems * CHUNK_ITEM_BYTES) / perDay,
    transientBytes: TRANSIENT_BYTES_PER_SAMPLE,
    transientDays: TRANSIENT_DAYS,
    rowBytes: (series * HOURS_PER_DAY * ROW_BYTES) / perDay,
  };
}

/** Write units of a request's log records, between the sizes that were measured; larger ones in proportion. */
export function logUnits(samples: number): number {
  for (let i = 1; i < LOG_UNITS.length; i++) {
    const [[fromSamples, fromUnits], [toSamples, toUnits]] = [LOG_UNITS[i - 1], LOG_UNITS[i]];
    if (samples <= toSamples)
      return fromUnits + ((samples - fromSamples) / (toSamples - fromSamples)) * (toUnits - fromUnits);
  }
  const [samplesMost, unitsMost] = LOG_UNITS[LOG_UNITS.length - 1];
  return (samples / samplesMost) * unitsMost;
}
