/** What differs between two answers to a part of a query, float by float, and the operands that each was made of. */
import type { Expr } from "../../../lib/promql/syntax/ast.ts";
import { childrenOf } from "../../../lib/promql/syntax/children.ts";
import { type Answer, differenceOf } from "../answer.ts";
import type { DifferingPart } from "../queries/parts.ts";
import { type FloatPair, isSameFloat, pairFloats } from "./paired-floats.ts";

/** How far two floats may be apart, of the larger of both. */
export const TOLERANCE = 1e-9;

export const isSame = (a: number, b: number) => isSameFloat(a, b, TOLERANCE);

/** What the operands of a part were at the time of a pair. */
type Explains = (pair: FloatPair, operands: readonly (readonly FloatPair[])[]) => boolean;

/** Those that are not the same; none when anything else differs too. */
export function differingFloats(ours: Answer, theirs: Answer): readonly FloatPair[] {
  const hasSameNotes = isSameAnswer({ ...ours, data: theirs.data! }, theirs);
  const pairs = hasSameNotes ? pairFloats(ours, theirs) : undefined;
  return (pairs ?? []).filter((pair) => !isSame(pair.ours, pair.theirs));
}

/** Whether floats are all that differs, and each of them is explained. */
export function everyDifference({ expr, inner, ours, theirs }: DifferingPart, explains: Explains): boolean {
  const differing = differingFloats(ours, theirs);
  const operands = operandsOf(expr, inner);
  if (differing.length === 0 || operands === undefined) return false;
  return differing.every((pair) =>
    explains(
      pair,
      operands.map((all) => all.filter(({ time }) => Number.isNaN(time) || time === pair.time)),
    ),
  );
}

/** Of every argument its values; those of a number have no time. */
function operandsOf(
  expr: Expr,
  inner: DifferingPart["inner"],
): readonly (readonly FloatPair[])[] | undefined {
  const operands: (readonly FloatPair[])[] = [];
  let next = 0;
  for (const child of childrenOf(expr)) {
    const bare = withoutParentheses(child);
    if (bare.kind === "string") continue;
    const value = numberOf(bare);
    if (value !== undefined) {
      operands.push([{ time: Number.NaN, ours: value, theirs: value, labels: {} }]);
      continue;
    }
    const asked = inner[next++];
    const pairs = asked && pairFloats(asked.ours, asked.theirs);
    if (pairs === undefined) return undefined;
    operands.push(pairs);
  }
  return operands;
}

function withoutParentheses(expr: Expr): Expr {
  return expr.kind === "parentheses" ? withoutParentheses(expr.expr) : expr;
}

export function numberOf(expr: Expr): number | undefined {
  return expr.kind === "number" ? expr.value : undefined;
}

export function isSameAnswer(ours: Answer, theirs: Answer): boolean {
  return differenceOf(ours, theirs, { isOrdered: false, tolerance: TOLERANCE }) === undefined;
}
