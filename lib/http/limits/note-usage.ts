/**
 * Counts a request for its tenant, from what its log line says. Of several tenants the first has the request, and each has
 * what is read of it.
 */
import type { LogFields } from "../../model/log.ts";
import type { Meter } from "../../storage/table/table.ts";
import { metricOfName } from "../../storage/usage/metric-usage.ts";
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
  /** By tenant, of a request about several; part of `meter`. */
  readonly shares: ReadonlyMap<string, Meter>;
  /** How often each metric was selected. */
  readonly selected: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

/** Requests without a valid key count as Hearth's own. */
export function noteUsage(usage: UsageRecorder, request: LoggedRequest): void {
  const { fields, route = "(none)", operation, isError, status, durationMs, shares, nowMs } = request;
  const tenant = typeof fields.tenant === "string" ? fields.tenant : OWN_TENANT;
  const key = typeof fields.tenant === "string" ? String(fields.accessKeyId ?? "") : "";
  const others = [...shares].filter(([name]) => name !== tenant);
  const meter = without(request.meter, others);
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
  for (const [name, { readUnits, writeUnits }] of others)
    usage.note({ tenant: name, key, route }, { readUnits, writeUnits });
  for (const [name, { readUnits }] of [[tenant, meter] as const, ...others])
    noteMetrics(usage, name, request.selected, readUnits);
  const asked = askedOf(fields);
  if (asked === undefined) return;
  const query = { key, query: asked, count: 1, maxDurationMs: durationMs, lastMs: nowMs } as const;
  const maxRangeMs = numberOf(fields.rangeMs);
  for (const [name, { readUnits }] of [[tenant, meter] as const, ...others])
    if (readUnits > 0) usage.noteQuery({ ...query, tenant: name, readUnits, maxRangeMs });
}

/** What a request read is shared out by how often it selected each metric. */
function noteMetrics(
  usage: UsageRecorder,
  tenant: string,
  selected: LoggedRequest["selected"],
  readUnits: number,
): void {
  if (readUnits <= 0) return;
  const all = [...selected.values()].reduce((sum, count) => sum + count, 0);
  for (const [name, count] of selected)
    if (name !== "")
      usage.noteMetric({ ...metricOfName(tenant, name), readUnits: (readUnits * count) / all });
}

function without({ readUnits, writeUnits }: Meter, others: readonly (readonly [string, Meter])[]) {
  return {
    readUnits: others.reduce((left, [, share]) => left - share.readUnits, readUnits),
    writeUnits: others.reduce((left, [, share]) => left - share.writeUnits, writeUnits),
  };
}

/** The expression, or the selectors. */
function askedOf({ query, match }: LogFields): string | undefined {
  if (typeof query === "string") return query;
  return Array.isArray(match) ? match.join(" or ") : undefined;
}

function numberOf(field: unknown): number {
  return typeof field === "number" ? field : 0;
}
