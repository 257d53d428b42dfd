/**
 * Aggregations that make one series of each group. They take one series after the other, so series
 * need not be in memory together.
 */

import type { LabelSet } from "../../model/labels.ts";
import { seriesBytes } from "../runtime/budget.ts";
import { StepColumns } from "../runtime/step-columns.ts";
import { isPopulated, type StepSeries } from "../runtime/value.ts";
import type { Accumulator, NewAccumulator } from "./accumulator.ts";
import type { AggregateCall } from "./aggregate-call.ts";
import { averageOf } from "./average.ts";
import { Groups } from "./groups.ts";
import { quantileOfGroup } from "./quantile.ts";
import { countOf, extremeOf, groupOf, varianceOf } from "./simple.ts";
import { sumOf } from "./sum.ts";

/** Undefined for aggregations that pick series. */
export function accumulatorOf({ operator }: AggregateCall["plan"]): NewAccumulator | undefined {
  switch (operator) {
    case "sum":
      return sumOf;
    case "avg":
      return averageOf;
    case "count":
      return countOf;
    case "group":
      return groupOf;
    case "min":
    case "max":
      return extremeOf;
    case "stddev":
    case "stdvar":
      return varianceOf;
    case "quantile":
      return quantileOfGroup;
    default:
      return undefined;
  }
}

interface GroupInTheMaking {
  readonly labels: LabelSet;
  readonly columns: StepColumns;
  readonly accumulator: Accumulator;
  dropsName: boolean;
}

export class SeriesAggregation {
  readonly #call: AggregateCall;
  readonly #groups: Groups<GroupInTheMaking>;

  constructor(newAccumulator: NewAccumulator, call: AggregateCall) {
    this.#call = call;
    this.#groups = new Groups(call.plan, (labels) => {
      call.context.budget.take(call.grid.steps, seriesBytes(labels));
      const columns = new StepColumns(call.grid.steps);
      return { labels, columns, accumulator: newAccumulator(columns, call), dropsName: false };
    });
  }

  add(series: StepSeries): void {
    this.#call.context.deadline.spend(series.kinds.length);
    const group = this.#groups.of(series);
    group.accumulator.add(series);
    if (series.dropsName) group.dropsName = true;
  }

  /** The groups that have samples. Call once. */
  finish(): StepSeries[] {
    const all = this.#groups.all().map(({ labels, columns, accumulator, dropsName }) => {
      accumulator.finish();
      return columns.series(labels, dropsName);
    });
    return all.filter(isPopulated);
  }
}
