/**
 * Measured figures in the units in which other loads scale: of series every 15 s, by `npm run bench:cost` of
 * 30 November 2026 with 1,000 and 10,000 series. test/cost/load.test.ts holds them to what it printed.
 */

/** A row of one series and hour, in a part of a month: docs/decisions/0042-rollups.md. */
export const ROW_BYTES = 4.5;

/** Write units of the log by samples of a request: shards by the size of a request make the steps. */
export const LOG_UNITS: readonly (readonly [samples: number, writeUnits: number])[] = [
  [1, 1],
  [500, 1.02],
  [1000, 2],
  [1400, 2.19],
  [2000, 4.98],
  [3000, 6],
  [5000, 8.24],
  [7500, 10.98],
  [10_000, 13.64],
];

export const RUN_UNITS_PER_SAMPLE = 0.00097;

/** A chunk item has the samples of a series in a bucket of eight hours. */
export const BUCKETS_PER_DAY = 3;
export const CHUNK_BYTES_PER_SAMPLE = 0.62;
/** Key, index and DynamoDB's 100 bytes. */
export const CHUNK_ITEM_BYTES = 186;
/** A unit is 1,024 bytes, rounded up. Half of all series never change in a bucket: each of their items wastes nearly one. */
export const CHUNK_WASTE_UNITS = 0.7;

/** Dictionaries and index of a series on its first day, and again on each day that it lives. */
export const SERIES_DAY_UNITS = 0.03;
/** Hourly rows of a series and day, with the merge of the month. */
export const ROWS_SERIES_DAY_UNITS = 0.29;
/** Manifests, marks and cursors of a day. */
export const CONTROL_DAY_UNITS = 700;

export const READ_UNITS_PER_SAMPLE = 0.00145;

/** Log, runs and dictionaries, with DynamoDB's bytes, and how long they stay. */
export const TRANSIENT_BYTES_PER_SAMPLE = 2.5;
export const TRANSIENT_DAYS = 35;

/** Lambda, GB seconds: of writing by sample and by request, of compaction by sample and by run. */
export const WRITE_GB_SECONDS_PER_SAMPLE = 2.35e-6;
export const WRITE_GB_SECONDS_PER_REQUEST = 0.004;
export const COMPACT_GB_SECONDS_PER_SAMPLE = 2.9e-6;
export const COMPACT_GB_SECONDS_PER_RUN = 0.092;
export const COMPACTIONS_PER_DAY = 288;
