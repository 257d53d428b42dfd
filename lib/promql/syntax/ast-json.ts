/** The syntax tree as Prometheus' `/api/v1/parse_query` returns it. */

import type { Matcher } from "../../model/matcher.ts";
import { printFloat } from "../../number/print-float.ts";
import type { AtModifier, DurationExpr, Expr, Subquery, VectorMatching, VectorSelector } from "./ast.ts";
import { type FunctionName, factsOf } from "./functions.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export function astToJson(expr: Expr): Json {
  switch (expr.kind) {
    case "number":
      return { type: "numberLiteral", val: printFloat(expr.value) };
    case "string":
      return { type: "stringLiteral", val: expr.value.toWellFormed() };
    case "vector selector":
      return { type: "vectorSelector", ...selectorToJson(expr) };
    case "matrix selector":
      return {
        type: "matrixSelector",
        ...selectorToJson(expr.selector),
        ...durationToJson("range", expr.window),
      };
    case "subquery":
      return subqueryToJson(expr);
    case "call":
      return { type: "call", func: functionToJson(expr.function), args: expr.args.map(astToJson) };
    case "aggregation": {
      const { operator, labels, grouping, parameter } = expr;
      const param = parameter === undefined ? null : astToJson(parameter);
      const isWithout = grouping === "without";
      return {
        type: "aggregation",
        op: operator,
        expr: astToJson(expr.expr),
        param,
        grouping: labels,
        without: isWithout,
      };
    }
    case "binary": {
      const { operator, left, right, returnsBool } = expr;
      const matching = expr.matching === undefined ? null : matchingToJson(expr.matching);
      return {
        type: "binaryExpr",
        op: operator,
        lhs: astToJson(left),
        rhs: astToJson(right),
        matching,
        bool: returnsBool,
      };
    }
    case "unary":
      return { type: "unaryExpr", op: expr.operator, expr: astToJson(expr.expr) };
    case "parentheses":
      return { type: "parenExpr", expr: astToJson(expr.expr) };
  }
}

function functionToJson(name: FunctionName): Json {
  const { argTypes, variadic, returnType } = factsOf(name);
  return { name, argTypes, variadic, returnType };
}

function matchingToJson({ cardinality, labels, on, include, fillLeft, fillRight }: VectorMatching): Json {
  const fillValues = { lhs: fillToJson(fillLeft), rhs: fillToJson(fillRight) };
  return { card: cardinality, labels, on, include, fillValues };
}

/** JSON has no NaN and no infinities: they are texts. */
function fillToJson(fill: number | undefined): Json {
  if (fill === undefined) return null;
  return Number.isFinite(fill) ? fill : printFloat(fill);
}

function selectorToJson(selector: VectorSelector): Record<string, Json> {
  return {
    name: selector.name,
    matchers: selector.matchers.map(matcherToJson),
    ...durationToJson("offset", selector.offset),
    ...atToJson(selector.at),
    anchored: selector.extended === "anchored",
    smoothed: selector.extended === "smoothed",
  };
}

function matcherToJson({ name, value, type }: Matcher): Json {
  return { name: name.toWellFormed(), value: value.toWellFormed(), type };
}

function subqueryToJson({ expr, window, step, offset, at }: Subquery): Json {
  return {
    type: "subquery",
    expr: astToJson(expr),
    ...durationToJson("range", window),
    ...durationToJson("step", step),
    ...durationToJson("offset", offset),
    ...atToJson(at),
  };
}

function atToJson(at: AtModifier | undefined): Record<string, Json> {
  const timestamp = at?.kind === "time" ? at.timestampMs : null;
  return { timestamp, startOrEnd: at === undefined || at.kind === "time" ? null : at.kind };
}

/** A literal is a number of ms; everything else is a tree in a field of its own. */
function durationToJson(name: string, duration: DurationExpr | undefined): Record<string, Json> {
  const ms = duration?.kind === "duration" ? duration.ms : 0;
  const isLiteral = duration === undefined || duration.kind === "duration";
  return { [name]: ms, [`${name}Expr`]: isLiteral ? null : operandToJson(duration, false) };
}

function operandToJson(duration: DurationExpr, wrapped: boolean): Json {
  switch (duration.kind) {
    case "duration":
      return { type: "numberLiteral", val: printFloat(duration.seconds), duration: duration.isDuration };
    case "step":
    case "range":
      return { type: "durationExpr", op: duration.kind, lhs: null, rhs: null, wrapped };
    case "duration parentheses":
      return operandToJson(duration.inner, true);
    case "duration operation": {
      const [left, right] = duration.operands.map((operand) => operandToJson(operand, false));
      if (right === undefined) {
        const op = duration.operator === "negate" ? "-" : "+";
        return { type: "durationExpr", op, lhs: null, rhs: left, wrapped };
      }
      const isCall = duration.operator === "min" || duration.operator === "max";
      const op = isCall ? `${duration.operator}_of` : duration.operator;
      return { type: "durationExpr", op, lhs: left, rhs: right, wrapped };
    }
  }
}
