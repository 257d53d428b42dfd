import assert from "node:assert/strict";
import test from "node:test";
import { type LabelSet, labelSetOf } from "../../../lib/model/labels.ts";
import { QueryGateway, series } from "../../helpers/query-gateway.ts";

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
