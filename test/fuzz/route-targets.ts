/** Whole requests: parameters and bodies of every route, over a store with series. No input is an internal error. */
import { compress } from "../../lib/wire/snappy.ts";
import { encodeMixedV1, encodeMixedV2 } from "../helpers/mixed-requests.ts";
import { basic, type TestGateway } from "../helpers/test-gateway.ts";
import { readGolden } from "../otlp/golden.ts";
import { encodeMessage } from "../wire/prometheus-proto.ts";
import { openStore, seriesAt } from "./store.ts";
import { BrokenProperty, type Target } from "./target.ts";

/** After so many requests a store begins anew: writes make it grow. */
const REQUESTS_PER_STORE = 2000;
/** The longest response to an input of at most 16 KB; the store is small. */
const MAX_RESPONSE_BYTES = 4_000_000;

const PATHS = [
  "query?query=sum by (job) (m)&time=TIME&timeout=1s&limit=2&lookback_delta=5m&stats=all",
  'query_range?query=rate(m{job=~"a|b"}[5m])&start=START&end=TIME&step=60&limit=1',
  "query_exemplars?query=m&start=START&end=TIME",
  'format_query?query=sum(m) by (job) / on() h{a!="b"}',
  "parse_query?query=m offset 5m @ end()",
  "explain?query=m&start=START&end=TIME&step=60&format=text",
  'series?match[]=m&match[]={job="a"}&start=START&end=TIME&limit=1',
  'labels?match[]={__name__=~"m|h"}&start=START&end=TIME&limit=3',
  "label/job/values?match[]=m&start=START&end=TIME&limit=1",
  "metadata?metric=m&limit=1&limit_per_metric=1",
  "rules?type=alert&rule_name[]=a&group_limit=1&group_next_token=x",
  "alerts",
  "status/buildinfo",
  "status/tsdb?limit=5",
];
const WORDS = [
  ..."?&=%+#[]{}()\"'/",
  ...[
    "%00",
    "%ff",
    "%F0%9F%98%80",
    "&match[]=",
    "&query=",
    "&start=",
    "&end=",
    "&step=1ms",
    "&limit=",
    "&time=0",
  ],
  ...[
    "[1000d:1ms]",
    "__name__=~`.+`",
    "label_join(m,`a`,`b`,`job`)",
    "U__",
    "../",
    "//",
    "1e308",
    "9".repeat(70),
  ],
];

export async function routeTargets(): Promise<Target[]> {
  const stores = new Stores(await openStore());
  const { nowMs } = stores.current;
  const [time, start] = [String(nowMs / 1000), String(nowMs / 1000 - 90_000)];
  const queries = PATHS.map((path) => path.replaceAll("TIME", time).replaceAll("START", start));
  const bytes = (text: string) => new TextEncoder().encode(text);
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  const send = (path: string, headers: Record<string, string>) => (body: Uint8Array) =>
    stores.send(path, { method: "POST", headers, body: new Uint8Array(body) });
  const protobuf = { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" };
  const v2 = { ...protobuf, "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request" };
  const target = (
    name: string,
    corpus: readonly Uint8Array[],
    run: Target["run"],
    dictionary: string[] = [],
  ): Target => ({
    name,
    corpus,
    dictionary,
    errors: [],
    run,
  });
  const packed = (run: Target["run"]) => (body: Uint8Array) => run(compress(body));
  const series = seriesAt(nowMs - 60_000);
  const matchers = [{ type: "RE", name: "__name__", value: "m|h" }];
  const read = { queries: [{ startTimestampMs: nowMs - 90_000_000, endTimestampMs: nowMs, matchers }] };
  const golden = readGolden().slice(0, 20);
  return [
    target("GET of a query", queries.map(bytes), (input) => stores.get(asPath(input)), WORDS),
    ...["query", "query_range", "series", "labels", "explain"].map((route) => {
      const corpus = queries
        .filter((path) => path.startsWith(`${route}?`))
        .map((path) => bytes(path.slice(route.length + 1)));
      return target(`form of ${route}`, corpus, send(`/api/v1/${route}`, form), WORDS);
    }),
    target(
      "multipart form",
      [multipart("up")],
      send("/api/v1/query", { "Content-Type": "multipart/form-data; boundary=b" }),
      ["--b", "\r\n", "--b--", 'Content-Disposition: form-data; name="query"', "filename="],
    ),
    target("write 1.0 as sent", [compress(encodeMixedV1(series))], send("/api/v1/write", protobuf)),
    target("write 1.0", [encodeMixedV1(series)], packed(send("/api/v1/write", protobuf))),
    target("write 2.0", [encodeMixedV2(series)], packed(send("/api/v1/write", v2))),
    target("read", [encodeMessage("ReadRequest", read)], packed(send("/api/v1/read", protobuf))),
    target(
      "streamed read",
      [encodeMessage("ReadRequest", { ...read, acceptedResponseTypes: ["STREAMED_XOR_CHUNKS"] })],
      packed(send("/api/v1/read", protobuf)),
    ),
    target(
      "OTLP",
      golden.map(({ protobuf }) => protobuf),
      send("/api/v1/otlp/v1/metrics", { "Content-Type": "application/x-protobuf" }),
    ),
    target(
      "OTLP of JSON",
      golden.map(({ json }) => json),
      send("/api/v1/otlp/v1/metrics", { "Content-Type": "application/json" }),
      ['"', "{", "}", "[", "]", "null", "1e999", '"NaN"'],
    ),
    target("headers", HEADERS.map(bytes), (input) => stores.sendHeaders(input), HEADER_WORDS),
  ];
}

/** Headers, a line each. */
const HEADERS = [
  "authorization: Basic SEtBOnMzY3JldC1vZi10aGUtdGVzdC1hbmQtb2Ytbm90aGluZy1lbHNl\nx-scope-orgid: t\naccept-encoding: gzip;q=0.5, br",
  "content-type: application/x-protobuf;proto=io.prometheus.write.v2.Request\ncontent-encoding: snappy",
  "origin: http://a.example\naccess-control-request-method: POST\ncontent-length: 5",
];
const HEADER_WORDS = [
  ": ",
  "\n",
  ";",
  ",",
  "=",
  "gzip",
  "q=0",
  "Bearer ",
  "authorization: ",
  "proto=",
  "x".repeat(200),
];

function multipart(query: string): Uint8Array {
  return new TextEncoder().encode(
    `--b\r\nContent-Disposition: form-data; name="query"\r\n\r\n${query}\r\n--b--\r\n`,
  );
}

/** A path below the API, of any bytes. */
function asPath(input: Uint8Array): string {
  const text = Buffer.from(input).toString("latin1");
  // What no HTTP parser lets through is escaped.
  return `/api/v1/${text.replace(/[^\x21-\x7e]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`)}`;
}

class Stores {
  current: TestGateway;
  #requests = 0;

  constructor(first: TestGateway) {
    this.current = first;
  }

  get(path: string): Promise<string> {
    return this.send(path, {});
  }

  sendHeaders(input: Uint8Array): Promise<string> | string {
    const headers: Record<string, string> = {};
    try {
      for (const line of Buffer.from(input).toString("latin1").split("\n")) {
        const [name, ...value] = line.split(": ");
        new Headers().set(name, value.join(": "));
        headers[name] = value.join(": ");
      }
    } catch {
      return "no headers";
    }
    return this.send("/api/v1/query?query=up", { headers });
  }

  async send(path: string, { headers, ...init }: RequestInit): Promise<string> {
    if (this.#requests++ > REQUESTS_PER_STORE) {
      this.#requests = 0;
      this.current = await openStore();
    }
    const { current } = this;
    let url: URL;
    try {
      url = new URL(`http://hearth.test${path}`);
    } catch {
      return "no URL";
    }
    const all = { Authorization: basic("HKA"), ...(headers as Record<string, string>) };
    const response = await current.app.fetch(new Request(url, { ...init, headers: all }));
    const body = Buffer.from(await response.arrayBuffer());
    const { fields } = current.lastLine;
    current.lines.length = 0;
    current.metrics.length = 0;
    current.origins.length = 0;
    if (response.status === 500 || fields.errorKind === "internal" || fields.errorKind === "data")
      throw new BrokenProperty(`status ${response.status}: ${fields.stack ?? fields.error}`);
    if (body.length > MAX_RESPONSE_BYTES) throw new BrokenProperty(`a response of ${body.length} bytes`);
    return `${response.status} ${body.toString("latin1", 0, 200)}`;
  }
}
