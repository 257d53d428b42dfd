/** The metrics of a request. */
import type { LogFields } from "../model/log.ts";
import { type MetricOrigin, type MetricValues, withoutZeros } from "../model/metrics.ts";
import type { Meter } from "../storage/table/table.ts";
import type { Operation } from "./status.ts";

/** `fields` are those of the request's log line; `operation` is undefined if no route matched. */
export function requestMetrics(
  operation: Operation | undefined,
  fields: LogFields,
  isServerError: boolean,
  meter: Meter,
): MetricValues {
  return {
    Requests: 1,
    ...withoutZeros({
      Samples: operation === "write" ? countOf(fields.storedSamples) : 0,
      RejectedSamples: operation === "write" ? countOf(fields.rejected) : 0,
      Dictionaries: operation === "write" ? countOf(fields.begunDictionaries) : 0,
      Series: operation === "query" ? countOf(fields.series) : 0,
      ReadUnits: meter.readUnits,
      WriteUnits: meter.writeUnits,
      ServerErrors: isServerError ? 1 : 0,
      DamagedItems: damagedItems(fields, meter),
      ClockOffsetMs: countOf(fields.clockOffsetMs),
    }),
  };
}

/**
 * `route` is the pattern of the path (paths are unlimited in number); undefined if none matched.
 */
export function requestLabels(
  route: string | undefined,
  { tenant, errorKind }: LogFields,
  status: number,
): MetricOrigin["labels"] {
  return {
    ...(route === undefined ? {} : { route }),
    status: String(status),
    ...(typeof tenant === "string" ? { tenant } : {}),
    ...(typeof errorKind === "string" ? { error: errorKind } : {}),
  };
}

/** Damage that a checksum shows, and what is missing or cannot be decoded. */
function damagedItems({ damaged, errorKind }: LogFields, { damagedItems }: Meter): number {
  return Math.max(damagedItems, countOf(damaged), errorKind === "data" ? 1 : 0);
}

/** A field is missing if the request failed before its value was known. */
function countOf(field: unknown): number {
  return typeof field === "number" ? field : 0;
}
