/** The times of a panel's range query. */
import type { StepRange } from "../../api/prometheus.ts";
import { chooseStep, parseDuration } from "../../time/durations.ts";
import type { Span } from "../../time/time-range.ts";

const PIXELS_PER_POINT = 3;
const MIN_POINTS = 100;
/** The most points of a series that Prometheus and Hearth return. */
const MAX_POINTS = 11_000;

/** Aligned to the step, so a refresh asks for the same times again. `step` is a duration, or "" for one that fits. */
export function gridOf({ start, end }: Span, step: string, widthPx: number): StepRange {
  const seconds = Math.max(1, end - start);
  const chosen = parseDuration(step) ?? chooseStep(seconds, Math.max(MIN_POINTS, widthPx / PIXELS_PER_POINT));
  const bounded = Math.max(chosen, Math.ceil(seconds / (MAX_POINTS - 1)));
  const used = chosen < seconds / (MAX_POINTS - 1) ? bounded : chosen;
  const last = Math.floor(end / used) * used;
  return { start: last - Math.floor(seconds / used) * used, end: last, step: used };
}
