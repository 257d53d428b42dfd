/** Who signed a request, by the event of API Gateway. */
import type { APIGatewayProxyEvent, LambdaFunctionURLEvent } from "aws-lambda";
import { IAM_PREFIX } from "../lib/http/request-path.ts";

/**
 * The ARN of the IAM principal whose signature API Gateway has verified. It fills `userArn` for methods
 * with AWS_IAM alone; nothing that a client sends gets into `requestContext.identity`.
 * A function URL verifies nobody, whatever the path.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
 */
export function callerOf(env: unknown): string | undefined {
  const { requestContext } = (env as { readonly event: APIGatewayProxyEvent | LambdaFunctionURLEvent }).event;
  if (!("resourcePath" in requestContext)) return undefined;
  const isVerified = requestContext.resourcePath.startsWith(`${IAM_PREFIX}/`);
  return isVerified ? (requestContext.identity.userArn ?? undefined) : undefined;
}
