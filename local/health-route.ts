/** `/-/ready` and `/-/healthy`, as in Prometheus; the second also reports what the canary found. */
import type { CanaryReport } from "../lib/canary/canary.ts";
import type { Gateway } from "../lib/http/gateway.ts";

export const HEALTH_PATHS = ["/-/ready", "/-/healthy"];

/** `canary`: what its last run came to; undefined before its first, after one that failed, or when it is off. */
export function addHealthRoutes(app: Gateway, canary: () => CanaryReport | undefined): void {
  app.get("/-/ready", (c) => c.text("Hearth is ready.\n"));
  app.get("/-/healthy", (c) => c.text(`Hearth is healthy.\n${canaryLine(canary())}`));
}

/**
 * Always 200: supervisors restart the process on an error here, and a restart brings no sample
 * back.
 */
function canaryLine(report: CanaryReport | undefined): string {
  if (report === undefined) return "";
  const { sequence, checked, samples, missing } = report;
  if (samples === 0)
    return `canary: none of ${sequence} samples is missing, looked in ${checked.join(" and ")}\n`;
  const places = Object.entries(missing).map(
    ([name, one]) => `${name}: ${one.samples}, gap ${one.gapMs / 1000} s`,
  );
  return `canary: ${samples} of ${sequence} acknowledged samples are missing (${places.join("; ")}); run hearthdb verify\n`;
}
