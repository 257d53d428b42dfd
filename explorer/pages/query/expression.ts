/** What an expression is made of, by the editor's own parser. */

import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

export interface Selector {
  /** As it is written, without range, offset and @. */
  readonly text: string;
  /** "" for a selector without a metric's name. */
  readonly metric: string;
}

/** The selectors of vectors, each text once, in order. */
export function selectorsOf(expr: string): Selector[] {
  const found = new Map<string, Selector>();
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.name !== "VectorSelector") return;
      const text = expr.slice(node.from, node.to);
      const name = node.node.getChild("Identifier");
      found.set(text, { text, metric: name ? expr.slice(name.from, name.to) : quotedName(expr, node.node) });
      return false;
    },
  });
  return [...found.values()];
}

/** `{"my.metric"}`. */
function quotedName(expr: string, selector: SyntaxNode): string {
  const matchers = selector.getChild("LabelMatchers");
  const quoted = matchers?.getChild("QuotedLabelName");
  if (!quoted) return "";
  try {
    return JSON.parse(expr.slice(quoted.from, quoted.to));
  } catch {
    return "";
  }
}

/** Names of the metrics, each once. */
export function metricsOf(expr: string): string[] {
  return [...new Set(selectorsOf(expr).map(({ metric }) => metric))].filter((name) => name !== "");
}

export interface ExprNode {
  readonly text: string;
  /** What it does: `sum by (job)`, `rate`, `+`, or the selector. */
  readonly title: string;
  readonly children: readonly ExprNode[];
  /** Whether it is a range vector, which has no value at a step by itself. */
  readonly isRange: boolean;
}

const EXPRESSIONS = new Set([
  "AggregateExpr",
  "BinaryExpr",
  "FunctionCall",
  "MatrixSelector",
  "NumberDurationLiteral",
  "OffsetExpr",
  "ParenExpr",
  "StringLiteral",
  "SubqueryExpr",
  "StepInvariantExpr",
  "UnaryExpr",
  "VectorSelector",
]);

/** The expressions in an expression, as a tree; undefined for a text that is none. */
export function exprTree(expr: string): ExprNode | undefined {
  const tree = parser.parse(expr);
  let isBroken = false;
  tree.iterate({
    enter: (node) => {
      isBroken ||= node.type.isError;
    },
  });
  const top = isBroken ? [] : childrenOf(tree.topNode);
  return top.length === 1 ? toNode(expr, top[0]) : undefined;
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (EXPRESSIONS.has(child.name)) found.push(child);
    else if (!/^(GroupingLabels|LabelMatchers|BoolModifier|MatchingModifierClause)$/.test(child.name))
      found.push(...childrenOf(child));
  }
  return found;
}

function toNode(expr: string, node: SyntaxNode): ExprNode {
  // Parentheses do nothing by themselves.
  const inner = childrenOf(node);
  if (node.name === "ParenExpr" && inner.length === 1) return toNode(expr, inner[0]);
  const text = expr.slice(node.from, node.to);
  const children = isSelector(node)
    ? []
    : inner.filter(({ name }) => !/Literal$/.test(name)).map((one) => toNode(expr, one));
  return { text, title: titleOf(expr, node, text), children, isRange: isRange(node) };
}

const MODIFIED = /^(OffsetExpr|StepInvariantExpr)$/;

/** With its range, offset and @: they are one step. */
function isSelector(node: SyntaxNode): boolean {
  if (MODIFIED.test(node.name)) return childrenOf(node).slice(0, 1).every(isSelector);
  return node.name === "VectorSelector" || node.name === "MatrixSelector";
}

function isRange(node: SyntaxNode): boolean {
  if (MODIFIED.test(node.name)) return childrenOf(node).slice(0, 1).some(isRange);
  return node.name === "MatrixSelector" || node.name === "SubqueryExpr";
}

function titleOf(expr: string, node: SyntaxNode, text: string): string {
  switch (node.name) {
    case "AggregateExpr": {
      const modifier = node.getChild("AggregateModifier");
      const op = node.getChild("AggregateOp");
      const name = op ? expr.slice(op.from, op.to) : "aggregate";
      return modifier ? `${name} ${expr.slice(modifier.from, modifier.to)}` : name;
    }
    case "FunctionCall":
      return `${text.slice(0, text.indexOf("(")).trim()}()`;
    case "BinaryExpr": {
      const [left, right] = childrenOf(node);
      return left && right ? expr.slice(left.to, right.from).trim() : text;
    }
    case "UnaryExpr":
      return text[0];
    default:
      return text;
  }
}

export interface EqualMatcher {
  readonly label: string;
  readonly value: string;
}

/** The matchers of a selector that ask for one value. */
export function matchersOf(selector: string): EqualMatcher[] {
  const found: EqualMatcher[] = [];
  parser.parse(selector).iterate({
    enter: ({ name, node }) => {
      if (name !== "UnquotedLabelMatcher" && name !== "QuotedLabelMatcher") return;
      const label = node.getChild("LabelName") ?? node.getChild("QuotedLabelName");
      const value = node.getChild("StringLiteral");
      if (!label || !value || !node.getChild("MatchOp")?.getChild("EqlSingle")) return;
      const text = selector.slice(label.from, label.to);
      found.push({ label: unquote(text), value: unquote(selector.slice(value.from, value.to)) });
    },
  });
  return found;
}

/** Of a text as PromQL quotes it; as it stands if it is not quoted or its escapes are not JSON's. */
function unquote(text: string): string {
  if (!/^(".*"|'.*'|`.*`)$/s.test(text)) return text;
  const inner = text.slice(1, -1);
  if (text[0] === "`") return inner;
  try {
    return JSON.parse(text[0] === '"' ? text : `"${inner.replaceAll("\\'", "'").replaceAll('"', '\\"')}"`);
  } catch {
    return inner;
  }
}
