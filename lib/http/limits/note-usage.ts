/** Counts a request for its tenant, from what its log line says. */
import type { LogFields } from "../../model/log.ts";
import type { Meter } from "../../storage/table/table.ts";
import type { UsageRecorder } from "../../storage/usage/usage-recorder.ts";
import { OWN_TENANT } from "../../storage/usage/usage-rows.ts";

export interface LoggedRequest {
  readonly fields: LogFields;
  readonly route: string | undefined;
  readonly operation: string | undefined;
  readonly isError: boolean;
  readonly status: number;
  readonly durationMs: number;
  readonly meter: Meter;
  readonly nowMs: number;
}

/** Requests without a valid key count as Hearth's own. */
export function noteUsage(usage: UsageRecorder, request: LoggedRequest): void {
  const { fields, route = "(none)", operation, isError, status, durationMs, meter, nowMs } = request;
  const tenant = typeof fields.tenant === "string" ? fields.tenant : OWN_TENANT;
  const key = typeof fields.tenant === "string" ? String(fields.accessKeyId ?? "") : "";
  const isWrite = operation === "write";
  usage.note(
    { tenant, key, route },
    {
      requests: 1,
      errors: isError ? 1 : 0,
      refused: status === 429 ? 1 : 0,
      samples: isWrite ? numberOf(fields.storedSamples) + numberOf(fields.storedHistograms) : 0,
      rejectedSamples: isWrite ? numberOf(fields.rejected) : 0,
      readUnits: meter.readUnits,
      writeUnits: meter.writeUnits,
    },
  );
  const asked = askedOf(fields);
  if (asked === undefined || meter.readUnits === 0) return;
  const maxRangeMs = numberOf(fields.rangeMs);
  const { readUnits } = meter;
  usage.noteQuery({
    tenant,
    key,
    query: asked,
    count: 1,
    readUnits,
    maxDurationMs: durationMs,
    maxRangeMs,
    lastMs: nowMs,
  });
}

/** The expression, or the selectors. */
function askedOf({ query, match }: LogFields): string | undefined {
  if (typeof query === "string") return query;
  return Array.isArray(match) ? match.join(" or ") : undefined;
}

function numberOf(field: unknown): number {
  return typeof field === "number" ? field : 0;
}
