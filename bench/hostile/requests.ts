/** Hostile requests to every route, by group: each has a budget of its own. */
import { gzipSync } from "node:zlib";
import { SAMPLES_CONTENT_TYPE } from "../../lib/wire/read-response.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { WRITE_V2_MESSAGE } from "../../lib/wire/write-v2.ts";
import { HEAVY_EXPRESSIONS } from "./expressions.ts";
import { encodeFlood, type Flood, pairFloods, printFlood, singleFloods } from "./floods.ts";
import { IDENTITIES } from "./identities.ts";
import { exemplarsTimesBounds, longResourceAttribute } from "./otlp-bodies.ts";
import { PATTERN_PLACES, PATTERNS } from "./patterns.ts";
import { ROUTE_PLACES, type RoutePlace } from "./route-places.ts";
import { MAX_RULE_BYTES, RULE_BODIES } from "./rule-bodies.ts";
import { type Message, OTLP, READ, SENT_MS, WRITE_V1, WRITE_V2 } from "./schema.ts";
import { LONG_TEXTS } from "./texts.ts";
import { exemplarsOfLongSymbolV2, metadataOfLongSymbolV2 } from "./write-bodies.ts";

export const GROUPS = [
  "remote write 1.0",
  "remote write 2.0",
  "OTLP protobuf",
  "OTLP JSON",
  "remote read",
  "parameters",
  "texts",
  "patterns",
  "expressions",
  "identities",
  "rule groups",
] as const;
export type Group = (typeof GROUPS)[number];

export interface Made {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | string | undefined;
  /** Of the body, decompressed. */
  readonly bodyBytes: number;
  /** What a function gets beside the request. */
  readonly env?: object | undefined;
}

export interface HostileRequest {
  readonly group: Group;
  readonly name: string;
  readonly make: () => Made;
}

/** How large inputs are. */
export interface Sizes {
  /** Of a body with one field flooded, and with two. */
  readonly singleBytes: number;
  readonly pairBytes: number;
  /** Characters of a parameter. */
  readonly parameterLength: number;
}

export const FULL: Sizes = { singleBytes: 8_000_000, pairBytes: 1_000_000, parameterLength: 4_000_000 };
export const SMALL: Sizes = { singleBytes: 100_000, pairBytes: 20_000, parameterLength: 400_000 };

/** What takes longer than this would take the whole timeout: the bench need not wait for it. */
const EXPRESSION_TIMEOUT = "300ms";

const FORM = { "Content-Type": "application/x-www-form-urlencoded" };
const PROTOBUF = { "Content-Type": SAMPLES_CONTENT_TYPE };
const V2 = { "Content-Type": `application/x-protobuf;proto=${WRITE_V2_MESSAGE}` };
const OTLP_PATH = "/api/v1/otlp/v1/metrics";

export function hostileRequests(sizes: Sizes): HostileRequest[] {
  return [
    ...protobuf("remote write 1.0", WRITE_V1, sizes, (body) => snappy("/api/v1/write", body, PROTOBUF)),
    ...protobuf("remote write 2.0", WRITE_V2, sizes, (body) => snappy("/api/v1/write", body, V2)),
    ...protobuf("OTLP protobuf", OTLP, sizes, (body) => gzip(body, "application/x-protobuf")),
    ...floodsOf(OTLP, sizes).map(([flood, bytes]) => ({
      group: "OTLP JSON" as const,
      name: flood.name,
      make: () => gzip(Buffer.from(printFlood(OTLP, flood, bytes)), "application/json"),
    })),
    ...protobuf("remote read", READ, sizes, (body) => snappy("/api/v1/read", body, PROTOBUF)),
    ...knownBodies(sizes),
    ...parameters(sizes),
    ...IDENTITIES.map(({ name, path, headers, env }) => ({
      group: "identities" as const,
      name,
      make: () => ({ path, headers, body: undefined, bodyBytes: lengthOf(headers, env), env }),
    })),
    ...RULE_BODIES.map(({ name, make }) => ({
      group: "rule groups" as const,
      name,
      make: () => ruleGroup(make(Math.min(MAX_RULE_BYTES, sizes.singleBytes))),
    })),
    ...LONG_TEXTS.flatMap(([name, text]) =>
      [...QUERY_PATHS, ...MATCH_PATHS].map(([path, parameter, others]) =>
        form("texts", `${path} ${name}`, path, { ...others, [parameter]: text }),
      ),
    ),
    ...PATTERNS.flatMap(([name, pattern]) =>
      PATTERN_PLACES.map(([place, path, formOf]) =>
        form("patterns", `${place}: ${name}`, path, formOf(pattern)),
      ),
    ),
    ...HEAVY_EXPRESSIONS.flatMap(({ name, text }) =>
      QUERY_PATHS.slice(0, 2).map(([path, parameter, others]) =>
        form("expressions", `${path} ${name}`, path, {
          ...others,
          [parameter]: text,
          timeout: EXPRESSION_TIMEOUT,
        }),
      ),
    ),
  ];
}

function lengthOf(...parts: readonly (object | undefined)[]): number {
  return JSON.stringify(parts).length;
}

function floodsOf(root: Message, { singleBytes, pairBytes }: Sizes): [Flood, number][] {
  return [
    ...singleFloods(root).map((flood): [Flood, number] => [flood, singleBytes]),
    ...pairFloods(root).map((flood): [Flood, number] => [flood, pairBytes]),
  ];
}

function protobuf(
  group: Group,
  root: Message,
  sizes: Sizes,
  pack: (body: Uint8Array) => Made,
): HostileRequest[] {
  return floodsOf(root, sizes).map(([flood, bytes]) => ({
    group,
    name: flood.name,
    make: () => pack(encodeFlood(root, flood, bytes)),
  }));
}

function snappy(path: string, body: Uint8Array, headers: Readonly<Record<string, string>>): Made {
  const sent = { ...headers, "Content-Encoding": "snappy" };
  return { path, headers: sent, body: new Uint8Array(compress(body)), bodyBytes: body.length };
}

function gzip(body: Uint8Array, type: string): Made {
  const headers = { "Content-Type": type, "Content-Encoding": "gzip" };
  return { path: OTLP_PATH, headers, body: new Uint8Array(gzipSync(body)), bodyBytes: body.length };
}

function ruleGroup(text: string): Made {
  const body = Buffer.from(text);
  const headers = { "Content-Type": "application/yaml" };
  return { path: "/api/v1/rules/hostile", headers, body, bodyBytes: body.length };
}

function knownBodies({ singleBytes: bytes }: Sizes): HostileRequest[] {
  const count = Math.min(100_000, bytes / 20);
  const known: readonly (readonly [Group, string, () => Made])[] = [
    [
      "remote write 2.0",
      "exemplars of one long symbol",
      () => snappy("/api/v1/write", exemplarsOfLongSymbolV2(bytes / 2, count), V2),
    ],
    [
      "remote write 2.0",
      "metadata of one long symbol",
      () => snappy("/api/v1/write", metadataOfLongSymbolV2(bytes / 2, count / 2), V2),
    ],
    [
      "OTLP protobuf",
      "exemplars times bounds",
      () => gzip(exemplarsTimesBounds(count - 1, count - 1, SENT_MS), "application/x-protobuf"),
    ],
    [
      "OTLP protobuf",
      "target_info of hours",
      () => gzip(longResourceAttribute(bytes, 5, SENT_MS), "application/x-protobuf"),
    ],
    [
      "OTLP protobuf",
      "a gzip bomb",
      () => gzip(new Uint8Array(Math.min(32 * 1024 * 1024, 8 * bytes)), "application/x-protobuf"),
    ],
    [
      "remote write 1.0",
      "a snappy bomb",
      () => snappy("/api/v1/write", new Uint8Array(Math.min(32 * 1024 * 1024, 8 * bytes)), PROTOBUF),
    ],
  ];
  return known.map(([group, name, make]) => ({ group, name, make }));
}

const RANGE = { start: "1735689600", end: "1735693200", step: "1" };
type Place = readonly [path: string, parameter: string, others: Readonly<Record<string, string>>];

/** What evaluates, parses or prints an expression. */
const QUERY_PATHS: readonly Place[] = [
  ["/api/v1/query", "query", { time: RANGE.end }],
  ["/api/v1/query_range", "query", RANGE],
  ["/api/v1/format_query", "query", {}],
  ["/api/v1/parse_query", "query", {}],
  ["/api/v1/explain", "query", RANGE],
  ["/api/v1/query_exemplars", "query", RANGE],
];
const MATCH_PATHS: readonly Place[] = [
  ["/api/v1/series", "match[]", RANGE],
  ["/api/v1/labels", "match[]", RANGE],
];
const NUMBERS = ["time", "start", "end", "step", "timeout", "lookback_delta", "limit"];

function textsOf(length: number): readonly (readonly [name: string, text: string])[] {
  return [
    ["digits", `${"1".repeat(length - 100)}x`],
    ["zeros", `${"0".repeat(length - 100)}x`],
    ["a fraction", `1.${"1".repeat(length - 100)}x`],
    ["an exponent", `1e${"1".repeat(length - 100)}x`],
    ["units", "1h".repeat(length / 2 - 50)],
    ["letters", "x".repeat(length - 100)],
    ["pairs of letters", "ab".repeat(length / 2 - 50)],
    ["percent signs", "%".repeat(length / 3 - 100)],
    ["characters of four bytes", "😀".repeat(length / 12 - 100)],
  ];
}

function parameters({ parameterLength: length }: Sizes): HostileRequest[] {
  const texts = textsOf(length);
  const places = [...QUERY_PATHS, ...MATCH_PATHS].flatMap(([path, parameter, others]) =>
    [...NUMBERS, parameter, "stats", "unknown"].map(
      (name) => [path, name, { [parameter]: "up", ...others }] as const,
    ),
  );
  const many = Array.from({ length: length / 4 }, () => "a=").join("&");
  return [
    ...places.flatMap(([path, name, others]) =>
      texts.map(([what, text]) =>
        form("parameters", `${path} ${name} of ${what}`, path, { ...others, [name]: text }),
      ),
    ),
    ...[...QUERY_PATHS, ...MATCH_PATHS].map(
      ([path]): HostileRequest => ({
        group: "parameters",
        name: `${path} of many parameters`,
        make: () => ({ path, headers: FORM, body: many, bodyBytes: many.length }),
      }),
    ),
    ...ROUTE_PLACES.flatMap((place) =>
      // A URL may have a megabyte.
      textsOf(place.isForm ? length : Math.min(length, 300_000)).map(([what, text]) =>
        routeRequest(place, what, text),
      ),
    ),
    ...["/api/v1/label/U__", "/api/v1/label/"].map(
      (prefix): HostileRequest => ({
        group: "parameters",
        name: `${prefix} of a long name`,
        make: () => {
          const path = `${prefix}${"_0041_".repeat(2500)}/values`;
          return { path, headers: {}, body: undefined, bodyBytes: path.length };
        },
      }),
    ),
  ];
}

function routeRequest(
  { path, name, others, isForm }: RoutePlace,
  what: string,
  text: string,
): HostileRequest {
  const values = { ...others, [name]: text };
  const title = `${path} ${name} of ${what}`;
  if (isForm) return form("parameters", title, path, values);
  const make = (): Made => {
    const url = `${path}?${new URLSearchParams(values)}`;
    return { path: url, headers: {}, body: undefined, bodyBytes: url.length };
  };
  return { group: "parameters", name: title, make };
}

function form(
  group: Group,
  name: string,
  path: string,
  values: Readonly<Record<string, string>>,
): HostileRequest {
  const make = (): Made => {
    const body = new URLSearchParams(values).toString();
    return { path, headers: FORM, body, bodyBytes: body.length };
  };
  return { group, name, make };
}
