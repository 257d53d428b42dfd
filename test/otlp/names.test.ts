import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HearthError } from "../../lib/model/errors.ts";
import { labelName } from "../../lib/otlp/label-name.ts";
import {
  type MetricNaming,
  metricName,
  type NamedKind,
  namingOf,
  TRANSLATION_STRATEGIES,
} from "../../lib/otlp/metric-name.ts";
import { printFloat } from "../../lib/otlp/print-float.ts";
import { unitName } from "../../lib/otlp/unit-name.ts";
import { withoutUpstream } from "../helpers/upstream.ts";
import { readNamingCases } from "./upstream-names.ts";

const KINDS: Readonly<Record<string, NamedKind>> = { Gauge: "gauge", MonotonicCounter: "monotonic counter" };
const withoutCases = withoutUpstream("metricNamerTest");

describe("the cases of otlptranslator", { skip: withoutCases }, () => {
  if (withoutCases !== false) return;
  for (const { name, namespace, allowUtf8, withSuffixes, metric, ...want } of readNamingCases()) {
    test(name, () => {
      const naming: MetricNaming = { allowUtf8, withSuffixes, namespace };
      const build = () => metricName(metric.name, metric.unit, KINDS[metric.type] ?? "other", naming);
      if (want.fails) assert.throws(build, HearthError);
      else assert.equal(build(), want.metricName);
      if (withSuffixes) assert.equal(unitName(metric.unit, allowUtf8), want.unitName);
    });
  }
});

/** A name, unit and kind, and what becomes of it by each strategy, in their order. */
const NAMES: readonly (readonly [name: string, unit: string, kind: NamedKind, names: readonly string[]])[] = [
  [
    "http.server.duration",
    "ms",
    "other",
    [
      "http_server_duration_milliseconds",
      "http_server_duration",
      "http.server.duration_milliseconds",
      "http.server.duration",
    ],
  ],
  ["requests", "{req}", "monotonic counter", ["requests_total", "requests", "requests_total", "requests"]],
  ["a.total.b", "", "monotonic counter", ["a_b_total", "a_total_b", "a.total.b_total", "a.total.b"]],
  [
    "a_total",
    "By/s",
    "monotonic counter",
    ["a_bytes_per_second_total", "a_total", "a_bytes_per_second_total", "a_total"],
  ],
  ["load", "1", "gauge", ["load_ratio", "load", "load_ratio", "load"]],
  ["load", "1", "other", ["load", "load", "load", "load"]],
  ["9lives", "", "gauge", ["_9lives", "_9lives", "9lives", "9lives"]],
  ["größe", "By", "gauge", ["gr_e_bytes", "gr_e", "größe_bytes", "größe"]],
  [
    "disk__free_bytes",
    "By",
    "gauge",
    ["disk_free_bytes", "disk__free_bytes", "disk__free_bytes", "disk__free_bytes"],
  ],
  ["a:b", "/s", "gauge", ["a:b_per_second", "a:b", "a:b_per_second", "a:b"]],
];

for (const [name, unit, kind, names] of NAMES) {
  test(`${name} in ${unit || "nothing"}, a ${kind}`, () => {
    const made = TRANSLATION_STRATEGIES.map((strategy) => metricName(name, unit, kind, namingOf(strategy)));
    assert.deepEqual(made, names);
  });
}

test("a name of which nothing is left is refused", () => {
  for (const name of ["", "@#$", "_@_"]) {
    assert.throws(
      () => metricName(name, "", "gauge", namingOf("UnderscoreEscapingWithoutSuffixes")),
      HearthError,
      name,
    );
  }
});

test("labels", () => {
  const escaped = ["http.method", "9x", "_u", "__r", "a..b", "ü", "job", "_"].map((key) =>
    labelName(key, false),
  );
  assert.deepEqual(escaped, ["http_method", "key_9x", "key_u", "__r", "a__b", "key_", "job", "key_"]);
  assert.equal(labelName("http.method", true), "http.method");
  for (const key of ["", "__", "..."]) assert.throws(() => labelName(key, false), HearthError, key);
  for (const key of ["", "_"]) assert.throws(() => labelName(key, true), HearthError, key);
});

/** As Go prints them: `strconv.FormatFloat(x, 'f', -1, 64)`. */
const FLOATS: readonly (readonly [number, string])[] = [
  [0, "0"],
  [-0, "-0"],
  [5, "5"],
  [0.005, "0.005"],
  [1e21, "1000000000000000000000"],
  [1.5e22, "15000000000000000000000"],
  [123456789012345680000, "123456789012345680000"],
  [1.2345e-7, "0.00000012345"],
  [1e-7, "0.0000001"],
  [-1e300, `-1${"0".repeat(300)}`],
  [5e-324, `0.${"0".repeat(323)}5`],
  [Number.POSITIVE_INFINITY, "+Inf"],
  [Number.NEGATIVE_INFINITY, "-Inf"],
  [Number.NaN, "NaN"],
];
for (const [value, text] of FLOATS)
  test(`${value} is printed in full`, () => assert.equal(printFloat(value), text));
