/** A plan as a tree of texts, for `explain`. */
import { printFloat } from "../../number/print-float.ts";
import { printDuration } from "../syntax/duration-text.ts";
import { printAggregationHead, printMatchers, printOperator, printTimestamp } from "../syntax/print.ts";
import { quote } from "../syntax/quote.ts";
import type { TimeReference } from "./grid.ts";
import { type Plan, plansIn, type SelectPlan } from "./plan.ts";

export interface DescribedPlan {
  readonly kind: Plan["kind"];
  readonly text: string;
  readonly children: readonly DescribedPlan[];
}

export function describePlan(plan: Plan): DescribedPlan {
  return { kind: plan.kind, text: textOf(plan), children: plansIn(plan).map(describePlan) };
}

/** Levels that are indented: deeper ones would take more for their spaces than for their text. */
const MAX_INDENTED_LEVELS = 40;

/** One line per node, children indented by two spaces. */
export function printPlan(plan: DescribedPlan, indent = ""): string[] {
  const lines: string[] = [];
  const print = ({ text, children }: DescribedPlan, level: number): void => {
    lines.push(indent + "  ".repeat(Math.min(level, MAX_INDENTED_LEVELS)) + text);
    for (const child of children) print(child, level + 1);
  };
  print(plan, 0);
  return lines;
}

function textOf(plan: Plan): string {
  switch (plan.kind) {
    case "constant":
      return printFloat(plan.value);
    case "text":
      return quote(plan.value);
    case "select":
      return `select ${printSelect(plan)}`;
    case "window":
      return `window [${printDuration(plan.windowMs)}]`;
    case "subquery": {
      const window = `[${printDuration(plan.windowMs)}:${printDuration(plan.intervalMs)}]`;
      return `subquery ${window}${printReference(plan)}`;
    }
    case "call":
      return `${plan.name}()`;
    case "info":
      return "info()";
    case "aggregate":
      return printAggregationHead(plan).trimEnd();
    case "binary":
      return printOperator(plan);
    case "negate":
      return "-";
    case "once":
      return "once for all steps";
  }
}

function printSelect(plan: SelectPlan): string {
  const extended = plan.extended === undefined ? "" : ` ${plan.extended}`;
  const buckets = plan.skipsBuckets ? ", without buckets" : "";
  return `${printMatchers(plan.matchers)}${extended}${printReference(plan)}${buckets}`;
}

function printReference({ atMs, offsetMs }: TimeReference): string {
  const at = atMs === undefined ? "" : ` @ ${printTimestamp(atMs)}`;
  return at + (offsetMs === 0 ? "" : ` offset ${printDuration(offsetMs)}`);
}
