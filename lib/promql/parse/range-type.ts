/** The types of range queries: a value at each step, so neither strings nor range vectors. */
import { HearthError } from "../../model/errors.ts";
import type { Expr } from "../syntax/ast.ts";
import { valueTypeOf } from "../syntax/value-type.ts";

const NAMES = { string: "string", matrix: "range vector" } as const;

/** Throws "invalid". */
export function checkRangeType(expr: Expr): void {
  const type = valueTypeOf(expr);
  if (type === "scalar" || type === "vector") return;
  const reason = `invalid expression type "${NAMES[type]}" for range query`;
  throw new HearthError("invalid", `${reason}, must be Scalar or instant Vector`);
}
