/** Whether a query needs the buckets of native histograms that a selector reads. */
import type { BinaryOperator, Expr } from "../syntax/ast.ts";
import { factsOf } from "../syntax/functions.ts";

/** "unknown" until an expression decides; inside one that needs buckets everything needs them. */
export type BucketUse = "unknown" | "ignored" | "read";

/** Equal histograms have equal buckets. */
const BUCKET_OPERATORS: ReadonlySet<BinaryOperator> = new Set(["</", ">/", "==", "!="]);

/** The use inside an expression, from the use of the expression itself. */
export function bucketUseIn(expr: Expr, use: BucketUse): BucketUse {
  if (use === "read") return use;
  // A subquery skips the samples between its steps, so only buckets can show a reset.
  if (expr.kind === "subquery") return "read";
  if (expr.kind === "binary" && BUCKET_OPERATORS.has(expr.operator)) return "read";
  if (expr.kind === "aggregation" && expr.operator === "count_values") return "read";
  if (expr.kind !== "call") return use;
  const { buckets } = factsOf(expr.function);
  return buckets === "as around" ? use : buckets;
}
