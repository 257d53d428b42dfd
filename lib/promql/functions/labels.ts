/** `label_replace` and `label_join`, which change labels alone. */

import { errorKind } from "../../model/errors.ts";
import { labelValue, METRIC_NAME } from "../../model/labels.ts";
import type { Captures } from "../../model/regexp/patterns.ts";
import { shorten } from "../../model/shorten.ts";
import { seriesBytes } from "../runtime/budget.ts";
import { mergeSameLabels } from "../runtime/collect-series.ts";
import { executionError } from "../runtime/context.ts";
import { checkValueLength, setLimitedLabel } from "../runtime/label-limits.ts";
import { isLabelName } from "../runtime/series-labels.ts";
import { type StepSeries, vectorOf } from "../runtime/value.ts";
import {
  type FunctionCall,
  textArg,
  type VectorFunction,
  type VectorFunctions,
  vectorArg,
} from "./function-call.ts";

function labelReplace(call: FunctionCall): ReturnType<VectorFunction> {
  const [target, replacement, source, pattern] = [1, 2, 3, 4].map((index) => textArg(call, index));
  const match = capturePattern(call, pattern);
  checkName(target, "destination label name in label_replace()");
  const series = vectorArg(call, 0).map((one) => {
    const captures = match(labelValue(one.labels, source));
    if (captures === undefined) return one;
    return relabelled(call, one, target, expand(replacement, captures, target));
  });
  return vectorOf(mergeSameLabels(series));
}

function capturePattern({ context }: FunctionCall, pattern: string): (value: string) => Captures | undefined {
  try {
    return context.patterns.captures(pattern);
  } catch (error) {
    if (errorKind(error) !== "invalid") throw error;
    throw executionError(`invalid regular expression in label_replace(): ${shorten(pattern)}`);
  }
}

/** A name that is set is not dropped later. */
function relabelled(
  { plan, context }: FunctionCall,
  series: StepSeries,
  name: string,
  value: string,
): StepSeries {
  const dropsName = name !== METRIC_NAME && series.dropsName;
  const labels = setLimitedLabel(series.labels, name, value, `${plan.name}()`);
  context.budget.take(0, seriesBytes(labels));
  return { ...series, labels, dropsName };
}

/**
 * `$1`, `$name`, `${name}`, and `$$` for a dollar. A missing group is empty.
 * https://pkg.go.dev/regexp#Regexp.Expand
 */
function expand(template: string, captures: Captures, target: string): string {
  let length = template.length;
  checkValueLength(length, target, "label_replace()");
  return template.replace(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_, dollar, name, braced) => {
    if (dollar !== undefined) return "$";
    const group: string = name ?? braced;
    const text = (/^[0-9]+$/.test(group) ? captures.byIndex(Number(group)) : captures.byName(group)) ?? "";
    length += text.length;
    // The references themselves are not in the result.
    checkValueLength(length - template.length, target, "label_replace()");
    return text;
  });
}

function labelJoin(call: FunctionCall): ReturnType<VectorFunction> {
  const [target, separator, ...sources] = call.plan.args.slice(1).map((_, index) => textArg(call, index + 1));
  for (const source of sources) checkName(source, "source label name in label_join()");
  checkName(target, "destination label name in label_join()");
  const series = vectorArg(call, 0).map((one) => {
    const values = sources.map((source) => labelValue(one.labels, source));
    const length = values.reduce((sum, value) => sum + value.length, separator.length * (values.length - 1));
    checkValueLength(length, target, "label_join()");
    return relabelled(call, one, target, values.join(separator));
  });
  return vectorOf(mergeSameLabels(series));
}

function checkName(name: string, what: string): void {
  if (!isLabelName(name)) throw executionError(`invalid ${what}: ${shorten(name)}`);
}

export const LABEL_FUNCTIONS = {
  label_join: labelJoin,
  label_replace: labelReplace,
} satisfies VectorFunctions;
