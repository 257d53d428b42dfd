/** Dropping metric names: at once, or from the result alone. */
import type { EvaluationContext } from "./context.ts";
import { withoutMetadata } from "./series-labels.ts";
import type { StepSeries } from "./value.ts";

type Identity = Pick<StepSeries, "labels" | "dropsName">;

/** What a series is called once its values no longer are those of its metric. */
export function withoutName({ labels }: Identity, { options }: EvaluationContext): Identity {
  return options.delayedNameRemoval
    ? { labels, dropsName: true }
    : { labels: withoutMetadata(labels), dropsName: true };
}
