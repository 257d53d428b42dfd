/** `label_replace` and `label_join`, which change labels alone. */

import { errorKind } from "../../model/errors.ts";
import { labelValue, METRIC_NAME } from "../../model/labels.ts";
import type { Captures } from "../../model/regexp/patterns.ts";
import { shorten } from "../../model/shorten.ts";
import { mergeSameLabels } from "../runtime/collect-series.ts";
import { executionError } from "../runtime/context.ts";
import { isLabelName, setLabel } from "../runtime/series-labels.ts";
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
    return captures === undefined ? one : relabelled(one, target, expand(replacement, captures));
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
function relabelled(series: StepSeries, name: string, value: string): StepSeries {
  const dropsName = name !== METRIC_NAME && series.dropsName;
  return { ...series, labels: setLabel(series.labels, name, value), dropsName };
}

/**
 * `$1`, `$name`, `${name}`, and `$$` for a dollar. A missing group is empty.
 * https://pkg.go.dev/regexp#Regexp.Expand
 */
function expand(template: string, captures: Captures): string {
  return template.replace(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_, dollar, name, braced) => {
    if (dollar !== undefined) return "$";
    const group: string = name ?? braced;
    return (/^[0-9]+$/.test(group) ? captures.byIndex(Number(group)) : captures.byName(group)) ?? "";
  });
}

function labelJoin(call: FunctionCall): ReturnType<VectorFunction> {
  const [target, separator, ...sources] = call.plan.args.slice(1).map((_, index) => textArg(call, index + 1));
  for (const source of sources) checkName(source, "source label name in label_join()");
  checkName(target, "destination label name in label_join()");
  const series = vectorArg(call, 0).map((one) => {
    const joined = sources.map((source) => labelValue(one.labels, source)).join(separator);
    return relabelled(one, target, joined);
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
