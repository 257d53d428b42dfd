/** Functions that sort an instant vector. Range queries are always sorted by labels. */
import { compareBytewise, compareLabelSets, labelValue } from "../../model/labels.ts";
import { isInstant } from "../plan/grid.ts";
import { sortInRangeQuery } from "../runtime/annotation-texts.ts";
import { annotate } from "../runtime/context.ts";
import { FLOAT, isPopulated, type StepSeries, vectorOf } from "../runtime/value.ts";
import {
  type FunctionCall,
  textArg,
  type VectorFunction,
  type VectorFunctions,
  vectorArg,
} from "./function-call.ts";

/** Steps of the deadline that it takes to compare two series, and each character of their labels, about. */
const COMPARISON_STEPS = 50;
const CHARACTER_STEPS = 10;

type Sort = (series: readonly StepSeries[]) => readonly StepSeries[];

/** By value. Histograms are omitted; NaN comes last in both orders. */
function byValue(sign: 1 | -1): VectorFunction {
  return (call) => {
    const floats = vectorArg(call, 0).map(floatsOf).filter(isPopulated);
    return sorted(call, floats, (series) => {
      const isNone = ({ values }: StepSeries) => Number.isNaN(values[0]);
      const numbers = series.filter((one) => !isNone(one));
      // In Prometheus every NaN precedes every other: the last one ends up first.
      return [
        ...numbers.sort((a, b) => sign * compareNumbers(a.values[0], b.values[0])),
        ...series.filter(isNone).reverse(),
      ];
    });
  };
}

function floatsOf(series: StepSeries): StepSeries {
  if (series.histograms === undefined) return series;
  const kinds = series.kinds.map((kind) => (kind === FLOAT ? FLOAT : 0));
  return { ...series, kinds, histograms: undefined };
}

function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function byLabels(sign: 1 | -1): VectorFunction {
  return (call) => {
    const names = call.plan.args.slice(1).map((_, index) => textArg(call, index + 1));
    return sorted(call, vectorArg(call, 0), (series) =>
      series.toSorted((a, b) => sign * compareByLabels(call, a, b, names)),
    );
  };
}

function compareByLabels(
  { context }: FunctionCall,
  a: StepSeries,
  b: StepSeries,
  names: readonly string[],
): number {
  context.deadline.spend(COMPARISON_STEPS * (1 + names.length));
  for (const name of names) {
    const [x, y] = [labelValue(a.labels, name), labelValue(b.labels, name)];
    context.deadline.spend(CHARACTER_STEPS * (x.length + y.length));
    if (x !== y) return comesFirst(x, y) ? -1 : 1;
  }
  return compareLabelSets(a.labels, b.labels);
}

/**
 * Natural order: runs of digits compare as numbers, or as texts if an int64 is too small, as in
 * Prometheus.
 */
function comesFirst(a: string, b: string): boolean {
  const [chunksA, chunksB] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? [""]);
  for (let i = 0; i < chunksA.length; i++) {
    if (i >= chunksB.length) return false;
    const order = compareChunks(chunksA[i], chunksB[i]);
    if (order !== 0) return order < 0;
    if (i === chunksA.length - 1) return true;
  }
  return false;
}

function compareChunks(a: string, b: string): number {
  const [x, y] = [int64Of(a), int64Of(b)];
  if (x === undefined || y === undefined) return compareBytewise(a, b);
  return x === y ? 0 : x < y ? -1 : 1;
}

const MAX_INT64 = 2n ** 63n - 1n;

/** Undefined unless the text is digits that fit an int64. */
function int64Of(chunk: string): bigint | undefined {
  const digits = /^0*(\d{1,19})$/.exec(chunk)?.[1];
  const value = digits === undefined ? undefined : BigInt(digits);
  return value !== undefined && value <= MAX_INT64 ? value : undefined;
}

function sorted(call: FunctionCall, series: readonly StepSeries[], sort: Sort) {
  if (isInstant(call.grid)) return vectorOf(sort(series));
  annotate(call.context, sortInRangeQuery(call.plan.range));
  return vectorOf(series);
}

export const SORT_FUNCTIONS = {
  sort: byValue(1),
  sort_desc: byValue(-1),
  sort_by_label: byLabels(1),
  sort_by_label_desc: byLabels(-1),
} satisfies VectorFunctions;
