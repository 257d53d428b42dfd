/** A binary operator between two samples, each a float or a histogram. */
import {
  compactHistogram,
  divideHistogram,
  equalHistograms,
  multiplyHistogram,
  withHint,
} from "../../histogram/float-histogram.ts";
import { addHistograms, subtractHistograms } from "../../histogram/pair.ts";
import { trimHistogram } from "../../histogram/trim.ts";
import type { Histogram } from "../../model/histogram.ts";
import type { BinaryPlan } from "../plan/plan.ts";
import {
  conflictingResets,
  incompatibleBuckets,
  incompatibleTypes,
  reconciledBounds,
} from "../runtime/annotation-texts.ts";
import type { Annotation } from "../runtime/annotations.ts";
import { calculator, comparator, isArithmetic, isComparison } from "./arithmetic.ts";

/** Takes the annotations of two samples. */
export type Note = (annotation: Annotation) => void;

/** A sample: the histogram if there is one, else the float. */
export type Cell = number | Histogram;

/**
 * The result of an operator. `isKept` is the result of a comparison: without `bool` a cell that is
 * not kept is omitted, with `bool` it is 0. Undefined means incompatible operands, which an
 * annotation reports.
 */
export type CombineCells = (left: Cell, right: Cell) => CombinedCell | undefined;

export interface CombinedCell {
  readonly value: Cell;
  readonly isKept: boolean;
}

/** Between floats, which need no annotation and no histogram; for loops over columns. */
export interface FloatOperator {
  readonly calculate: ((a: number, b: number) => number) | undefined;
  readonly compare: ((a: number, b: number) => boolean) | undefined;
}

export function floatOperator({ operator }: Pick<BinaryPlan, "operator">): FloatOperator {
  return {
    calculate: isArithmetic(operator) ? calculator(operator) : undefined,
    compare: isComparison(operator) ? comparator(operator) : undefined,
  };
}

export function cellCombiner(plan: BinaryPlan, note: Note): CombineCells {
  const { calculate, compare } = floatOperator(plan);
  return (left, right) => {
    if (typeof left === "number" && typeof right === "number") {
      if (calculate !== undefined) return kept(calculate(left, right));
      if (compare !== undefined) return { value: left, isKept: compare(left, right) };
    } else if (typeof left === "number") {
      if (plan.operator === "*") return kept(compactHistogram(multiplyHistogram(right as Histogram, left)));
    } else if (typeof right === "number") {
      const result = histogramWithNumber(plan, left, right);
      if (result !== undefined) return kept(result);
    } else return twoHistograms(plan, left, right, note);
    return refuse(plan, left, right, note);
  };
}

function kept(value: Cell): CombinedCell {
  return { value, isKept: true };
}

function refuse(plan: BinaryPlan, left: Cell, right: Cell, note: Note): undefined {
  const [leftType, rightType] = [left, right].map((cell) =>
    typeof cell === "number" ? "float" : "histogram",
  );
  note(incompatibleTypes(plan.range, leftType, plan.operator, rightType));
  return undefined;
}

function histogramWithNumber(
  { operator }: BinaryPlan,
  left: Histogram,
  right: number,
): Histogram | undefined {
  switch (operator) {
    case "*":
      return compactHistogram(multiplyHistogram(left, right));
    case "/":
      return compactHistogram(divideHistogram(left, right));
    case "</":
      return trimHistogram(left, right, "below");
    case ">/":
      return trimHistogram(left, right, "above");
    default:
      return undefined;
  }
}

function twoHistograms(
  plan: BinaryPlan,
  left: Histogram,
  right: Histogram,
  note: Note,
): CombinedCell | undefined {
  switch (plan.operator) {
    case "==":
      return { value: left, isKept: equalHistograms(left, right) };
    case "!=":
      return { value: left, isKept: !equalHistograms(left, right) };
    case "+":
    case "-":
      return addOrSubtract(plan, left, right, note);
    default:
      return refuse(plan, left, right, note);
  }
}

function addOrSubtract(
  { operator, range }: BinaryPlan,
  left: Histogram,
  right: Histogram,
  note: Note,
): CombinedCell | undefined {
  const combination = operator === "+" ? addHistograms(left, right) : subtractHistograms(left, right);
  if (combination === undefined) {
    note(incompatibleBuckets(range, operator));
    return undefined;
  }
  const operation = operator === "+" ? "addition" : "subtraction";
  if (combination.counterResetCollision) {
    note(conflictingResets(range, operation));
    return undefined;
  }
  if (combination.boundsReconciled) note(reconciledBounds(range, operation));
  const histogram = compactHistogram(combination.histogram);
  return kept(operator === "-" ? withHint(histogram, "gauge") : histogram);
}
