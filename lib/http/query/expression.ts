/** Expressions from parameters, and the routes that only parse and print them. */
import { HearthError, isAboutText } from "../../model/errors.ts";
import type { Query } from "../../promql/engine-interface.ts";
import { parseExpr } from "../../promql/parse/parse-expr.ts";
import type { Expr } from "../../promql/syntax/ast.ts";
import { astToJson } from "../../promql/syntax/ast-json.ts";
import { printPretty } from "../../promql/syntax/print-pretty.ts";
import { answerValue } from "./answer.ts";
import type { QueryRequest } from "./request.ts";

/** The part of a request that its expression depends on. */
export interface ExpressionRequest extends Pick<QueryRequest, "parameters"> {
  readonly services: { readonly settings: QueryRequest["services"]["settings"] };
  readonly patterns?: QueryRequest["patterns"];
}

/**
 * Parses the parameter `query`. `check` throws for an expression that the route does not accept.
 */
export function queryParameter(
  { parameters, services, patterns }: ExpressionRequest,
  check?: (expr: Expr) => void,
): Query {
  const text = parameters.get("query") ?? "";
  try {
    const expr = parseExpr(text, { ...services.settings.parse, patterns });
    check?.(expr);
    return { text, expr };
  } catch (error) {
    if (!isAboutText(error)) throw error;
    throw new HearthError("invalid", `invalid parameter "query": ${error.message}`, { cause: error });
  }
}

export function answerFormattedQuery(request: QueryRequest): Response {
  return answerValue(request.c, printPretty(queryParameter(request).expr));
}

export function answerParsedQuery(request: QueryRequest): Response {
  return answerValue(request.c, astToJson(queryParameter(request).expr));
}
