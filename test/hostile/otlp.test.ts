/**
 * OTLP bodies that are small for what they made the decoder do: minutes of CPU, gigabytes, or an internal error. Each is
 * answered in a second or two; the time-outs are far from that, and from what such a body took.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync } from "node:zlib";
import {
  exemplarsTimesBounds,
  longResourceAttribute,
  pointsUnder,
  pointWith,
  resourceAttributesTimesPoints,
} from "../../bench/hostile/otlp-bodies.ts";
import { DEFAULT_OTLP_SETTINGS, type OtlpSettings } from "../../lib/otlp/settings.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { TestGateway } from "../helpers/test-gateway.ts";

const MB = 1_000_000;
const TIMEOUT = { timeout: 60_000 };
const PATH = "/api/v1/otlp/v1/metrics";
/** Everything that adds labels. */
const ALL_LABELS: OtlpSettings = {
  ...DEFAULT_OTLP_SETTINGS,
  promoteResourceAttributes: "all",
  promoteScopeMetadata: true,
  keepIdentifyingResourceAttributes: true,
};

async function send(body: Uint8Array, settings = DEFAULT_OTLP_SETTINGS) {
  const gateway = await TestGateway.open({}, settings);
  const response = await gateway.post(PATH, gzipSync(body), { "Content-Encoding": "gzip" });
  const text = await response.text();
  assert.ok(text.length < 10_000, `${text.length} characters`);
  assert.ok(response.status < 500, text);
  return { status: response.status, text, fields: gateway.lastLine.fields };
}

async function sendJson(body: unknown, settings = DEFAULT_OTLP_SETTINGS) {
  const gateway = await TestGateway.open({}, settings);
  const headers = { "Content-Type": "application/json", "Content-Encoding": undefined };
  const response = await gateway.post(PATH, JSON.stringify(body), headers);
  return { status: response.status, text: await response.text(), fields: gateway.lastLine.fields };
}

test("100,000 exemplars times 100,000 bounds are sorted in by halves", TIMEOUT, async () => {
  const { status, fields } = await send(exemplarsTimesBounds(99_999, 99_999, MIDNIGHT_MS));
  assert.equal(status, 200);
  assert.equal(fields.rejected, undefined);
});

test(
  "more exemplars or bounds than a request may have are refused before they are looked at",
  TIMEOUT,
  async () => {
    assert.equal((await send(exemplarsTimesBounds(100_001, 1000, MIDNIGHT_MS))).status, 413);
    assert.equal((await send(exemplarsTimesBounds(10, 300_000, MIDNIGHT_MS))).status, 413);
  },
);

test(
  "a resource attribute of 30 MB, hours between its points, takes memory of a few times that",
  TIMEOUT,
  async () => {
    const body = longResourceAttribute(30 * MB, 5, MIDNIGHT_MS);
    for (const settings of [DEFAULT_OTLP_SETTINGS, ALL_LABELS]) {
      const before = process.memoryUsage.rss();
      const { status, fields } = await send(body, settings);
      assert.equal(status, 200);
      assert.match(String(fields.reasons), /target_info: .*at most 65536/);
      // It was 3,300 MB.
      assert.ok(process.memoryUsage.rss() - before < 500 * MB);
    }
  },
);

for (const [what, texts] of [
  ["a scope's name", { scope: { name: "x".repeat(16 * MB) } }],
  ["a scope's version", { scope: { version: "x".repeat(16 * MB) } }],
  ["a scope's attribute", { scope: { value: "x".repeat(16 * MB) } }],
  ["the key of a scope's attribute", { scope: { key: "x".repeat(16 * MB) } }],
  ["a resource's attribute", { resource: [["long", "x".repeat(16 * MB)]] }],
  ["the key of a resource's attribute", { resource: [["x".repeat(16 * MB), "v"]] }],
  ["a resource's service.name", { resource: [["service.name", "x".repeat(16 * MB)]] }],
  ["a metric's name", { metric: { name: "x".repeat(16 * MB) } }],
  ["a metric's name of many words", { metric: { name: "x.".repeat(8 * MB) } }],
  ["a metric's unit", { metric: { unit: "x".repeat(16 * MB) } }],
  ["a metric's unit of many words", { metric: { unit: "x/".repeat(8 * MB) } }],
] as const) {
  test(`100,000 data points under ${what} of 16 MB are refused by name`, TIMEOUT, async () => {
    const { status, text } = await send(pointsUnder(texts, 100_000, MIDNIGHT_MS), ALL_LABELS);
    assert.equal(status, 200);
    assert.match(text, /at most \d+ are allowed/);
  });
}

test("100,000 data points under a description of 16 MB", TIMEOUT, async () => {
  const { status } = await send(
    pointsUnder({ metric: { description: "x".repeat(16 * MB) } }, 100_000, MIDNIGHT_MS),
  );
  assert.equal(status, 200);
});

test("100,000 attributes of a resource times 100,000 data points", TIMEOUT, async () => {
  const { text } = await send(resourceAttributesTimesPoints(100_000, 100_000, MIDNIGHT_MS), ALL_LABELS);
  assert.match(text, /more than 128 labels/);
});

for (const idField of [4, 5] as const) {
  const name = idField === 4 ? "spanId" : "traceId";
  test(`an exemplar's ${name} of 8 MB is none`, TIMEOUT, async () => {
    const { status, text } = await send(
      pointWith({ id: new Uint8Array(8 * MB).fill(1), idField }, MIDNIGHT_MS),
    );
    assert.equal(status, 200, text);
    const exemplars = [{ timeUnixNano: "1", [name]: "ab".repeat(2 * MB) }];
    const dataPoints = [{ timeUnixNano: `${MIDNIGHT_MS}000000`, asInt: "1", exemplars }];
    const sum = { aggregationTemporality: 2, dataPoints };
    const metrics = [{ name: "m", sum }];
    const json = await sendJson({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
    assert.equal(json.status, 200, json.text);
  });
}

test("attributes of 16 MB of a point and its exemplar", TIMEOUT, async () => {
  for (const texts of [{ value: "x".repeat(8 * MB) }, { key: "x".repeat(8 * MB) }]) {
    const { status, text } = await send(pointWith(texts, MIDNIGHT_MS));
    assert.equal(status, 200);
    assert.match(text, /at most 65536/);
  }
});

/** What JSON can say a number is. */
const NUMBERS = [
  "NaN",
  "Infinity",
  "-Infinity",
  -1,
  0.5,
  "1e400",
  1e308,
  -1e308,
  2 ** 53 + 2,
  "99999999999999999999",
  2 ** 31,
  -(2 ** 31) - 1,
  null,
];

function exponential(change: Record<string, unknown>, positive: Record<string, unknown> = {}) {
  return {
    exponentialHistogram: {
      aggregationTemporality: 2,
      dataPoints: [
        {
          timeUnixNano: `${MIDNIGHT_MS}000000`,
          count: "2",
          scale: 2,
          zeroCount: "0",
          positive: { offset: 1, bucketCounts: ["1", "1"], ...positive },
          ...change,
        },
      ],
    },
  };
}

function explicit(change: Record<string, unknown>) {
  const point = {
    timeUnixNano: `${MIDNIGHT_MS}000000`,
    count: "3",
    sum: 1,
    bucketCounts: ["1", "1", "1"],
    explicitBounds: [1, 2],
    ...change,
  };
  return { histogram: { aggregationTemporality: 2, dataPoints: [point] } };
}

function summary(change: Record<string, unknown>, quantile: Record<string, unknown> = {}) {
  const quantileValues = [{ quantile: 0.5, value: 1, ...quantile }];
  const point = { timeUnixNano: `${MIDNIGHT_MS}000000`, count: "1", sum: 1, quantileValues, ...change };
  return { summary: { dataPoints: [point] } };
}

const FIELDS: readonly (readonly [what: string, make: (number: unknown) => unknown])[] = [
  ...["count", "sum", "scale", "zeroCount", "flags"].map(
    (name) => [`exponential ${name}`, (n: unknown) => exponential({ [name]: n })] as const,
  ),
  ["exponential counts in halves", () => exponential({ count: 1.5 }, { bucketCounts: [0.5, 1] })],
  ["explicit counts in halves", () => explicit({ count: 1.5, bucketCounts: [0.5, 1, 0] })],
  ["exponential offset", (n) => exponential({}, { offset: n })],
  ["exponential bucketCounts", (n) => exponential({}, { bucketCounts: [n, 1] })],
  ["exponential of a fine scale, offset", (n) => exponential({ scale: 20 }, { offset: n })],
  ...["count", "sum", "flags"].map(
    (name) => [`explicit ${name}`, (n: unknown) => explicit({ [name]: n })] as const,
  ),
  ["explicit bucketCounts", (n) => explicit({ bucketCounts: [n, 1, 1] })],
  ["explicit explicitBounds", (n) => explicit({ explicitBounds: [n, 2] })],
  ...["count", "sum", "flags"].map(
    (name) => [`summary ${name}`, (n: unknown) => summary({ [name]: n })] as const,
  ),
  ["summary quantile", (n) => summary({}, { quantile: n })],
  ["summary value", (n) => summary({}, { value: n })],
];

test("counts of a native histogram that are not whole are refused, not rounded", async () => {
  const settings = { ...DEFAULT_OTLP_SETTINGS, convertHistogramsToNhcb: true };
  for (const data of [
    exponential({ count: 1.5 }, { bucketCounts: [0.5, 1] }),
    explicit({ count: 1.5, bucketCounts: [0.5, 1, 0] }),
  ]) {
    const metrics = [{ name: "m", ...data }];
    const { text } = await sendJson({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }, settings);
    assert.match(text, /not whole/);
  }
});

for (const convertHistogramsToNhcb of [false, true]) {
  test(`no number of JSON is an internal error, native histograms ${convertHistogramsToNhcb}`, async () => {
    for (const [what, make] of FIELDS) {
      for (const number of NUMBERS) {
        const metrics = [{ name: "m", ...(make(number) as object) }];
        const { status, text } = await sendJson(
          { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] },
          { ...DEFAULT_OTLP_SETTINGS, convertHistogramsToNhcb },
        );
        assert.ok(status === 200 || status === 400, `${what} = ${number}: ${status} ${text}`);
      }
    }
  });
}
