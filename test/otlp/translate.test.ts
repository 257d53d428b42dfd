import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HearthError } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { decodeOtlpJson } from "../../lib/otlp/decode-json.ts";
import { decodeOtlpProtobuf } from "../../lib/otlp/decode-protobuf.ts";
import type { ResourceMetrics } from "../../lib/otlp/metrics.ts";
import { DEFAULT_OTLP_SETTINGS, type OtlpSettings } from "../../lib/otlp/settings.ts";
import { targetInfoTimes } from "../../lib/otlp/target-info.ts";
import { translateMetrics } from "../../lib/otlp/translate.ts";
import { batchLines, batchMetadata, readFixture, readGolden } from "./golden.ts";

const golden = readGolden();

/** Series that are stored: a label set that can be none says why when it is stored. */
function assertSame(actual: readonly string[], expected: readonly string[]): void {
  const at = expected.findIndex((line, i) => line !== actual[i]);
  if (at >= 0) assert.equal(actual[at], expected[at], `line ${at} of ${expected.length}`);
  assert.equal(actual.length, expected.length);
}

const limits = { ...DEFAULT_LIMITS, maxRequestSeries: 200_000 };
const translate = (resources: readonly ResourceMetrics[], settings: Partial<OtlpSettings> = {}) =>
  translateMetrics(resources, { ...DEFAULT_OTLP_SETTINGS, ...settings }, limits);

describe("as Prometheus 3.16 translates", () => {
  for (const { name, settings, json, protobuf, lines, metadata, error } of golden) {
    for (const [encoding, decode] of [
      ["JSON", () => decodeOtlpJson(json)],
      ["protobuf", () => decodeOtlpProtobuf(protobuf)],
    ] as const) {
      test(`${name}, from ${encoding}`, () => {
        const { batch, rejectedPoints, reasons } = translate(decode(), settings);
        assertSame(batchLines(batch), lines);
        assert.deepEqual(batchMetadata(batch).toSorted(), metadata.toSorted());
        assert.deepEqual([rejectedPoints > 0, reasons.length > 0], [error !== "", error !== ""]);
      });
    }
  }
});

/** A request with one histogram, or gauge, of a resource. */
function requestOf(attributes: readonly object[], metric: object): ResourceMetrics[] {
  const scopeMetrics = [{ scope: {}, metrics: [{ name: "m", ...metric }] }];
  const body = { resourceMetrics: [{ resource: { attributes }, scopeMetrics }] };
  return decodeOtlpJson(new TextEncoder().encode(JSON.stringify(body)));
}

describe("as Prometheus 3.16 translates infinite and colliding attributes", () => {
  test("a bucket that names +Inf as its bound is that of the count, once", () => {
    const exemplars = [9, 1].map((value) => ({ timeUnixNano: `${value}000000`, asDouble: value }));
    const point = {
      timeUnixNano: "5000000",
      count: "7",
      bucketCounts: ["1", "2"],
      explicitBounds: [2, "Infinity"],
      exemplars: [...exemplars, { timeUnixNano: "1000000", asDouble: 8 }],
    };
    const metric = { histogram: { aggregationTemporality: 2, dataPoints: [point] } };
    const lines = batchLines(translate(requestOf([], metric)).batch).filter((line) => line.includes('"le"'));
    assert.equal(lines.length, 2);
    assert.match(lines[0], /"le","2".*\| 3ff0000000000000 \| \[\] 1 1$/);
    assert.match(lines[1], /"le","\+Inf".*\| 401c000000000000 \| \[\] 8 1 \| \[\] 9 9$/);
  });

  test("of promoted attributes that map to one label the last one counts", () => {
    const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
    const metric = { gauge: { dataPoints: [{ timeUnixNano: "5000000", asDouble: 1 }] } };
    const labelsOf = (...values: string[]) => {
      const attributes = values.map((value, i) => attribute(["a.b", "a/b", "a-b"][i], value));
      const { batch } = translate(requestOf(attributes, metric), { promoteResourceAttributes: "all" });
      return batchLines(batch)[0].split(" | ")[0];
    };
    assert.equal(labelsOf("1", "2", "3"), '[["__name__","m"],["a_b","3"]]');
    assert.equal(labelsOf("1", "2", ""), '[["__name__","m"]]');
  });
});

describe("bodies of the OpenTelemetry JavaScript SDK", () => {
  test("protobuf says what JSON said, but for the times", () => {
    const shape = (name: string, decode: (body: Uint8Array) => ResourceMetrics[]) =>
      batchLines(translate(decode(readFixture(name))).batch).map((line) =>
        line.replace(/ \| \d+ since \d+/, ""),
      );
    assertSame(
      shape("js-0.223-proto-cumulative.bin", decodeOtlpProtobuf),
      shape("js-0.223-json-cumulative.json", decodeOtlpJson),
    );
  });

  test("delta is refused, metric by metric, and what has no temporality is taken", () => {
    const resources = decodeOtlpProtobuf(readFixture("js-0.223-proto-delta.bin"));
    const { batch, pointCount, rejectedPoints, reasons } = translate(resources);
    assert.equal(pointCount, 5);
    assert.equal(rejectedPoints, 3);
    assert.match(reasons[0], /delta temporality is not accepted here: set the exporter's/);
    assert.ok(batchLines(batch).some((line) => line.includes('"temp_celsius"')));
  });
});

/** A request with one gauge, whose point has these fields too. */
function gauge(point: object, metric: object = {}, resource: object[] = []): ResourceMetrics[] {
  const dataPoints = [{ timeUnixNano: "1000000", asDouble: 1, ...point }];
  const metrics = [{ name: "x", gauge: { dataPoints }, ...metric }];
  const request = { resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ metrics }] }] };
  return decodeOtlpJson(new TextEncoder().encode(JSON.stringify(request)));
}

describe("what is refused, and the rest is taken", () => {
  const exponential = (point: object) => ({
    gauge: null,
    exponentialHistogram: {
      aggregationTemporality: 2,
      dataPoints: [{ timeUnixNano: "1000000", count: 1, ...point }],
    },
  });
  const CASES: readonly (readonly [string, ResourceMetrics[], RegExp])[] = [
    [
      "an attribute without a key",
      gauge({ attributes: [{ key: "", value: { stringValue: "a" } }] }),
      /an empty key/,
    ],
    [
      "a key of which nothing is left",
      gauge({ attributes: [{ key: "__", value: { stringValue: "a" } }] }),
      /no label can/,
    ],
    ["a metric without a name", gauge({}, { name: "" }), /metric name "": nothing of it/],
    ["a scale below -4", gauge({}, exponential({ scale: -5 })), /scale -5: at least -4/],
    [
      "counts that do not add up",
      gauge({}, exponential({ zeroCount: 2 })),
      /2 observations in the buckets, but a count of 1/,
    ],
    ["a count of 2^53", gauge({}, exponential({ count: "9007199254740993" })), /at most 2\^53 - 1/],
  ];
  for (const [name, resources, reason] of CASES) {
    test(name, () => {
      const { rejectedPoints, reasons, batch } = translate([...resources, ...gauge({})]);
      assert.match(reasons.join(), reason);
      assert.equal(rejectedPoints, reasons.length);
      assert.ok(batchLines(batch).some((line) => line.startsWith('[["__name__","x"]]')));
    });
  }

  test("a metric of a kind that is not known, whose points nobody can count, counts as one point", () => {
    const { rejectedPoints, pointCount, reasons } = translate(gauge({}, { gauge: null }));
    assert.deepEqual([rejectedPoints, pointCount], [1, 1]);
    assert.match(reasons.join(), /metric "x": a kind of metric that is not known/);
  });

  test("a hundred reasons are ten", () => {
    const resources = Array.from({ length: 100 }, (_, i) =>
      gauge({}, { name: `${"@".repeat(i + 1)}` }),
    ).flat();
    const { rejectedPoints, reasons } = translate(resources);
    assert.deepEqual([rejectedPoints, reasons.length], [100, 10]);
  });

  test("a resource that cannot be translated refuses its points, not others'", () => {
    const promoted = gauge({}, {}, [{ key: "__", value: { stringValue: "a" } }]);
    const { rejectedPoints, batch } = translate([...promoted, ...gauge({})], {
      promoteResourceAttributes: "all",
    });
    assert.deepEqual([rejectedPoints, batchLines(batch).length], [1, 1]);
  });
});

test("target_info has 97 samples at most, however far apart the points are", () => {
  const far = gauge({ timeUnixNano: "1000000" }, {}, [])[0];
  const [near] = gauge({ timeUnixNano: "1795337468486000000" });
  const times = targetInfoTimes({ attributes: [], scopes: [...far.scopes, ...near.scopes] });
  assert.equal(times.length, 97);
  assert.equal(times.at(-1), 1795337468486);
});

test("more series than may be are refused as a whole", () => {
  const resources = Array.from({ length: 11 }, () => gauge({})).flat();
  const few = { ...limits, maxRequestSeries: 10 };
  assert.throws(
    () => translateMetrics(resources, DEFAULT_OTLP_SETTINGS, few),
    (error) => error instanceof HearthError && error.kind === "too large",
  );
});
