/** Dropping metric names: at once, or from results alone. */
import type { EvaluationContext } from "./context.ts";
import { withoutMetadata } from "./series-labels.ts";
import type { StepSeries } from "./value.ts";

type Identity = Pick<StepSeries, "labels" | "dropsName">;

/** The identity of a series whose values are no longer those of its metric. */
export function withoutName({ labels }: Identity, { options }: EvaluationContext): Identity {
  return options.delayedNameRemoval
    ? { labels, dropsName: true }
    : { labels: withoutMetadata(labels), dropsName: true };
}
