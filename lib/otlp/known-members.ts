/** Rejects requests without any known member: their sender sends something else and must not receive 200. */
import { HearthError } from "../model/errors.ts";
import type { ResourceMetrics } from "./metrics.ts";

/** Throws "invalid" for a request without metrics but with a member `unknown`. An empty request is valid. */
export function checkHasKnown(resources: readonly ResourceMetrics[], unknown: string | undefined): void {
  if (unknown === undefined) return;
  if (resources.some(({ scopes }) => scopes.some(({ metrics }) => metrics.length > 0))) return;
  throw new HearthError(
    "invalid",
    `OTLP request: no metric in it, and ${unknown} is not known; expected an ExportMetricsServiceRequest`,
  );
}
