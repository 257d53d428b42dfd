/** The path of a request as the routes know it. */
import { getPath } from "hono/utils/url";

/**
 * Before a route's path: the request is signed with an IAM identity (SigV4), which API Gateway has
 * verified, and has no access key.
 */
export const IAM_PREFIX = "/iam";

export function requestPath(request: Request): string {
  const path = tidyPath(getPath(request));
  return isBelowIam(path) ? path.slice(IAM_PREFIX.length) : path;
}

export function isIamRequest(request: Request): boolean {
  return isBelowIam(tidyPath(getPath(request)));
}

function isBelowIam(path: string): boolean {
  return path.startsWith(`${IAM_PREFIX}/`);
}

/**
 * Without doubled slashes and a slash at the end: a base URL with a slash at its end gives `//api/v1/write`. Prometheus
 * redirects such requests, and many senders follow no redirect of a POST.
 */
export function tidyPath(path: string): string {
  if (!path.includes("//") && !path.endsWith("/")) return path;
  return path.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
}
