/**
 * Cross-origin requests, as Prometheus takes them by default: pages of any origin may call the API. They send a key in
 * `Authorization`; there are no cookies that a page could use without knowing it.
 */
import type { MiddlewareHandler } from "hono";

const API = /^\/api\//;

const HEADERS: Readonly<Record<string, string>> = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers":
    "Accept, Authorization, Content-Type, Origin, X-Prometheus-Use-Start-Timestamps, X-Scope-OrgID",
  "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
  "Access-Control-Expose-Headers": "Date, X-Hearth-Read-Units",
};

/** Answers OPTIONS below `/api/`, which needs no key, and tells browsers who may read a response. */
export const cors: MiddlewareHandler = async (c, next) => {
  if (!API.test(c.req.path)) return next();
  if (c.req.method === "OPTIONS") c.res = new Response(null, { status: 204 });
  else await next();
  if (c.req.header("Origin") === undefined) return;
  for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
  c.res.headers.append("Vary", "Origin");
};
