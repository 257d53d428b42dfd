/** Requests that take long, of every kind of route: their clients go away in the middle. */
import { newMatcher } from "../../lib/model/matcher.ts";
import { encodeReadRequest } from "../../lib/wire/read-client.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { WRITE_V2_MESSAGE } from "../../lib/wire/write-v2.ts";
import { exemplarsOfManyRefsV2, requestV2 } from "../hostile/write-bodies.ts";
import { type HeavyRequest, heavyBodies, heavyQueries } from "../isolation/heavy.ts";
import { ADMIN_AUTHORIZATION } from "../isolation/server.ts";
import { seriesBody } from "../tenants/series-body.ts";

export interface LongRequest {
  readonly name: string;
  readonly request: HeavyRequest;
}

/** Series that each request reads, each with some long labels. */
export const METRIC = "wide";

const FORM = { "Content-Type": "application/x-www-form-urlencoded" };
const PROTOBUF = { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" };
const V2 = { ...PROTOBUF, "Content-Type": `application/x-protobuf;proto=${WRITE_V2_MESSAGE}` };
/** Takes long for each value that it is tried on. */
const SLOW_PATTERN = "(.?){900}";
const SLOW = `{__name__="${METRIC}",instance=~"${SLOW_PATTERN}x"}`;
const EVERY = '{__name__=~".+"}';

export function longRequests(nowMs: number): LongRequest[] {
  const seconds = Math.floor(nowMs / 1000);
  const range = { start: String(seconds - 3600), end: String(seconds) };
  const form = (path: string, parameters: Readonly<Record<string, string>>, more = {}): HeavyRequest => ({
    path: `/api/v1${path}`,
    headers: { ...FORM, ...more },
    body: new URLSearchParams(parameters).toString(),
  });
  const post = (path: string, body: Uint8Array, headers: Readonly<Record<string, string>>): HeavyRequest => ({
    path,
    headers,
    body: new Uint8Array(compress(body)),
  });
  const get = (path: string): HeavyRequest => ({ method: "GET", path, headers: {}, body: null });
  const [functions, windows, labels, unions] = heavyQueries(nowMs);
  const [exemplars, metadata, bounds, attributes] = heavyBodies(nowMs);
  const read = (matchers: ReturnType<typeof newMatcher>[]) =>
    encodeReadRequest(matchers, { minTime: 0, maxTime: nowMs });
  const wide = newMatcher("=", "__name__", METRIC);
  const slow = [wide, newMatcher("=~", "instance", `${SLOW_PATTERN}x`)];
  const manyTerms = Array(100_000).fill("a").join("+");
  const manyArguments = `label_join(a, "b", ""${', "c"'.repeat(50_000)})`;
  const compiled = Array.from({ length: 40 }, (_, i) => `l${i}=~"(?i)([^\\\\pL]${i}|\\\\p{Lu}*){9}"`);
  const alternatives = Array.from({ length: 4000 }, (_, i) => `.*${i}.*`).join("|");
  const rules = `name: g\nrules:\n${'  - record: r\n    expr: "a"\n'.repeat(20_000)}`;
  return [
    { name: "query_range: function over points", request: functions },
    { name: "query_range: windows", request: windows },
    { name: "query_range: label_replace", request: labels },
    { name: "query_range: 490 selectors", request: unions },
    { name: "query: everything", request: form("/query", { query: `${METRIC}[1h]` }) },
    { name: "query: slow matcher", request: form("/query", { query: SLOW }) },
    { name: "query: sort", request: form("/query", { query: `sort_by_label(${METRIC}, "instance")` }) },
    { name: "read: samples", request: post("/api/v1/read", read([wide]).subarray(0, -4), PROTOBUF) },
    { name: "read: chunks", request: post("/api/v1/read", read([wide]), PROTOBUF) },
    { name: "read: slow matcher", request: post("/api/v1/read", read(slow), PROTOBUF) },
    { name: "federate: everything", request: get(`/federate?match[]=${encodeURIComponent(EVERY)}`) },
    { name: "federate: slow matcher", request: get(`/federate?match[]=${encodeURIComponent(SLOW)}`) },
    { name: "series: everything", request: form("/series", { "match[]": EVERY, ...range }) },
    { name: "series: slow matcher", request: form("/series", { "match[]": SLOW, ...range }) },
    { name: "labels: slow matcher", request: form("/labels", { "match[]": SLOW, ...range }) },
    { name: "label values", request: get("/api/v1/label/instance/values") },
    {
      name: "label values: slow matcher",
      request: get(`/api/v1/label/instance/values?match[]=${encodeURIComponent(SLOW)}`),
    },
    {
      name: "search: fuzzy",
      request: form("/search/label_values", { label: "instance", search: "hst-99", fuzz_threshold: "10" }),
    },
    { name: "search: metric names", request: form("/search/metric_names", { search: "w", "match[]": SLOW }) },
    { name: "cardinality: active series", request: form("/cardinality/active_series", { selector: SLOW }) },
    { name: "cardinality: label names", request: form("/cardinality/label_names", { selector: EVERY }) },
    {
      name: "cardinality: label values",
      request: form("/cardinality/label_values", { "label_names[]": "instance", selector: EVERY }),
    },
    { name: "status/tsdb", request: get("/api/v1/status/tsdb") },
    { name: "query_exemplars", request: form("/query_exemplars", { query: SLOW, ...range }) },
    { name: "explain", request: form("/explain", { query: SLOW, ...range, step: "15" }) },
    { name: "format_query", request: form("/format_query", { query: manyTerms }) },
    { name: "parse_query", request: form("/parse_query", { query: manyTerms }) },
    { name: "format_query: 50,000 arguments", request: form("/format_query", { query: manyArguments }) },
    { name: "parse_query: 50,000 arguments", request: form("/parse_query", { query: manyArguments }) },
    { name: "patterns: forty", request: form("/format_query", { query: `a{${compiled}}` }) },
    { name: "patterns: one", request: form("/format_query", { query: `a{b=~"${alternatives}"}` }) },
    {
      name: "delete_series",
      request: form("/admin/tsdb/delete_series", { "match[]": SLOW }, { Authorization: ADMIN_AUTHORIZATION }),
    },
    {
      name: "write: 40,000 new series",
      request: {
        path: "/api/v1/write",
        headers: PROTOBUF,
        body: seriesBody("new", 0, 40_000, nowMs),
      },
    },
    { name: "write 2.0: exemplars", request: exemplars },
    {
      name: "write 2.0: references",
      request: post("/api/v1/write", exemplarsOfManyRefsV2(100_000, 100), V2),
    },
    {
      name: "write 2.0: series",
      request: post(
        "/api/v1/write",
        requestV2({
          symbols: ["__name__", "m"],
          series: 300_000,
          write: () => {},
        }),
        V2,
      ),
    },
    { name: "write 2.0: metadata", request: metadata },
    { name: "OTLP: bounds", request: bounds },
    { name: "OTLP: attributes", request: attributes },
    {
      name: "rules: group of 20,000",
      request: {
        path: "/prometheus/config/v1/rules/n",
        headers: { "Content-Type": "application/yaml" },
        body: rules,
      },
    },
  ];
}
