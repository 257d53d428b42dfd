/** A request without a single member that is known: a sender of something else, which must not hear that all is well. */
import { HearthError } from "../model/errors.ts";
import type { ResourceMetrics } from "./metrics.ts";

/** Throws "invalid" for a request without a metric that has a member `unknown`. An empty request is one of nothing. */
export function checkHasKnown(resources: readonly ResourceMetrics[], unknown: string | undefined): void {
  if (unknown === undefined) return;
  if (resources.some(({ scopes }) => scopes.some(({ metrics }) => metrics.length > 0))) return;
  throw new HearthError(
    "invalid",
    `OTLP request: no metric in it, and ${unknown} is not known; expected an ExportMetricsServiceRequest`,
  );
}
