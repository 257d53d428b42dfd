/** Whether the buckets of native histograms matter to what a selector is for. */
import type { BinaryOperator, Expr } from "../syntax/ast.ts";

/** "unknown": nothing around it says that they do not; "used" cannot change any more on the way in. */
export type BucketUse = "unknown" | "unused" | "used";

/** Those that look at counts and sums, and those that look at no value at all. */
const COUNT_FUNCTIONS = new Set([
  "histogram_count",
  "histogram_sum",
  "histogram_avg",
  "timestamp",
  "start_timestamp",
  "absent",
]);

const BUCKET_FUNCTIONS = new Set([
  "changes",
  "histogram_quantile",
  "histogram_quantiles",
  "histogram_fraction",
  "histogram_stddev",
  "histogram_stdvar",
]);

/** Equal histograms have equal buckets. */
const BUCKET_OPERATORS: ReadonlySet<BinaryOperator> = new Set(["</", ">/", "==", "!="]);

/** For what stands inside of an expression, from the use of that expression itself. */
export function bucketUseIn(expr: Expr, use: BucketUse): BucketUse {
  if (use === "used") return use;
  // A subquery loses the samples between its steps: resets can be told by buckets alone.
  if (expr.kind === "subquery") return "used";
  if (expr.kind === "binary" && BUCKET_OPERATORS.has(expr.operator)) return "used";
  if (expr.kind === "aggregation" && expr.operator === "count_values") return "used";
  if (expr.kind !== "call") return use;
  if (BUCKET_FUNCTIONS.has(expr.function)) return "used";
  return COUNT_FUNCTIONS.has(expr.function) ? "unused" : use;
}
