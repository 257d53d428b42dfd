/** Remote write 1.0: bodies that a Prometheus sent, decoded as protobufjs decodes them. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { bitsOf, columnBits, type SentSeries, STALE_BITS } from "../helpers/write-requests.ts";
import { decodeMessage, encodeMessage } from "./prometheus-proto.ts";
import { decode, FIXTURES, fixture, plain, refuses } from "./write-v1-batches.ts";

// biome-ignore lint/suspicious/noExplicitAny: what protobufjs makes of a TimeSeries
function plainMessage({ labels, samples }: any): SentSeries {
  return {
    labels: labels.map(({ name, value }: { name: string; value: string }) => [name, value]),
    samples: samples.map((sample: { timestamp: number; value: number }) => [
      sample.timestamp,
      bitsOf(sample.value),
    ]),
  };
}

const RECORDED = readdirSync(FIXTURES).filter((name) => name.endsWith(".snappy"));

for (const name of RECORDED) {
  test(`decodes ${name} as protobufjs does`, () => {
    const body = fixture(name);
    const message = decodeMessage("WriteRequest", body);
    const request = decode(body);
    assert.deepEqual(plain(request), message.timeseries.map(plainMessage));
    const count = (field: string) =>
      message.timeseries.reduce(
        (total: number, one: Record<string, unknown[]>) => total + one[field].length,
        0,
      );
    assert.equal(request.exemplars.length, count("exemplars"));
    assert.equal(request.histograms.length, count("histograms"));
    assert.equal(request.metadata.count, message.metadata.length);
    assert.equal(request.rejections.count, 0);
  });
}

/** A histogram message as both sides can say it; deltas as counts. */
// biome-ignore lint/suspicious/noExplicitAny: what protobufjs makes of a Histogram
function plainHistogram(message: any) {
  const summed = (deltas: number[]) => {
    let count = 0;
    return deltas.map((delta) => {
      count += delta;
      return count;
    });
  };
  const isFloat = message.count === "countFloat";
  return {
    timestamp: message.timestamp,
    kind: isFloat ? "float" : "integer",
    schema: message.schema,
    count: isFloat ? message.countFloat : message.countInt,
    zeroCount: isFloat ? message.zeroCountFloat : message.zeroCountInt,
    zeroThreshold: message.zeroThreshold,
    sum: message.sum,
    positive: isFloat ? message.positiveCounts : summed(message.positiveDeltas),
    negative: isFloat ? message.negativeCounts : summed(message.negativeDeltas),
    positiveSpans: message.positiveSpans,
    negativeSpans: message.negativeSpans,
  };
}

test("recorded histograms, exemplars and metadata decode as protobufjs does", () => {
  for (const name of RECORDED) {
    const body = fixture(name);
    const message = decodeMessage("WriteRequest", body);
    const { histograms, exemplars, metadata } = decode(body);
    const came = histograms.map(({ timestamp, histogram: { positive, negative, ...one } }) => ({
      ...{ timestamp, kind: one.kind, schema: one.schema, count: one.count, zeroCount: one.zeroCount },
      ...{ zeroThreshold: one.zeroThreshold, sum: one.sum },
      ...{ positive: [...positive.counts], negative: [...negative.counts] },
      ...{ positiveSpans: positive.spans, negativeSpans: negative.spans },
    }));
    const series: Record<string, unknown[]>[] = message.timeseries;
    assert.deepEqual(came, series.flatMap((one) => one.histograms).map(plainHistogram));
    const sent = series.flatMap(({ exemplars }, i) =>
      // biome-ignore lint/suspicious/noExplicitAny: what protobufjs makes of an Exemplar
      exemplars.map(({ labels, value, timestamp }: any) => ({
        series: i,
        timestamp,
        value,
        labels: labels.map(({ name, value }: { name: string; value: string }) => [name, value]),
      })),
    );
    assert.deepEqual(
      exemplars.map(({ series, timestamp, value, labels }) => ({ series, timestamp, value, labels })),
      sent,
    );
    const types = [
      "unknown",
      "counter",
      "gauge",
      "histogram",
      "gaugehistogram",
      "summary",
      "info",
      "stateset",
    ];
    assert.deepEqual(
      Array.from({ length: metadata.count }, (_, i) => metadata.decode(i)),
      message.metadata.map(({ type, metricFamilyName, help, unit }: Record<string, string>) => ({
        ...{ metricFamilyName, help, unit },
        type: types[Number(type)],
      })),
    );
  }
});

test("a label that is moved over a histogram and an exemplar does them no harm", () => {
  const labels = [{ name: "__name__", value: "x" }];
  const exemplars = [{ labels: [{ name: "trace_id", value: "abc" }], value: 2, timestamp: 3 }];
  const histograms = [
    { countInt: 2, positiveSpans: [{ offset: 1, length: 1 }], positiveDeltas: [2], timestamp: 4 },
  ];
  const parts = [{ histograms }, { exemplars }, { labels }, { histograms }].map((part) =>
    encodeMessage("TimeSeries", part),
  );
  const series = Buffer.concat(parts);
  const { labelStarts, labelEnds, bytes, ...batch } = decode(
    new Uint8Array(Buffer.concat([Uint8Array.of(0x0a, series.length), series])),
  );
  assert.deepEqual(batch.decodeLabels(bytes, labelStarts[0], labelEnds[0], 9), [["__name__", "x"]]);
  assert.deepEqual(batch.exemplars, [{ series: 0, timestamp: 3, value: 2, labels: [["trace_id", "abc"]] }]);
  assert.deepEqual(
    batch.histograms.map(({ histogram: { positive } }) => [...positive.counts]),
    [[2], [2]],
  );
});

test("a histogram that is wrong is refused with the labels of its series, an exemplar is dropped and counted", () => {
  const long = { labels: [{ name: "a", value: "x".repeat(200) }] };
  const labels = [{ name: "__name__", value: "x" }];
  const wrong = { histograms: [{ countInt: 2 }, { countInt: 0, timestamp: 7 }], exemplars: [long], labels };
  const { histograms, exemplars, rejections, droppedExemplars } = decode(
    encodeMessage("WriteRequest", { timeseries: [wrong] }),
  );
  assert.deepEqual([histograms.length, exemplars.length, rejections.count, droppedExemplars], [1, 0, 1, 1]);
  assert.match(
    rejections.reasons[0],
    /series x\{\}: histogram at 0: 0 observations in the buckets, but a count of 2/,
  );
});

test("the recorded bodies have every kind of thing in them", () => {
  const requests = RECORDED.map((name) => decode(fixture(name)));
  assert.ok(requests.some(({ sampleCount }) => sampleCount > 0));
  assert.ok(requests.some(({ exemplars }) => exemplars.length > 0));
  assert.ok(requests.some(({ histograms }) => histograms.length > 0));
  assert.ok(requests.some(({ metadata }) => metadata.count > 0));
  const bits = requests.flatMap((request) => columnBits(request.values.subarray(0, request.sampleCount)));
  assert.ok(bits.includes(STALE_BITS));
});

/** A cut between two series is a request with fewer series; any other cut is malformed. */
for (const name of [
  "prom2.42-stale.snappy",
  "prom2.42-exemplars_histograms.snappy",
  "prom2.42-metadata.snappy",
]) {
  test(`${name} cut at every length`, () => {
    const body = fixture(name).subarray(0, 6000);
    const boundaries = new Map<number, number>();
    for (let at = 0, count = 0; at <= body.length; count++) {
      boundaries.set(at, count);
      const length = body[at + 1] < 0x80 ? body[at + 1] + 2 : (body[at + 1] & 0x7f) + body[at + 2] * 128 + 3;
      at += length;
    }
    for (let length = 0; length < body.length; length++) {
      const cut = body.subarray(0, length);
      const expected = boundaries.get(length);
      if (expected === undefined) refuses(cut, "invalid", /write request: malformed|protobuf: /);
      else assert.equal(decode(cut).seriesCount + decode(cut).metadata.count, expected);
    }
  });
}
