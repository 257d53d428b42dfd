/** Requests that compute for long, return much or take much memory. */

import { gzipSync } from "node:zlib";
import { newMatcher } from "../../lib/model/matcher.ts";
import { encodeReadRequest } from "../../lib/wire/read-client.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { WRITE_V2_MESSAGE } from "../../lib/wire/write-v2.ts";
import { exemplarsTimesBounds, longResourceAttribute } from "../hostile/otlp-bodies.ts";
import { exemplarsOfLongSymbolV2, metadataOfLongSymbolV2 } from "../hostile/write-bodies.ts";
import { HISTORY_METRIC } from "./history.ts";
import { ADMIN_AUTHORIZATION } from "./server.ts";

export interface HeavyRequest {
  /** Default: POST. */
  readonly method?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: it has none. */
  readonly body: Uint8Array<ArrayBuffer> | string | null;
}

const NO_DATA = "(vector(time() * 7919) % 104729)";
const FORM = { "Content-Type": "application/x-www-form-urlencoded" };

/** An hour in steps of a second, until now. */
function range(query: string, nowMs: number): HeavyRequest {
  const seconds = Math.floor(nowMs / 1000);
  const times = { start: String(seconds - 3600), end: String(seconds), step: "1" };
  return form("/api/v1/query_range", { query, ...times });
}

function form(path: string, parameters: Readonly<Record<string, string>>): HeavyRequest {
  return { path, headers: FORM, body: new URLSearchParams(parameters).toString() };
}

export function heavyQueries(nowMs: number): HeavyRequest[] {
  return [
    range(`quantile_over_time(0.5, ${NO_DATA}[1000000s:1s])`, nowMs),
    range(`sum_over_time(${NO_DATA}[1000000s:1s])`, nowMs),
    range('sum(label_replace(m, "x", "$1", "instance", "(.?){200}(.*)"))', nowMs),
    range(Array(490).fill("last_over_time(m[1h])").join(" or "), nowMs),
    range('count_values("v", m) or topk(1000, m)', nowMs),
    range('{__name__=~"(.?){900}m", instance=~".*[0-9]+.*"}', nowMs),
  ];
}

/** Ten that end within seconds and return up to tens of MB: each begins again and again. */
export function endingQueries(nowMs: number): HeavyRequest[] {
  const h = HISTORY_METRIC;
  return [
    range(h, nowMs),
    range(`rate(${h}[5m])`, nowMs),
    range(`quantile_over_time(0.9, ${h}[5m])`, nowMs),
    range(`sum(label_replace(${h}, "x", "$1", "instance", "(.?){200}(.*)"))`, nowMs),
    range(`count_values("v", ${h})`, nowMs),
    range(`topk(400, ${h})`, nowMs),
    range(`sort_desc(sum by (instance) (${h}))`, nowMs),
    range(`{__name__=~"(.?){900}h", instance=~".*[0-9]+.*"}`, nowMs),
    form("/api/v1/query", { query: `${h}[1h]` }),
    form("/api/v1/query", { query: `max_over_time(rate(${h}[2m])[50m:15s])` }),
  ];
}

/** Ten of other routes: exports, look-ups, long parameters, deletions. */
export function heavyRoutes(nowMs: number): HeavyRequest[] {
  const h = HISTORY_METRIC;
  const every = '{__name__=~".+"}';
  const spanMs = { minTime: nowMs - 3600_000, maxTime: nowMs };
  const read = encodeReadRequest([newMatcher("=", "__name__", h)], spanMs);
  const readHeaders = { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" };
  return [
    { method: "GET", path: `/federate?match[]=${encodeURIComponent(every)}`, headers: {}, body: null },
    { path: "/api/v1/read", headers: readHeaders, body: new Uint8Array(compress(read)) },
    form("/api/v1/series", { "match[]": every }),
    form("/api/v1/search/label_values", { label: "instance", search: "o", fuzz_threshold: "10" }),
    form("/api/v1/cardinality/active_series", { selector: every }),
    form("/api/v1/format_query", { query: Array(20_000).fill("a").join("+") }),
    // Parameters of one character, as many as fit.
    { path: "/api/v1/query", headers: FORM, body: "a&".repeat(500_000) },
    { method: "GET", path: `/api/v1/query?${"b&".repeat(250_000)}`, headers: {}, body: null },
    deletion(`${h}{instance=~"(.?){900}gone"}`),
    form("/api/v1/explain", { query: Array(490).fill(`rate(${h}[1h])`).join(" or ") }),
  ];
}

function deletion(selector: string): HeavyRequest {
  const request = form("/api/v1/admin/tsdb/delete_series", { "match[]": selector });
  return { ...request, headers: { ...request.headers, Authorization: ADMIN_AUTHORIZATION } };
}

/** A group whose rules take seconds, due every second. */
export function heavyRules(): HeavyRequest {
  const expr = `sum(rate(${HISTORY_METRIC}[1h:1s]))`;
  const body = `name: heavy\ninterval: 1s\nrules:\n  - record: r\n    expr: ${expr}\n`;
  const headers = { "Content-Type": "application/yaml", Authorization: ADMIN_AUTHORIZATION };
  return { path: "/prometheus/config/v1/rules/heavy", headers, body };
}

export function heavyBodies(nowMs: number): HeavyRequest[] {
  const v2 = {
    "Content-Type": `application/x-protobuf;proto=${WRITE_V2_MESSAGE}`,
    "Content-Encoding": "snappy",
  };
  const otlp = { "Content-Type": "application/x-protobuf", "Content-Encoding": "gzip" };
  const write = (body: Uint8Array) => ({
    path: "/api/v1/write",
    headers: v2,
    body: new Uint8Array(compress(body)),
  });
  const gzipped = (body: Uint8Array) => ({
    path: "/api/v1/otlp/v1/metrics",
    headers: otlp,
    body: new Uint8Array(gzipSync(body)),
  });
  return [
    write(exemplarsOfLongSymbolV2(1_000_000, 100_000)),
    write(metadataOfLongSymbolV2(1_000_000, 50_000)),
    gzipped(exemplarsTimesBounds(99_999, 99_999, nowMs)),
    gzipped(longResourceAttribute(30_000_000, 5, nowMs)),
  ];
}
