/** `/openapi.yaml`. */
import { answerPieces } from "../query/answer.ts";
import type { QueryRequest } from "../query/request.ts";
import { printOpenApi } from "./document.ts";

export function answerOpenApi({ c }: Pick<QueryRequest, "c">): Response {
  return answerPieces(c, [printOpenApi()], "application/yaml; charset=utf-8");
}
