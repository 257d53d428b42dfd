import assert from "node:assert/strict";
import test from "node:test";
import { gunzipSync } from "node:zlib";
import { HearthError } from "../../../lib/model/errors.ts";
import { type LabelSet, labelSetOf } from "../../../lib/model/labels.ts";
import { QueryGateway, series } from "../../helpers/query-gateway.ts";
import { basic } from "../../helpers/test-gateway.ts";
import { withoutUpstream } from "../../helpers/upstream.ts";
import { readOpenApi } from "../openapi/upstream-document.ts";

const RANGE = "start=0&end=60&step=15";

function textOf(matchers: readonly { name: string; type: string; value: string }[]): string {
  return matchers.map(({ name, type, value }) => name + type + value).join(",");
}

test("an instant query, by GET and as a form", async () => {
  const api = await QueryGateway.open();
  api.value = {
    type: "vector",
    timestampMs: 1500,
    series: [series({ __name__: "up", job: "a" }, [[1500, 1]])],
  };
  const data = {
    resultType: "vector",
    result: [{ metric: { __name__: "up", job: "a" }, value: [1.5, "1"] }],
  };
  for (const response of [
    await api.fetch("/api/v1/query?query=sum(up)%20by(a)&time=1.5&timeout=5s&lookback_delta=1m"),
    await api.post("/api/v1/query?query=ignored", {
      query: "sum by (a) (up)",
      time: "1970-01-01T01:00:01.5+01:00",
      timeout: "5",
      lookback_delta: "60",
    }),
    await api.post("/api/v3/query?time=1.5&timeout=5s&lookback_delta=60", { query: "sum by (a) (up)" }),
  ]) {
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { status: "success", data });
    const { query, range, options } = api.asked.pop()!;
    assert.equal(query, "sum by (a) (up)");
    assert.deepEqual(range, { timeMs: 1500 });
    assert.equal(options.limits.timeoutMs, 5000);
    assert.equal(options.lookbackDeltaMs, 60_000);
    assert.equal(options.perStepStats, false);
  }
});

test("without a time it is now, and a longer timeout than the service's is cut", async () => {
  const api = await QueryGateway.open();
  const now = api.gateway.nowMs;
  await api.fetch("/api/v1/query?query=1&timeout=1h");
  const { range, options } = api.asked[0];
  assert.ok("timeMs" in range && range.timeMs >= now && range.timeMs < now + 100);
  assert.equal(options.limits.timeoutMs, 60_000);
  assert.equal(options.lookbackDeltaMs, 300_000);
});

test("a range query", async () => {
  const api = await QueryGateway.open();
  api.value = {
    type: "matrix",
    series: [
      series({ a: "b" }, [
        [0, 1],
        [15_000, Number.NaN],
      ]),
    ],
  };
  const body = await api.json(`/api/v1/query_range?query=a&${RANGE}`);
  const result = [
    {
      metric: { a: "b" },
      values: [
        [0, "1"],
        [15, "NaN"],
      ],
    },
  ];
  assert.deepEqual(body, { status: "success", data: { resultType: "matrix", result } });
  assert.deepEqual(api.asked[0].range, { startMs: 0, endMs: 60_000, stepMs: 15_000 });
});

test("scalars and strings", async () => {
  const api = await QueryGateway.open();
  api.value = { type: "scalar", timestampMs: 1000, value: 1e-7 };
  assert.deepEqual(await api.json("/api/v1/query?query=1"), {
    status: "success",
    data: { resultType: "scalar", result: [1, "1e-07"] },
  });
  api.value = { type: "string", timestampMs: 1000, value: 'a"' };
  assert.deepEqual(await api.json("/api/v1/query?query=1"), {
    status: "success",
    data: { resultType: "string", result: [1, 'a"'] },
  });
});

test("a range of as many steps as Prometheus gives; a lookback delta that is not positive is none", async () => {
  const api = await QueryGateway.open();
  const response = await api.fetch(
    "/api/v1/query_range?query=a&start=0&end=11000&step=1&lookback_delta=-5&limit=9223372036854775807",
  );
  assert.equal(response.status, 200);
  assert.equal(api.asked[0].options.lookbackDeltaMs, 300_000);
});

test("a deprecated value of stats is warned of", async () => {
  const api = await QueryGateway.open();
  const { warnings } = (await api.json("/api/v1/query?query=1&stats=yes")) as { warnings: string[] };
  const words = 'is deprecated and will be rejected in the next major release, use "true" or "all"';
  assert.deepEqual(warnings, [`value "yes" for parameter "stats" ${words}`]);
});

test("limit, warnings, infos and stats", async () => {
  const api = await QueryGateway.open();
  const three = ["a", "b", "c"].map((name) => series({ name }, [[0, 1]]));
  api.value = { type: "matrix", series: three };
  api.infos = Array.from({ length: 12 }, (_, i) => `PromQL info: ${i}`);
  api.perStep = Float64Array.of(3, 4);
  const path = `/api/v1/query_range?query=a&start=10&end=25&step=15&limit=2&stats=all`;
  const { data, warnings, infos } = (await api.json(path)) as {
    data: { result: unknown[]; stats: { samples: unknown; timings: Record<string, number> } };
    warnings: string[];
    infos: string[];
  };
  assert.equal(data.result.length, 2);
  assert.deepEqual(warnings, ["results truncated due to limit"]);
  assert.deepEqual(infos, [...api.infos.slice(0, 10), "2 more info annotations omitted"]);
  const perStep = [
    [10, 3],
    [25, 4],
  ];
  assert.deepEqual(data.stats.samples, {
    totalQueryableSamplesPerStep: perStep,
    totalQueryableSamples: 7,
    samplesReadPerStep: perStep,
    samplesRead: 6,
    seriesTouched: 2,
    peakSamples: 5,
  });
  assert.ok(data.stats.timings.execTotalTime > 0);
  assert.equal(api.asked[0].options.perStepStats, true);
});

/** Bad requests, with the words of Prometheus. */
const BAD: readonly (readonly [path: string, error: string])[] = [
  ["/query", 'invalid parameter "query": unknown position: parse error: no expression found in input'],
  ["/query?query=1%2B", 'invalid parameter "query": 1:3: parse error: unexpected end of input'],
  [
    "/query?query=1&time=x",
    `invalid parameter "time": invalid time value for 'time': cannot parse "x" to a valid timestamp`,
  ],
  [
    "/query?query=1&time=NaN",
    `invalid parameter "time": invalid time value for 'time': cannot parse "NaN" to a valid timestamp`,
  ],
  [
    "/query?query=1&time=1e30",
    `invalid parameter "time": invalid time value for 'time': cannot parse "1e30" to a valid timestamp`,
  ],
  [
    "/query?query=1&time=2023-02-30T00:00:00Z",
    `invalid parameter "time": invalid time value for 'time': cannot parse "2023-02-30T00:00:00Z" to a valid timestamp`,
  ],
  ["/query?query=1&timeout=5q", 'invalid parameter "timeout": cannot parse "5q" to a valid duration'],
  ["/query?query=1&limit=-1", 'invalid parameter "limit": limit must be non-negative'],
  ["/query?query=1&limit=x", 'invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax'],
  [
    "/labels?limit=9223372036854775808",
    'invalid parameter "limit": strconv.Atoi: parsing "9223372036854775808": value out of range',
  ],
  ["/query?query=1&timeout=0", 'invalid parameter "timeout": timeout must be positive, got 0s'],
  ["/query?query=1&timeout=-5", 'invalid parameter "timeout": timeout must be positive, got -5s'],
  [
    "/query?query=1&timeout=inf",
    'invalid parameter "timeout": cannot parse "inf" to a valid duration. It overflows int64',
  ],
  [
    "/query?query=1&lookback_delta=5q",
    'error parsing lookback delta duration: cannot parse "5q" to a valid duration',
  ],
  ["/query_range?query=a", 'invalid parameter "start": cannot parse "" to a valid timestamp'],
  [
    "/query_range?query=a&start=0&end=1&step=0",
    'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
  ],
  [
    "/query_range?query=a&start=2&end=1&step=1",
    'invalid parameter "end": end timestamp must not be before start time',
  ],
  [
    "/query_range?query=a&start=0&end=9223372037&step=9223372037",
    'invalid parameter "step": cannot parse "9223372037" to a valid duration. It overflows int64',
  ],
  [
    "/query_range?query=a[5m]&start=0&end=1&step=1",
    'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  ],
  [
    "/query_range?query='a'&start=0&end=1&step=1",
    'invalid parameter "query": invalid expression type "string" for range query, must be Scalar or instant Vector',
  ],
  [
    "/query_range?query=a&start=0&end=11001&step=1",
    "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
  ],
  [
    "/format_query?query=",
    'invalid parameter "query": unknown position: parse error: no expression found in input',
  ],
  ["/series", "no match[] parameter provided"],
  [
    "/series?match[]={a=''}",
    'invalid parameter "match[]": match[] must contain at least one non-empty matcher',
  ],
  ["/labels?match[]={a=''}", "match[] must contain at least one non-empty matcher"],
  ["/labels?match[]={a=''}&match[]=rate(a[5m])", '1:5: parse error: unexpected "("'],
  ["/label/a/values?match[]={", "1:2: parse error: unexpected end of input inside braces"],
  ["/query_exemplars?query=", "unknown position: parse error: no expression found in input"],
  ["/series?match[]=rate(a[5m])", 'invalid parameter "match[]": 1:5: parse error: unexpected "("'],
  [
    "/labels?end=x",
    `invalid parameter "end": invalid time value for 'end': cannot parse "x" to a valid timestamp`,
  ],
  ["/metadata?limit=x", "limit must be a number"],
  ["/status/tsdb?limit=0", "limit must be a positive number"],
  ["/status/tsdb?limit=10001", "limit must not exceed 10000"],
];

for (const [path, error] of BAD) {
  test(`bad: ${path}`, async () => {
    const api = await QueryGateway.open();
    const response = await api.fetch(`/api/v1${path}`);
    assert.deepEqual(await response.json(), { status: "error", errorType: "bad_data", error });
    assert.equal(response.status, 400);
    assert.equal(api.asked.length, 0);
  });
}

const FAILURES: readonly (readonly [error: unknown, status: number, errorType: string, message: string])[] = [
  [new HearthError("invalid", "many-to-many"), 422, "execution", "many-to-many"],
  [new HearthError("too large", "too many"), 422, "execution", "too many"],
  [new HearthError("unavailable", "throttled"), 503, "unavailable", "throttled"],
  [
    new HearthError("timed out", "query timed out in evaluation"),
    503,
    "timeout",
    "query timed out in evaluation",
  ],
  [new HearthError("data", "broken chunk"), 500, "internal", "broken chunk"],
  [new TypeError("x is undefined"), 500, "internal", "internal error; see the log"],
];

for (const [error, status, errorType, message] of FAILURES) {
  test(`an engine or a store that fails: ${message}`, async () => {
    const api = await QueryGateway.open();
    api.error = error;
    for (const path of ["/query?query=a", "/labels"]) {
      const response = await api.fetch(`/api/v1${path}`);
      assert.deepEqual(await response.json(), { status: "error", errorType, error: message });
      assert.equal(response.status, status);
      assert.equal(response.headers.has("Retry-After"), status === 503);
    }
    assert.equal(
      api.gateway.lastLine.fields.errorKind,
      error instanceof HearthError ? error.kind : "internal",
    );
  });
}

test("a client that goes away is told so, should it still listen", async () => {
  const api = await QueryGateway.open();
  const controller = new AbortController();
  api.error = new HearthError("unavailable", "given up");
  const request = api.fetch("/api/v1/query?query=a", { signal: controller.signal });
  controller.abort();
  const response = await request;
  assert.equal(response.status, 499);
  assert.equal(((await response.json()) as { errorType: string }).errorType, "canceled");
});

test("a key that may read is needed", async () => {
  const api = await QueryGateway.open();
  await api.gateway.addKey({ id: "HKW", scopes: ["write"] });
  const nobody = await api.gateway.fetch("/api/v1/query?query=1");
  assert.equal(nobody.status, 401);
  assert.match(nobody.headers.get("WWW-Authenticate") ?? "", /^Basic/);
  assert.equal(((await nobody.json()) as { errorType: string }).errorType, "unauthorized");
  const writer = await api.fetch("/api/v1/query?query=1", { headers: { Authorization: basic("HKW") } });
  assert.equal(writer.status, 403);
  assert.equal(((await writer.json()) as { errorType: string }).errorType, "forbidden");
});

test("status/tsdb counts the series of the current day", async () => {
  const api = await QueryGateway.open();
  api.gateway.nowMs = Date.UTC(2026, 4, 1, 7);
  api.seriesFound = () =>
    ["a", "b", "bc"].map((job, i) =>
      labelSetOf([
        ["__name__", i === 0 ? "up" : "down"],
        ["job", job],
      ]),
    );
  const { data } = (await api.json("/api/v1/status/tsdb?limit=2")) as { data: unknown };
  const [{ matchers, minTime, maxTime }] = api.selections;
  assert.deepEqual([matchers, minTime], [[], Date.UTC(2026, 4, 1)]);
  assert.equal(Math.trunc(maxTime / 1000), Date.UTC(2026, 4, 1, 7) / 1000);
  assert.deepEqual(data, {
    headStats: { numSeries: 3, numLabelPairs: 5, chunkCount: 0, minTime, maxTime },
    seriesCountByMetricName: [
      { name: "down", value: 2 },
      { name: "up", value: 1 },
    ],
    labelValueCountByLabelName: [
      { name: "job", value: 3 },
      { name: "__name__", value: 2 },
    ],
    memoryInBytesByLabelName: [
      { name: "__name__", value: 10 },
      { name: "job", value: 4 },
    ],
    seriesCountByLabelValuePair: [
      { name: "__name__=down", value: 2 },
      { name: "__name__=up", value: 1 },
    ],
  });
});

test("other methods are refused, with the ones that are not", async () => {
  const api = await QueryGateway.open();
  const put = await api.fetch("/api/v1/query", { method: "PUT" });
  assert.equal(put.status, 405);
  assert.equal(put.headers.get("Allow"), "GET, POST");
  const post = await api.post("/api/v1/label/job/values", {});
  assert.equal(post.headers.get("Allow"), "GET");
});

test("a form that is too long is refused", async () => {
  const api = await QueryGateway.open();
  const response = await api.post("/api/v1/query", { query: "x".repeat(5_000_000) });
  assert.equal(response.status, 422);
  assert.equal(api.asked.length, 0);
});

test("expressions are formatted and parsed", async () => {
  const api = await QueryGateway.open();
  assert.deepEqual(await api.json("/api/v1/format_query?query=sum(a)by(b)"), {
    status: "success",
    data: "sum by (b) (a)",
  });
  const parsed = await api.post("/api/v1/parse_query", { query: '-foo{a="b"}[5m:1m] offset 1h > bool 1' });
  assert.equal(parsed.status, 400);
  const { data } = (await (
    await api.post("/api/v1/parse_query", { query: "rate(foo[5m] @ 1.5) > bool 1" })
  ).json()) as {
    data: unknown;
  };
  const range = {
    type: "matrixSelector",
    name: "foo",
    range: 300_000,
    rangeExpr: null,
    offset: 0,
    offsetExpr: null,
    matchers: [{ name: "__name__", value: "foo", type: "=" }],
    timestamp: 1500,
    startOrEnd: null,
    anchored: false,
    smoothed: false,
  };
  const func = { name: "rate", argTypes: ["matrix"], variadic: 0, returnType: "vector" };
  assert.deepEqual(data, {
    type: "binaryExpr",
    op: ">",
    lhs: { type: "call", func, args: [range] },
    rhs: { type: "numberLiteral", val: "1" },
    matching: null,
    bool: true,
  });
});

test("labels: of everything, of several selectors, limited", async () => {
  const api = await QueryGateway.open();
  assert.deepEqual(await api.json("/api/v1/labels"), { status: "success", data: ["__name__", "job"] });
  const { matchers, minTime, maxTime } = api.selections.pop()!;
  assert.deepEqual([matchers, minTime, maxTime], [[], -9_223_309_901_257_974_000, 9_223_309_901_257_975_000]);
  api.labelNames = ({ matchers }) => ["__name__", matchers[0].value];
  const body = await api.json("/api/v1/labels?match[]=z&match[]=a&start=1&end=2&limit=2");
  assert.deepEqual(body, {
    status: "success",
    data: ["__name__", "a"],
    warnings: ["results truncated due to limit"],
  });
  assert.deepEqual(
    api.selections.map(({ matchers, minTime, maxTime }) => [textOf(matchers), minTime, maxTime]),
    [
      ["__name__=z", 1000, 2000],
      ["__name__=a", 1000, 2000],
    ],
  );
});

const NAMES: readonly (readonly [inPath: string, name: string])[] = [
  ["job", "job"],
  ["a.b", "a.b"],
  ["a%2Fb%20c", "a/b c"],
  ["U__a_2e_b__c_1F600_", "a.b_c😀"],
  ["U__a_zz_", "U__a_zz_"],
  ["U__a_", "U__a_"],
  ["U___110000_", "U___110000_"],
];

for (const [inPath, name] of NAMES) {
  test(`values of the label ${name}, which is ${inPath} in the path`, async () => {
    const api = await QueryGateway.open();
    assert.deepEqual(await api.json(`/api/v1/label/${inPath}/values`), {
      status: "success",
      data: [name, "b"],
    });
  });
}

test("series of several selectors, each once", async () => {
  const api = await QueryGateway.open();
  const [a, b]: LabelSet[] = [
    [["__name__", "a"]],
    [
      ["__name__", "b"],
      ["ä", '"'],
    ],
  ];
  api.seriesFound = ({ matchers }) => (matchers[0].value === "x" ? [b] : [a, b]);
  const body = await api.json("/api/v1/series?match[]=x&match[]=y");
  assert.deepEqual(body, { status: "success", data: [{ __name__: "a" }, { __name__: "b", ä: '"' }] });
  assert.deepEqual(await api.json("/api/v1/series?match[]=y&limit=1"), {
    status: "success",
    data: [{ __name__: "a" }],
    warnings: ["results truncated due to limit"],
  });
});

test("large answers stream, compressed for who takes it, and are one log line", async () => {
  const api = await QueryGateway.open();
  const points = Array.from({ length: 40_000 }, (_, i) => [i * 1000, i] as const);
  api.value = { type: "matrix", series: [series({ a: "1" }, points), series({ a: "2" }, points)] };
  const path = `/api/v1/query_range?query=a&start=0&end=5000&step=1`;
  const plain = await api.fetch(path);
  assert.equal(plain.headers.get("Content-Encoding"), null);
  const text = await plain.text();
  assert.equal(JSON.parse(text).data.result[1].values.length, 40_000);
  assert.ok(text.length > 2 * 512 * 1024);
  const zipped = await api.fetch(path, { headers: { "Accept-Encoding": "br;q=1.0, gzip;q=0.8" } });
  assert.equal(zipped.headers.get("Content-Encoding"), "gzip");
  const bytes = Buffer.from(await zipped.arrayBuffer());
  assert.ok(bytes.length < text.length / 2, `${bytes.length} of ${text.length}`);
  assert.equal(gunzipSync(bytes).toString(), text);
  const refused = await api.fetch(path, { headers: { "Accept-Encoding": "gzip;q=0, *" } });
  assert.equal(refused.headers.get("Content-Encoding"), null);
  await refused.body?.cancel();
  assert.equal(api.gateway.lines.length, 3);
  assert.deepEqual([api.gateway.lastLine.fields.series, api.gateway.lastLine.fields.samples], [2, 7]);
});

test("large answers that stream at the same time do not meet", async () => {
  const api = await QueryGateway.open();
  const path = `/api/v1/query_range?query=a&start=0&end=5000&step=1`;
  const answers: Response[] = [];
  for (const value of [1, 2.5]) {
    const points = Array.from({ length: 60_000 }, (_, i) => [i * 1000, value] as const);
    // A label of which nothing is ASCII fills three bytes a character.
    const all = [series({ a: "1" }, points), series({ a: "ä€".repeat(200_000) }, points.slice(0, 1500))];
    api.value = { type: "matrix", series: all };
    answers.push(await api.fetch(path));
  }
  const texts = ["", ""];
  const readers = answers.map(({ body }) => body!.pipeThrough(new TextDecoderStream()).getReader());
  for (let isOpen = true; isOpen; ) {
    isOpen = false;
    for (const [i, reader] of readers.entries()) {
      const { value, done } = await reader.read();
      texts[i] += value ?? "";
      if (!done) isOpen = true;
    }
  }
  for (const [i, value] of ["1", "2.5"].entries()) {
    const [first, second] = JSON.parse(texts[i]).data.result;
    assert.equal(second.metric.a, "ä€".repeat(200_000));
    const times = (count: number) => Array.from({ length: count }, (_, at) => [at, value]);
    assert.deepEqual([first.values, second.values], [times(60_000), times(1500)]);
  }
});

test("answers that are whole are compressed where that pays", async () => {
  const api = await QueryGateway.open();
  for (const [points, encoding] of [
    [20, null],
    [200, "gzip"],
  ] as const) {
    const values = Array.from({ length: points }, (_, i) => [i * 1000, i] as const);
    api.value = { type: "matrix", series: [series({ a: "1" }, values)] };
    const path = `/api/v1/query_range?query=a&start=0&end=5000&step=1`;
    const text = await (await api.fetch(path)).text();
    const answer = await api.fetch(path, { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(answer.headers.get("Content-Encoding"), encoding);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal((encoding === null ? bytes : gunzipSync(bytes)).toString(), text);
  }
});

/** What the document says of answers, in all their kinds. */
const DOCUMENTED: readonly (readonly [path: string, inDocument: string])[] = [
  ["/query?query=1&stats=all", "/query"],
  [`/query_range?query=1&stats=true&${RANGE}`, "/query_range"],
  ["/query?query=", "/query"],
  ["/query_exemplars?query=a", "/query_exemplars"],
  ["/format_query?query=a", "/format_query"],
  ["/parse_query?query=a", "/parse_query"],
  ["/series?match[]=a", "/series"],
  ["/labels?limit=1", "/labels"],
  ["/label/job/values", "/label/{name}/values"],
  ["/metadata", "/metadata"],
  ["/metadata?metric=a&limit_per_metric=1", "/metadata"],
  ["/rules", "/rules"],
  ["/alerts", "/alerts"],
  ["/status/buildinfo", "/status/buildinfo"],
  ["/status/tsdb?limit=3", "/status/tsdb"],
];

/** Takes from a buildinfo what Grafana knows of Mimir's and the document does not. */
function takeRulesInGrafana(data: { application?: string; features?: object }): void {
  assert.equal(data.application, "Grafana Mimir");
  assert.deepEqual(data.features, { ruler_config_api: "true", alertmanager_config_api: "false" });
  delete data.application;
  delete data.features;
}

test("answers are as Prometheus' OpenAPI document has them", {
  skip: withoutUpstream("openApi"),
}, async () => {
  const openApi = readOpenApi();
  const api = await QueryGateway.open();
  api.warnings = ["careful"];
  api.seriesFound = () => [[["a", "b"]]];
  api.perStep = Float64Array.of(1);
  const vector = { type: "vector", timestampMs: 0, series: [series({ a: "b" }, [[0, 1]])] } as const;
  const matrix = {
    type: "matrix",
    series: [
      series({ a: "b" }, [
        [0, 1],
        [1, 2],
      ]),
    ],
  } as const;
  const scalar = { type: "scalar", timestampMs: 0, value: 1 } as const;
  // A string's time is a number here as in Prometheus; the document says that it is a string.
  for (const value of [vector, matrix, scalar]) {
    api.value = value;
    for (const [path, inDocument] of DOCUMENTED) {
      const response = await api.fetch(`/api/v1${path}`);
      assert.equal(response.status, path.endsWith("query=") ? 400 : 200);
      const body = (await response.json()) as { data: Parameters<typeof takeRulesInGrafana>[0] };
      if (inDocument === "/status/buildinfo") takeRulesInGrafana(body.data);
      openApi.check(inDocument, "get", response, body);
    }
  }
  api.error = new HearthError("invalid", "no");
  const failed = await api.post("/api/v1/query", { query: "1" });
  openApi.check("/query", "post", failed, await failed.json());
});
