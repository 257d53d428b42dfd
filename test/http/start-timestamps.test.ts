/** Start timestamps from the senders' requests to PromQL's answers, and on the way through log, runs and chunks. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { OTLP_PATHS } from "../../lib/http/otlp-route.ts";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import type { Label } from "../../lib/model/labels.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../lib/model/time.ts";
import type { PromqlSettings } from "../../lib/promql/settings.ts";
import { compact } from "../../lib/storage/compact/compactor.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { loadManifest } from "../../lib/storage/layout/manifest-store.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { encodeMixedV1 } from "../helpers/mixed-requests.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import { bitsOf } from "../helpers/write-requests.ts";
import { compressedV2, type V2Series } from "../helpers/write-v2-requests.ts";

/** Of the day's first bucket. */
const START = MIDNIGHT_MS + HOUR_MS;
const V2 = { "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request" };
const JSON_TYPE = { "Content-Type": "application/json", "Content-Encoding": undefined };
const ON: PromqlSettings = { takesExperiments: true, useStartTimestamps: true };

class Asking {
  readonly gateway: TestGateway;

  constructor(gateway: TestGateway, settings: PromqlSettings) {
    this.gateway = gateway;
    addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, settings));
  }

  static async open(settings = ON): Promise<Asking> {
    const gateway = await TestGateway.open();
    gateway.nowMs = START + 10 * MINUTE_MS;
    return new Asking(gateway, settings);
  }

  async write(series: readonly V2Series[]): Promise<void> {
    const response = await this.gateway.post("/api/v1/write", compressedV2(series), V2);
    assert.equal(response.status, 204, await response.text());
  }

  /** The values of a query at a time, by the label `job`. */
  async ask(query: string, timeMs: number, header?: string): Promise<Record<string, number>> {
    const response = await this.fetch(query, timeMs, header);
    // biome-ignore lint/suspicious/noExplicitAny: an answer of the API
    const body: any = await response.json();
    assert.equal(body.status, "success", body.error);
    // biome-ignore lint/suspicious/noExplicitAny: the same
    return Object.fromEntries(body.data.result.map((one: any) => [one.metric.job, Number(one.value[1])]));
  }

  /** `header`: of `X-Prometheus-Use-Start-Timestamps`. */
  async fetch(query: string, timeMs: number, header?: string): Promise<Response> {
    const parameters = new URLSearchParams({ query, time: String(timeMs / 1000) });
    const headers = {
      Authorization: basic("HKA"),
      ...(header !== undefined && { "X-Prometheus-Use-Start-Timestamps": header }),
    };
    return this.gateway.fetch(`/api/v1/query?${parameters}`, { headers });
  }

  /** Flushes what is there, and makes chunks of it once the bucket is over; answers what kinds of parts there are then. */
  async compact(): Promise<string> {
    const { clock } = this.gateway.services;
    const onDay = ({ error }: { readonly error: unknown }) => {
      if (error !== undefined) throw error;
    };
    this.gateway.nowMs += 2 * MINUTE_MS;
    const deadlineMs = Number.POSITIVE_INFINITY;
    await compact(this.gateway.table, {
      clock,
      randomBytes,
      retentionOf: () => 0,
      deadlineMs,
      isEager: true,
      sparseSamples: 0,
      onDay,
    });
    const { manifest } = await loadManifest(this.gateway.table, "t", dayOf(START));
    return manifest.parts.map(({ kind }) => kind).join();
  }

  /** The same must be answered from the log, from runs and from chunks. */
  async everywhere(check: () => Promise<void>): Promise<void> {
    await check();
    assert.equal(await this.compact(), "run");
    await check();
    this.gateway.nowMs += 9 * HOUR_MS;
    assert.equal(await this.compact(), "chunks");
    await check();
  }
}

const labels = (job: string, name = "c"): Label[] => [
  ["__name__", name],
  ["job", job],
];
const histogramFields = { countInt: 3, zeroCountInt: 3, sum: 1 };

test("of remote write 2.0: those of samples and histograms, or of the series, or none", async () => {
  const asking = await Asking.open();
  const early = START - 3_600_500;
  await asking.write([
    {
      labels: labels("sample"),
      samples: [0, 1, 2].map((i) => ({
        value: i,
        timestamp: START + i * MINUTE_MS,
        startTimestamp: early + i,
      })),
    },
    { labels: labels("series"), samples: [{ value: 1, timestamp: START }], createdTimestamp: early },
    { labels: labels("none"), samples: [{ value: 1, timestamp: START }] },
    {
      labels: labels("histogram"),
      histograms: [{ ...histogramFields, timestamp: START, startTimestamp: early }],
    },
    // No time in ms, which says nothing.
    {
      labels: labels("odd"),
      samples: [{ value: 1, timestamp: START, startTimestamp: "9223372036854775807" }],
    },
  ]);
  await asking.everywhere(async () => {
    const seconds = early / 1000;
    assert.deepEqual(await asking.ask("start_timestamp(c)", START + MINUTE_MS), {
      histogram: seconds,
      none: 0,
      odd: 0,
      sample: seconds + 0.001,
      series: seconds,
    });
    assert.deepEqual(await asking.ask("c - c{job!='histogram'} == 0", START), {
      none: 0,
      odd: 0,
      sample: 0,
      series: 0,
    });
  });
});

test("of two samples of one time that which is received last brings its own, be it a float, a histogram or without", async () => {
  const asking = await Asking.open();
  const sample = (job: string, startTimestamp: number): V2Series => ({
    labels: labels(job),
    samples: [{ value: 1, timestamp: START, startTimestamp }],
  });
  const histogram = (job: string, startTimestamp: number): V2Series => ({
    labels: labels(job),
    histograms: [{ ...histogramFields, timestamp: START, startTimestamp }],
  });
  await asking.write([sample("a", 1000), sample("b", 1000), histogram("c", 1000), sample("d", 0)]);
  const expected = async () =>
    assert.deepEqual(await asking.ask("start_timestamp(c)", START), { a: 2, b: 3, c: 4, d: 5, e: 0 });
  assert.equal(await asking.compact(), "run");
  await asking.write([sample("a", 2000), histogram("b", 3000), sample("c", 4000), sample("e", 6000)]);
  await asking.write([sample("d", 5000)]);
  const plain = [{ labels: labels("e"), floats: [[START, bitsOf(7)]] as const }];
  assert.equal((await asking.gateway.post("/api/v1/write", compress(encodeMixedV1(plain)))).status, 200);
  await expected();
  assert.equal(await asking.compact(), "run,run");
  await expected();
  asking.gateway.nowMs += 9 * HOUR_MS;
  assert.equal(await asking.compact(), "chunks");
  await expected();
});

test("of OpenTelemetry: sums and histograms of every kind", async () => {
  const asking = await Asking.open();
  const nano = (ms: number) => `${ms}000000`;
  const since = START - HOUR_MS;
  const times = { timeUnixNano: nano(START), startTimeUnixNano: nano(since) };
  const explicit = { ...times, count: "2", sum: 3, bucketCounts: ["1", "1"], explicitBounds: [1] };
  const exponential = {
    ...times,
    count: "1",
    sum: 2,
    scale: 0,
    positive: { offset: 0, bucketCounts: ["1"] },
  };
  const metrics = [
    {
      name: "c",
      sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...times, asInt: "5" }] },
    },
    { name: "h", histogram: { aggregationTemporality: 2, dataPoints: [explicit] } },
    { name: "e", exponentialHistogram: { aggregationTemporality: 2, dataPoints: [exponential] } },
    { name: "g", gauge: { dataPoints: [{ timeUnixNano: nano(START), asInt: "5" }] } },
  ];
  const attributes = [{ key: "service.name", value: { stringValue: "otel" } }];
  const body = JSON.stringify({
    resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }],
  });
  const response = await asking.gateway.post(OTLP_PATHS[0], body, JSON_TYPE);
  assert.equal(await response.text(), "{}");
  await asking.everywhere(async () => {
    for (const metric of ["c_total", "h_count", "h_bucket{le='1'}", "e"])
      assert.deepEqual(await asking.ask(`start_timestamp(${metric})`, START), { otel: since / 1000 }, metric);
    assert.deepEqual(await asking.ask("start_timestamp(g)", START), { otel: 0 });
  });
});

test("a counter that began anew without falling is a reset where they are used, and none where they are not", async () => {
  for (const [settings, expected] of [
    [ON, 1],
    [{ takesExperiments: true, useStartTimestamps: false }, 0],
  ] as const) {
    const asking = await Asking.open(settings);
    const sample = (i: number, value: number, startTimestamp: number) => ({
      value,
      timestamp: START + i * 15 * SECOND_MS,
      startTimestamp,
    });
    const [first, second] = [START - HOUR_MS, START + 20 * SECOND_MS];
    const samples = [sample(0, 3, first), sample(1, 3, first), sample(2, 4, second), sample(3, 5, second)];
    await asking.write([{ labels: labels("a"), samples }]);
    await asking.everywhere(async () => {
      assert.deepEqual(await asking.ask("resets(c[2m])", START + MINUTE_MS), { a: expected });
      for (const [header, resets] of [
        ["true", 1],
        ["F", 0],
      ] as const)
        assert.deepEqual(await asking.ask("resets(c[2m])", START + MINUTE_MS, header), { a: resets });
    });
    const refused = await asking.fetch("c", START, "yes");
    assert.equal(refused.status, 400);
    assert.match(
      await refused.text(),
      /error parsing X-Prometheus-Use-Start-Timestamps header: strconv.ParseBool: parsing \\"yes\\": invalid syntax/,
    );
    if (settings === ON) continue;
    assert.deepEqual(await asking.ask("start_timestamp(c)", START + MINUTE_MS), {});
  }
});
