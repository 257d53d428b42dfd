/** Ten requests that compute for long or take much memory: six queries and four bodies. */
import { gzipSync } from "node:zlib";
import { compress } from "../../lib/wire/snappy.ts";
import { WRITE_V2_MESSAGE } from "../../lib/wire/write-v2.ts";
import { exemplarsTimesBounds, longResourceAttribute } from "../hostile/otlp-bodies.ts";
import { exemplarsOfLongSymbolV2, metadataOfLongSymbolV2 } from "../hostile/write-bodies.ts";

export interface HeavyRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | string;
}

const NO_DATA = "(vector(time() * 7919) % 104729)";
const FORM = { "Content-Type": "application/x-www-form-urlencoded" };

/** An hour in steps of a second, until now. */
function range(query: string, nowMs: number): HeavyRequest {
  const seconds = Math.floor(nowMs / 1000);
  const body = new URLSearchParams({ query, start: String(seconds - 3600), end: String(seconds), step: "1" });
  return { path: "/api/v1/query_range", headers: FORM, body: body.toString() };
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
