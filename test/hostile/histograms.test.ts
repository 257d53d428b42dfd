/** Native histograms that no client makes: refused in words, or stored and evaluated in time in proportion to their buckets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addHistograms } from "../../lib/histogram/pair.ts";
import { isReset } from "../../lib/histogram/reset.ts";
import { addToSum, startSum } from "../../lib/histogram/sum.ts";
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "../../lib/model/histogram.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { histogram } from "../helpers/histograms.ts";
import { TestGateway } from "../helpers/test-gateway.ts";
import { encodeMessage, type Fields } from "../wire/prometheus-proto.ts";

const BUCKETS = 6000;
const TIMES = 100;
const MAX_CPU_MS = 1500;

/** Custom buckets; the last bound differs by `i`. */
function custom(i: number): Histogram {
  return histogram({
    schema: CUSTOM_BUCKETS_SCHEMA,
    customBounds: Float64Array.from({ length: BUCKETS }, (_, at) => (at === BUCKETS - 1 ? at + i / 7 : at)),
    positive: { spans: [{ offset: 0, length: BUCKETS }], counts: new Float64Array(BUCKETS).fill(1) },
  });
}

test("custom buckets whose bounds change with each sample", () => {
  const [a, b] = [custom(0), custom(1)];
  for (const [what, run] of [
    ["a reset", () => isReset(a, b)],
    ["a sum of two", () => addHistograms(a, b)],
    ["a sum of many", () => addToSum(startSum(a), b)],
  ] as const) {
    const before = process.cpuUsage();
    for (let i = 0; i < TIMES; i++) run();
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1000 < MAX_CPU_MS, `${what}: ${(user + system) / 1000} ms`);
  }
});

const FAR = 2 ** 31;
const ONE = { positiveSpans: [{ length: 1 }], positiveDeltas: [1], countInt: 1 };
const CUSTOM = { ...ONE, schema: CUSTOM_BUCKETS_SCHEMA };

/** What no sender means, and what the error says. */
const REFUSED: readonly (readonly [fields: Fields, error: RegExp])[] = [
  [{ ...CUSTOM, customValues: [Number.NaN] }, /a custom bound is NaN/],
  [{ ...CUSTOM, customValues: [1, Number.POSITIVE_INFINITY] }, /the last custom bound is \+Inf/],
  [{ ...CUSTOM, customValues: [2, 1] }, /custom bounds do not ascend: 2, 1/],
  [{ ...CUSTOM, customValues: [-0, 0] }, /do not ascend/],
  [{ ...CUSTOM, customValues: [1], zeroCountInt: 1 }, /a zero bucket of 1 with custom buckets/],
  [{ ...CUSTOM, customValues: [1], zeroThreshold: 1 }, /a zero threshold of 1 with custom buckets/],
  [{ ...CUSTOM, negativeSpans: [{ length: 1 }], negativeDeltas: [1] }, /negative buckets with custom/],
  [{ ...CUSTOM, positiveSpans: [{ offset: -1, length: 1 }] }, /has the offset -1/],
  [{ ...CUSTOM, positiveSpans: [{ offset: 9, length: 1 }] }, /custom bounds are too few/],
  [{ ...ONE, customValues: [1] }, /custom bounds with schema 0/],
  [{ ...ONE, positiveSpans: [{ length: FAR * 2 - 1 }] }, /beyond 32 bits/],
  [{ ...ONE, positiveSpans: [{ length: 1 }, { offset: FAR - 1, length: 1 }] }, /beyond 32 bits/],
  [{ ...ONE, positiveSpans: Array(3).fill({ offset: FAR - 1 }) }, /beyond 32 bits/],
  [{ ...ONE, positiveSpans: [{ length: FAR - 2 }] }, /spans have 2147483646 buckets, but 1 counts came/],
  [{ ...ONE, positiveDeltas: [2 ** 53], countInt: 2 ** 53 }, /a count of 9007199254740992/],
  [{ ...ONE, positiveDeltas: [-1] }, /a count of -1/],
  [{ ...ONE, countInt: undefined, countFloat: -1 }, /but 0 counts came/],
  [{ ...ONE, zeroThreshold: Number.NaN }, /a zero threshold of NaN/],
  ...[-54, -52, -5, 53, 127, FAR - 1, -FAR].map((schema): [Fields, RegExp] => [
    { ...ONE, schema },
    /expected -4 to 52, or -53/,
  ]),
];

test("layouts that cannot be are refused by name", async () => {
  const gateway = await TestGateway.open();
  for (const [fields, error] of REFUSED) {
    const histograms = [{ ...fields, timestamp: gateway.nowMs }];
    const labels = [{ name: "__name__", value: "h" }];
    const body = compress(encodeMessage("WriteRequest", { timeseries: [{ labels, histograms }] }));
    const response = await gateway.post("/api/v1/write", body);
    const text = await response.text();
    assert.equal(response.status, 400, JSON.stringify(fields));
    assert.match(text, error);
    assert.ok(text.length < 400, text);
  }
});
