/** Buckets: the spans of sample time that chunk items are made of. They divide a day. */
import { DAY_MS, HOUR_MS } from "../../model/time.ts";

/**
 * Eight hours: at 15 s a series has 1,920 samples in a chunk item of about 2.5 KB, three write units. Other spans were
 * measured: docs/decisions/0009-bucket-of-eight-hours.md.
 */
export const BUCKET_MS = 8 * HOUR_MS;

/** The number of a timestamp's bucket within its day. */
export function bucketOf(timestampMs: number): number {
  const dayStart = Math.floor(timestampMs / DAY_MS) * DAY_MS;
  return Math.floor((timestampMs - dayStart) / BUCKET_MS);
}

/** Where a bucket ends (exclusive), in ms. */
export function bucketEnd(day: number, bucket: number): number {
  return day * DAY_MS + (bucket + 1) * BUCKET_MS;
}
