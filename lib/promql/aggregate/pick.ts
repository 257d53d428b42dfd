/** Aggregations that pick series of each group: `topk`, `bottomk`, `limitk` and `limit_ratio`. */
import { isInstant } from "../plan/grid.ts";
import { seriesBytes } from "../runtime/budget.ts";
import { StepColumns } from "../runtime/step-columns.ts";
import { ABSENT, FLOAT, type StepSeries } from "../runtime/value.ts";
import type { AggregateCall } from "./aggregate-call.ts";
import type { Group } from "./groups.ts";
import { samplingOffset } from "./sampling-offset.ts";
import { noteIgnored } from "./simple.ts";
import { type IsWorse, isHigher, isLower, TopHeap } from "./top-heap.ts";

/** Steps of the deadline that it takes to look at a series, about. */
const PICK_STEPS = 10;
/** The same of a byte of its labels that is hashed. */
const HASH_STEPS = 20;

/** The series of a group that a step keeps, in the order in which an instant query shows them. */
type Pick = (group: Group, step: number) => readonly StepSeries[];

/**
 * The picked cells of each series, in the order of first picks. With delayed name removal several
 * series may have the same labels.
 */
export function pickFromGroups(groups: readonly Group[], call: AggregateCall): StepSeries[] {
  const { grid, context, plan } = call;
  const picked = new Map<StepSeries, StepColumns>();
  const pick = picker(call);
  for (const group of groups) {
    if (plan.operator === "topk" || plan.operator === "bottomk")
      for (const series of group.series) noteIgnored(series, call);
    for (let step = 0; step < grid.steps; step++) {
      context.deadline.spend(PICK_STEPS * group.series.length);
      for (const series of pick(group, step)) {
        let columns = picked.get(series);
        if (columns === undefined) {
          context.budget.take(grid.steps, seriesBytes(series.labels));
          columns = new StepColumns(grid.steps);
          picked.set(series, columns);
        }
        columns.copy(step, series);
      }
    }
  }
  return Array.from(picked, ([{ labels, dropsName }, columns]) => columns.series(labels, dropsName));
}

function picker(call: AggregateCall): Pick {
  const { plan, parameters } = call;
  switch (plan.operator) {
    case "topk":
      return (group, step) => best(group, step, Math.trunc(parameters[step]), isLower);
    case "bottomk":
      return (group, step) => best(group, step, Math.trunc(parameters[step]), isHigher);
    case "limitk":
      return heaped(call, (group, step) => firstOf(group, step, Math.trunc(parameters[step])));
    default:
      return heaped(call, ratioPicker(call));
  }
}

/**
 * `limitk` and `limit_ratio` promise no order. Prometheus returns an instant query's picks in the
 * order of a heap by value.
 */
function heaped({ grid }: AggregateCall, pick: Pick): Pick {
  if (!isInstant(grid)) return pick;
  return (group, step) => {
    const picked = pick(group, step);
    const heap = new TopHeap(Math.max(1, picked.length), isLower);
    picked.forEach((one, place) => {
      heap.add({ place, value: rankOf(one, step) });
    });
    return heap.unsorted().map(({ place }) => picked[place]);
  };
}

/** A histogram ranks as zero. */
function rankOf({ kinds, values }: StepSeries, step: number): number {
  return kinds[step] === FLOAT ? values[step] : 0;
}

function best({ series }: Group, step: number, count: number, isWorse: IsWorse): readonly StepSeries[] {
  if (count < 1) return [];
  const heap = new TopHeap(Math.min(count, series.length), isWorse);
  series.forEach(({ kinds, values }, place) => {
    if (kinds[step] === FLOAT) heap.add({ place, value: values[step] });
  });
  return heap.best().map(({ place }) => series[place]);
}

function firstOf({ series }: Group, step: number, count: number): readonly StepSeries[] {
  const picked: StepSeries[] = [];
  for (const one of series) {
    if (picked.length >= count) break;
    if (one.kinds[step] !== ABSENT) picked.push(one);
  }
  return picked;
}

/**
 * Each series has an offset in [0, 1). A ratio keeps those below it, a negative ratio those at the
 * other end.
 */
function ratioPicker({ parameters, context }: AggregateCall): Pick {
  const offsets = new Map<StepSeries, number>();
  const offsetOf = (series: StepSeries): number => {
    let offset = offsets.get(series);
    if (offset === undefined) {
      context.deadline.spend(HASH_STEPS * seriesBytes(series.labels));
      offset = samplingOffset(series.labels);
      offsets.set(series, offset);
    }
    return offset;
  };
  return ({ series }, step) => {
    const ratio = Math.max(-1, Math.min(1, parameters[step]));
    if (ratio === 0) return [];
    const isKept = (offset: number) => (ratio > 0 ? offset < ratio : offset >= 1 + ratio);
    return series.filter((one) => one.kinds[step] !== ABSENT && isKept(offsetOf(one)));
  };
}
