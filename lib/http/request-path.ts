/** The path of a request as the routes know it. */
import { getPath } from "hono/utils/url";

export function requestPath(request: Request): string {
  return tidyPath(getPath(request));
}

/**
 * Without doubled slashes and a slash at the end: a base URL with a slash at its end gives `//api/v1/write`. Prometheus
 * redirects such requests, and many senders follow no redirect of a POST.
 */
export function tidyPath(path: string): string {
  return path.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
}
