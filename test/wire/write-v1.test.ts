import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import type { WriteBatch } from "../../lib/model/sample-batch.ts";
import { uncompress } from "../../lib/wire/snappy.ts";
import { decodeWriteRequest, WriteRequestDecoder } from "../../lib/wire/write-v1.ts";
import { bitsOf, columnBits, encodeBody, type SentSeries, STALE_BITS } from "../helpers/write-requests.ts";
import { atOffset, decodeMessage, encodeMessage, fromHex } from "./prometheus-proto.ts";

const SEED = 20261122;
const FIXTURES = new URL("../fixtures/rw1/", import.meta.url);

/** A copy each time, since decoding may move labels about in the body. */
function decode(body: Uint8Array, limits = DEFAULT_LIMITS): WriteBatch {
  return decodeWriteRequest(atOffset(body), limits);
}

/** A request as data: each series' labels, and its samples with their bits. */
function plain(request: WriteBatch): SentSeries[] {
  const bits = columnBits(request.values.subarray(0, request.sampleCount));
  return Array.from({ length: request.seriesCount }, (_, s) => ({
    labels: request.decodeLabels(request.bytes, request.labelStarts[s], request.labelEnds[s], 1000),
    samples: bits.flatMap((b, i) =>
      request.sampleSeries[i] === s ? [[request.timestamps[i], b] as const] : [],
    ),
  }));
}

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

function refuses(body: Uint8Array, kind: string, message: RegExp, limits = DEFAULT_LIMITS): void {
  assert.throws(
    () => decode(body, limits),
    (error) => error instanceof HearthError && error.kind === kind && message.test(error.message),
  );
}

function fixture(name: string): Uint8Array {
  return uncompress(new Uint8Array(readFileSync(new URL(name, FIXTURES))), 2 ** 25);
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

const SAMPLE_BITS = [
  0n,
  1n,
  STALE_BITS,
  0x7ff8000000000001n,
  0xfff0000000000001n,
  0x8000000000000000n,
].concat([1.5, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, 5e-324].map(bitsOf));

test("keeps the bits of every value", () => {
  const sent = [
    { labels: [["__name__", "x"] as const], samples: SAMPLE_BITS.map((b, i) => [i, b] as const) },
  ];
  assert.deepEqual(plain(decode(encodeBody(sent))), sent);
});

test("timestamps are int64", () => {
  const timestamps = ["0", "-1", "-2251799813685248", "2251799813685248", "1795336860000", "-1795336860000"];
  const far = ["9223372036854775807", "-9223372036854775808", "72057594037927936", "-72057594037927937"];
  const farthest = ["2251799813685249", "-2251799813685249", "9007199254740993"];
  const refused = [...far, ...farthest];
  const samples = [...refused, ...timestamps].map((timestamp) => ({ timestamp }));
  const request = decode(encodeMessage("WriteRequest", { timeseries: [{ samples }] }));
  assert.deepEqual([...request.timestamps.subarray(0, request.sampleCount)], timestamps.map(Number));
  // The digits are those that came: a double holds no more than 2^53 of them.
  assert.deepEqual(
    request.rejections.reasons,
    refused.map((timestamp) => `series {}: timestamp ${timestamp} is not a time in ms`),
  );
});

/** Hex of whole requests, and what they say in short: `name=value@timestamp:value`. */
const BODIES: readonly (readonly [what: string, hex: string, expected: string])[] = [
  ["nothing", "", ""],
  ["an empty series", "0a 00", "{}"],
  ["an empty sample", "0a 02 12 00", "{} 0:0"],
  ["a label without a name or a value", "0a 02 0a 00", "{=}"],
  ["labels after the sample", "0a 0e 12 02 10 07 0a 08 0a 01 61 12 03 62 62 62", "{a=bbb} 7:0"],
  [
    "labels between samples",
    "0a 19 0a 06 0a 01 61 12 01 62 12 02 10 07 0a 07 0a 01 63 12 02 64 64 12 02 10 08",
    "{a=b,c=dd} 7:0 8:0",
  ],
  ["a label after an exemplar", "0a 0c 1a 02 18 01 0a 06 0a 01 61 12 01 62", "{a=b}"],
  ["a value that comes twice: the last counts", "0a 06 12 04 10 07 10 09", "{} 9:0"],
  ["a tag of more bytes than it needs", "8a 80 00 03 92 00 00", "{} 0:0"],
  ["the source of Cortex, field 2", "10 01 0a 02 12 00", "{} 0:0"],
  ["a field of Mimir, number 1000", "c0 3e 01 0a 02 12 00", "{} 0:0"],
  ["metadata", "1a 02 08 01 1a 00", ""],
];

function short(request: WriteBatch): string {
  return plain(request)
    .map(({ labels, samples }) => {
      const set = `{${labels.map(([name, value]) => `${name}=${value}`).join(",")}}`;
      return [set, ...samples.map(([timestamp, bits]) => `${timestamp}:${bits}`)].join(" ");
    })
    .join("; ");
}

for (const [what, hex, expected] of BODIES) {
  test(what, () => {
    assert.equal(short(decode(fromHex(hex))), expected);
  });
}

test("fields that are not known are passed over, wherever they stand", () => {
  const label = "0a 06 0a 01 61 12 01 62";
  const sample = "12 02 10 07";
  for (const unknown of [
    "28 01",
    "31 0102030405060708",
    "3a 03 ffffff",
    "43 08 01 44",
    "4d 01020304",
    "f8ff03 01",
  ]) {
    const inSeries = [unknown, label, unknown, sample, unknown].join("");
    const length = fromHex(inSeries).length.toString(16).padStart(2, "0");
    assert.equal(
      short(decode(fromHex(`${unknown} 0a ${length} ${inSeries} ${unknown}`))),
      "{a=b} 7:0",
      unknown,
    );
  }
});

/** What is malformed in a request, a series, a sample and a label. */
const MALFORMED: readonly (readonly [what: string, hex: string, message: RegExp])[] = [
  ["field number 0", "00", /field 0/],
  ["a series that is a number", "08 01", /field 1 with wire type 0/],
  ["metadata that are a number", "18 01", /field 3 with wire type 0/],
  ["labels that are a number", "0a 02 08 01", /field 1 with wire type 0/],
  ["samples as a group", "0a 02 13 14", /field 2 with wire type 3/],
  ["a value that is a varint", "0a 04 12 02 08 01", /field 1 with wire type 0/],
  ["a timestamp of 64 fixed bits", "0a 0b 12 09 11 0102030405060708", /field 2 with wire type 1/],
  ["wire type 7", "0a 02 2f 01", /wire type 7/],
  ["a group that does not end", "2b 08 01", /./],
  ["a group that was not begun", "2c", /./],
  ["a series longer than the body", "0a 05 12 00", /ends beyond its message/],
  ["a sample longer than its series", "0a 02 12 01 00", /ends beyond its message/],
  ["a length of 4 GB", "0a ff ff ff ff 0f", /ends beyond its message/],
  ["a length of 2^63", "0a 80 80 80 80 80 80 80 80 80 01", /a tag or length is -/],
  ["a length that does not end", "0a ff ff ff ff ff ff ff ff ff ff ff 01", /./],
  ["a varint of 70 bits", "0a 0d 12 0b 10 ff ff ff ff ff ff ff ff ff 02", /./],
  ["a double cut short", "0a 05 12 03 09 00 00", /a double ends beyond/],
];

for (const [what, hex, message] of MALFORMED) {
  test(`refuses ${what}`, () => refuses(fromHex(hex), "invalid", message));
}

test("refuses labels that are malformed, when they are read", () => {
  for (const hex of ["0a 04 0a 02 0a ff", "0a 05 0a 03 12 01 ff", "0a 04 0a 02 08 01", "0a 03 0a 01 0a"]) {
    const request = decode(fromHex(hex));
    const read = () => request.decodeLabels(request.bytes, request.labelStarts[0], request.labelEnds[0], 9);
    assert.throws(read, (error) => error instanceof HearthError && error.kind === "invalid", hex);
  }
});

test("reads no more labels than it is asked for, and one", () => {
  const request = decode(fromHex(`0a 14 ${"0a 00".repeat(10)}`));
  const count = (max: number) => request.decodeLabels(request.bytes, 2, 22, max).length;
  assert.deepEqual([count(4), count(9), count(10), count(1000)], [5, 10, 10, 10]);
});

test("labels keep a byte order mark", () => {
  const sent = [{ labels: [["\ufeffa", "\ufeffb"] as const], samples: [] }];
  assert.deepEqual(plain(decode(encodeBody(sent))), sent);
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

const label = fc.tuple(fc.string({ maxLength: 6, unit: "grapheme" }), fc.string({ maxLength: 140 }));
const bits = fc.oneof(fc.constantFrom(...SAMPLE_BITS), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const storable = fc.bigInt({ min: -(2n ** 51n), max: 2n ** 51n }).map(Number);
const timestamp = fc.oneof(storable, fc.integer({ min: -300, max: 300 }));
const request = fc.array(
  fc.record(
    {
      labels: fc.array(label, { maxLength: 4 }),
      samples: fc.array(fc.tuple(timestamp, bits), { maxLength: 5 }),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 6 },
);

test("any request comes back as it was encoded", () => {
  fc.assert(
    fc.property(request, (sent) => {
      assert.deepEqual(plain(decode(encodeBody(sent))), sent);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("columns grow beyond what they start with", () => {
  const sent = Array.from({ length: 5000 }, (_, s) => ({
    labels: [["n", `${s}`] as const],
    samples: [[s, bitsOf(s)] as const, [s + 1, STALE_BITS] as const],
  }));
  assert.deepEqual(plain(decode(encodeBody(sent))).at(-1), sent.at(-1));
  assert.equal(decode(encodeBody(sent)).sampleCount, 10_000);
});

test("damaged bodies decode or are refused", () => {
  const valid = fixture("prom2.42-exemplars_histograms.snappy").subarray(0, 3000);
  const edit = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const body = valid.slice();
      for (const [at, byte] of edits) body[at] = byte;
      try {
        plain(decode(body));
      } catch (error) {
        assert.ok(error instanceof HearthError && error.kind === "invalid", `${error}`);
      }
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

test("a decoder used again keeps nothing of the request before, nor of one that failed", () => {
  const decoder = new WriteRequestDecoder();
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith(".snappy"));
  const bodies = names.map((name) => uncompress(readFileSync(new URL(name, FIXTURES)), 2 ** 25));
  for (const body of [...bodies, hugeSeries("12 00 ff").subarray(0, 100_000), ...bodies, new Uint8Array(0)]) {
    const results = [decoder, new WriteRequestDecoder()].map((one) => {
      try {
        return plain(one.decode(atOffset(body), DEFAULT_LIMITS));
      } catch (error) {
        return (error as Error).message;
      }
    });
    assert.deepEqual(results[0], results[1]);
  }
});

/** One series of 32 MiB, the most that is decompressed: a unit over and over. */
function hugeSeries(unit: string): Uint8Array {
  const body = new Uint8Array(2 ** 25 - 3);
  Buffer.from(body.buffer).fill(fromHex(unit), 5);
  body.set(fromHex("0a f8 ff ff 0f"));
  return body;
}

/** Made to cost as much as possible. */
const HOSTILE: readonly (readonly [what: string, body: () => Uint8Array, message: RegExp])[] = [
  [
    "series of nothing",
    () => new Uint8Array(Buffer.alloc(2 ** 25, fromHex("0a 00"))),
    /more than 50000 series/,
  ],
  ["samples of nothing", () => hugeSeries("12 00"), /more than 2000000 samples/],
  ["samples and labels by turns", () => hugeSeries("12 00 0a 00"), /more than 2000000 samples/],
  ["exemplars and labels by turns", () => hugeSeries("1a 00 0a 00"), /^none$/],
  ["histograms and labels by turns", () => hugeSeries("22 00 0a 00"), /more than 50000 histograms/],
  [
    "bucket counts",
    () => hugeSeries("22 04 62 02 02 02"),
    /more than 4000000 buckets|more than 50000 histograms/,
  ],
  [
    "metadata of nothing",
    () => new Uint8Array(Buffer.alloc(2 ** 25, fromHex("1a 00"))),
    /more than 50000 metadata/,
  ],
  ["labels of nothing", () => hugeSeries("0a 00"), /^none$/],
  ["groups within groups", () => new Uint8Array(2 ** 25).fill(0x2b), /nested groups/],
];

for (const [what, newBody, message] of HOSTILE) {
  // What takes the square of such a length does not, on any day of CI.
  test(`32 MiB of ${what} end`, () => {
    const body = newBody();
    let outcome = "none";
    try {
      const request = decodeWriteRequest(body, DEFAULT_LIMITS);
      request.decodeLabels(body, request.labelStarts[0], request.labelEnds[0], 128);
    } catch (error) {
      outcome = (error as Error).message;
    }
    assert.match(outcome, message);
  });
}
