/** The functions of PromQL and their types, as of Prometheus 3.16. https://prometheus.io/docs/prometheus/latest/querying/functions/ */
import type { ValueType } from "./ast.ts";

export interface Signature {
  readonly name: string;
  readonly argTypes: readonly ValueType[];
  /**
   * How often the last argument may be repeated or left away: 0 never, n > 0 from none up to n times, -1 from none to any
   * number of times.
   */
  readonly variadic: number;
  readonly returnType: ValueType;
  readonly isExperimental: boolean;
}

interface Extras {
  readonly variadic?: number;
  readonly returns?: ValueType;
  readonly isExperimental?: boolean;
}

const EXPERIMENTAL: Extras = { isExperimental: true };
const EXPERIMENTAL_SCALAR: Extras = { isExperimental: true, returns: "scalar" };

const table = new Map<string, Signature>();

function define(names: string, argTypes: readonly ValueType[], extras: Extras = {}): void {
  const { variadic = 0, returns: returnType = "vector", isExperimental = false } = extras;
  for (const name of names.split(" "))
    table.set(name, { name, argTypes, variadic, returnType, isExperimental });
}

define("abs absent ceil exp floor ln log10 log2 scalar sgn sort sort_desc sqrt timestamp", ["vector"]);
define("acos acosh asin asinh atan atanh cos cosh deg rad sin sinh tan tanh", ["vector"]);
define("scalar", ["vector"], { returns: "scalar" });
define("days_in_month day_of_month day_of_week day_of_year hour minute month year", ["vector"], {
  variadic: 1,
});
define("start_timestamp", ["vector"], EXPERIMENTAL);
define("clamp", ["vector", "scalar", "scalar"]);
define("clamp_max clamp_min", ["vector", "scalar"]);
define("round", ["vector", "scalar"], { variadic: 1 });
define("label_replace", ["vector", "string", "string", "string", "string"]);
define("label_join", ["vector", "string", "string", "string"], { variadic: -1 });
define("sort_by_label sort_by_label_desc", ["vector", "string"], { variadic: -1, isExperimental: true });
define("info", ["vector", "vector"], { variadic: 1, isExperimental: true });
define("vector", ["scalar"]);

define("absent_over_time avg_over_time count_over_time first_over_time last_over_time", ["matrix"]);
define("max_over_time min_over_time present_over_time stddev_over_time stdvar_over_time", ["matrix"]);
define("sum_over_time", ["matrix"]);
define("changes delta deriv idelta increase irate rate resets", ["matrix"]);
define("mad_over_time ts_of_first_over_time ts_of_last_over_time", ["matrix"], EXPERIMENTAL);
define("ts_of_max_over_time ts_of_min_over_time", ["matrix"], EXPERIMENTAL);
define("predict_linear", ["matrix", "scalar"]);
define("integral", ["matrix", "scalar"], { variadic: 1, isExperimental: true });
define("quantile_over_time", ["scalar", "matrix"]);
define("double_exponential_smoothing", ["matrix", "scalar", "scalar"], EXPERIMENTAL);

define("histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar", ["vector"]);
define("histogram_fraction", ["scalar", "scalar", "vector"]);
define("histogram_quantile", ["scalar", "vector"]);
define("histogram_quantiles", ["vector", "string", "scalar", "scalar"], {
  variadic: 9,
  isExperimental: true,
});

define("pi time", [], { returns: "scalar" });
define("start end step range", [], EXPERIMENTAL_SCALAR);
define("min_of max_of", ["scalar", "scalar"], EXPERIMENTAL_SCALAR);

/** By name. */
export const SIGNATURES: ReadonlyMap<string, Signature> = table;
