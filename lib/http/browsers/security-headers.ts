/**
 * Headers of every response that keep browsers from guessing a type, storing data, or asking for a login that pages of
 * other sites could use.
 */
import type { Context, MiddlewareHandler } from "hono";

export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  const { headers } = c.res;
  headers.set("X-Content-Type-Options", "nosniff");
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
  // A browser would open its own login window and then send the key with requests of any site.
  if (c.res.status === 401 && isFromBrowser(c)) headers.delete("WWW-Authenticate");
};

/** Browsers say so in one of these; senders, Grafana's server and promtool in none. */
export function isFromBrowser({ req }: Context): boolean {
  return (
    req.header("Sec-Fetch-Mode") !== undefined ||
    req.header("Origin") !== undefined ||
    (req.header("User-Agent") ?? "").startsWith("Mozilla/")
  );
}
