/** Errors of an execution, with their place: `template: NAME:LINE:COLUMN: executing "NAME" at <NODE>: …`. */
import { printNode } from "../syntax/nodes.ts";
import type { ParsedTemplate } from "../syntax/parser.ts";
import { quote } from "../text/quote.ts";
import type { Scope } from "./scope.ts";

export class TemplateExecutionError extends Error {}

export function executionError(
  { name, text }: ParsedTemplate,
  { template, at }: Scope,
  message: string,
): TemplateExecutionError {
  if (at === undefined) return new TemplateExecutionError(`template: ${template}: ${message}`);
  const before = text.slice(0, at.start);
  const line = before.split("\n").length;
  const column = at.start - (before.lastIndexOf("\n") + 1);
  const place = `${name}:${line}:${column}: executing ${quote(template)} at <${printNode(at)}>`;
  return new TemplateExecutionError(`template: ${place}: ${message}`);
}
