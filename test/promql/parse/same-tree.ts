/** Comparing syntax trees. */
import type { Expr } from "../../../lib/promql/syntax/ast.ts";

/** A tree without its places in the text; matchers have no order, and are as they are written. */
export function plainTree(expr: Expr): unknown {
  return plain(expr);
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "range");
  return Object.fromEntries(
    entries.map(([key, child]) => [key, key === "matchers" ? matchers(child) : plain(child)]),
  );
}

function matchers(list: readonly { name: string; type: string; value: string }[]): string[] {
  return list.map(({ name, type, value }) => `${name}${type}${JSON.stringify(value)}`).sort();
}
