/** OpenTelemetry's delta temporality, from the request to `rate`, before and after compaction. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { SECOND_MS } from "../../../lib/model/time.ts";
import { DEFAULT_OTLP_SETTINGS } from "../../../lib/otlp/settings.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";

const PATH = "/api/v1/otlp/v1/metrics";
const INTERVAL_S = 15;

interface Delta {
  /** In seconds after the start, like `since`. */
  readonly at: number;
  readonly since: number;
  readonly value: number;
}

const nano = (ms: number) => `${ms}000000`;

async function open(delta: "native" | "refuse" = "native") {
  const gateway = await TestGateway.open({}, { ...DEFAULT_OTLP_SETTINGS, delta });
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS));
  const startMs = Math.ceil(gateway.nowMs / SECOND_MS) * SECOND_MS;
  gateway.nowMs = startMs + 3600 * SECOND_MS;
  const send = async (metrics: readonly object[]) => {
    const attributes = [{ key: "service.name", value: { stringValue: "shop" } }];
    const body = { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] };
    const json = new TextEncoder().encode(JSON.stringify(body));
    const response = await gateway.post(PATH, json, {
      "Content-Type": "application/json",
      "Content-Encoding": "",
    });
    return { status: response.status, text: await response.text() };
  };
  const timesOf = ({ at, since }: Delta) => ({
    timeUnixNano: nano(startMs + at * SECOND_MS),
    startTimeUnixNano: nano(startMs + since * SECOND_MS),
  });
  const sum = (deltas: readonly Delta[]) => ({
    name: "orders",
    sum: {
      aggregationTemporality: 1,
      isMonotonic: true,
      dataPoints: deltas.map((one) => ({ ...timesOf(one), asDouble: one.value })),
    },
  });
  const ask = async (query: string, atSeconds: number) => {
    const time = startMs / 1000 + atSeconds;
    const response = await gateway.fetch(`/api/v1/query?${new URLSearchParams({ query, time: `${time}` })}`, {
      headers: { Authorization: basic("HKA") },
    });
    // biome-ignore lint/suspicious/noExplicitAny: a response of the API
    const body: any = await response.json();
    assert.equal(body.status, "success", body.error);
    return body as {
      data: {
        result: {
          metric: Record<string, string>;
          value?: [number, string];
          histogram?: [number, { count: string; sum: string }];
        }[];
      };
      infos?: string[];
      warnings?: string[];
    };
  };
  const number = async (query: string, at: number) => {
    const { data, infos, warnings } = await ask(query, at);
    assert.deepEqual([infos, warnings], [undefined, undefined]);
    return data.result.map(({ value }) => Number(value![1]));
  };
  return { gateway, send, sum, timesOf, ask, number };
}

/** Deltas side by side, `values[i]` at the end of interval i. */
const intervals = (values: readonly number[]): Delta[] =>
  values.map((value, i) => ({ at: (i + 1) * INTERVAL_S, since: i * INTERVAL_S, value }));

test("refused unless configured, with the way out", async () => {
  const { send, sum } = await open("refuse");
  const { status, text } = await send([sum(intervals([1]))]);
  assert.equal(status, 200);
  assert.match(text, /"rejectedDataPoints":"1".*cumulative, or HEARTH_OTLP_DELTA=native/);
});

describe("a sum", () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  const total = values.reduce((a, b) => a + b);
  const end = values.length * INTERVAL_S;

  test("increase, rate and sum_over_time count each sample once", async () => {
    const { send, sum, number, ask } = await open();
    assert.deepEqual(await send([sum(intervals(values))]), { status: 200, text: "{}" });
    const [series] = (await ask("orders_total", end)).data.result;
    assert.equal(series.metric.__temporality__, "delta");
    for (const aggregation of ["increase", "sum_over_time"]) {
      assert.deepEqual(await number(`${aggregation}(orders_total[${end}s])`, end), [total]);
      // Two windows side by side.
      const halves = await number(
        `${aggregation}(orders_total[${end / 2}s]) + ${aggregation}(orders_total[${end / 2}s] offset ${end / 2}s)`,
        end,
      );
      assert.deepEqual(halves, [total]);
    }
    assert.deepEqual(await number(`rate(orders_total[${end}s])`, end), [total / end]);
    assert.deepEqual(await number(`increase(orders_total[${end}s] smoothed)`, end), [total]);
    assert.deepEqual(await number(`irate(orders_total[${end}s])`, end), [values.at(-1)! / INTERVAL_S]);
    const { data } = await ask(`rate(orders_total[${end}s])`, end);
    assert.deepEqual(data.result[0].metric, { job: "shop" });
  });

  test("late, repeated and missing deltas", async () => {
    const { send, sum, number } = await open();
    const all = intervals(values);
    await send([sum(all.slice(4))]);
    await send([sum(all.slice(0, 2))]);
    await send([sum(all.slice(4, 6))]);
    const missing = values[2] + values[3];
    assert.deepEqual(await number(`increase(orders_total[${end}s])`, end), [total - missing]);
    await send([sum(all.slice(2, 4))]);
    assert.deepEqual(await number(`increase(orders_total[${end}s])`, end), [total]);
  });

  test("intervals of short-lived processes that overlap", async () => {
    const { send, sum, number } = await open();
    for (let i = 0; i < 20; i++) await send([sum([{ at: i + 1, since: Math.max(0, i - 5), value: i }])]);
    assert.deepEqual(await number("increase(orders_total[20s])", 20), [190]);
  });

  test("compaction changes nothing", async () => {
    const { gateway, send, sum, number } = await open();
    await send([sum(intervals(values))]);
    await gateway.compact();
    gateway.nowMs += 9 * 3600 * SECOND_MS;
    await gateway.compact();
    assert.deepEqual(await number(`increase(orders_total[${end}s])`, end), [total]);
  });
});

test("histograms: classic, and native ones without a warning that they are no counters", async () => {
  const { send, timesOf, number, ask } = await open();
  const deltas = intervals([2, 5, 3]);
  const explicit = deltas.map((one) => ({
    ...timesOf(one),
    count: one.value,
    sum: one.value * 10,
    bucketCounts: [1, one.value - 1],
    explicitBounds: [1],
  }));
  const exponential = deltas.map((one) => ({
    ...timesOf(one),
    count: one.value,
    sum: one.value * 10,
    scale: 0,
    positive: { offset: 0, bucketCounts: [one.value] },
  }));
  const { text } = await send([
    { name: "classic", histogram: { aggregationTemporality: 1, dataPoints: explicit } },
    { name: "native", exponentialHistogram: { aggregationTemporality: 1, dataPoints: exponential } },
  ]);
  assert.equal(text, "{}");
  assert.deepEqual(await number("increase(classic_count[45s])", 45), [10]);
  assert.deepEqual(await number('increase(classic_bucket{le="1"}[45s])', 45), [3]);
  assert.deepEqual(await number("histogram_count(increase(native[45s]))", 45), [10]);
  assert.deepEqual(await number("histogram_sum(rate(native[45s]))", 45), [100 / 45]);
  assert.deepEqual(await number("histogram_count(irate(native[45s]))", 45), [3 / INTERVAL_S]);
  const { infos, warnings } = await ask("histogram_quantile(0.9, sum(rate(native[45s])))", 45);
  assert.deepEqual([infos, warnings], [undefined, undefined]);
});
