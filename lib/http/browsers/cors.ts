/**
 * Cross-origin requests, as Prometheus takes them: pages of any origin may call the API unless a setting names the origins.
 * They send a key in `Authorization`; there are no cookies that a page could use without knowing it.
 */
import type { MiddlewareHandler } from "hono";
import type { Predicate } from "../../model/regexp/patterns.ts";
import { MAX_MESSAGE_CHARACTERS } from "../../model/shorten.ts";

const API = /^\/api\//;

const HEADERS: Readonly<Record<string, string>> = {
  "Access-Control-Allow-Headers":
    "Accept, Authorization, Content-Type, Origin, X-Prometheus-Use-Start-Timestamps, X-Scope-OrgID",
  "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
  "Access-Control-Expose-Headers": "Date, X-Hearth-Read-Units",
};

/** Whether pages of an origin may call the API; undefined: pages of any. */
export type CorsOrigin = Predicate | undefined;

/** Answers OPTIONS below `/api/`, which needs no key, and tells browsers who may read a response. */
export function cors(isAllowed: CorsOrigin): MiddlewareHandler {
  return async (c, next) => {
    if (!API.test(c.req.path)) return next();
    if (c.req.method === "OPTIONS") c.res = new Response(null, { status: 204 });
    else await next();
    const origin = c.req.header("Origin");
    if (origin === undefined) return;
    c.res.headers.append("Vary", "Origin");
    if (isAllowed !== undefined && !(origin.length <= MAX_MESSAGE_CHARACTERS && isAllowed(origin))) return;
    c.res.headers.set("Access-Control-Allow-Origin", isAllowed === undefined ? "*" : origin);
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
  };
}
