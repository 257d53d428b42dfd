import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../lib/model/errors.ts";
import type { Label } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS, type Limits } from "../../lib/model/limits.ts";
import type { WriteBatch } from "../../lib/model/sample-batch.ts";
import { WriteV2Decoder } from "../../lib/wire/write-v2.ts";
import { histogram, meaningOf } from "../helpers/histograms.ts";
import { columnBits } from "../helpers/write-requests.ts";
import { encodeV2, encodeV2Message, type V2Series } from "../helpers/write-v2-requests.ts";
import { atOffset, fromHex, readFixture } from "./prometheus-proto.ts";

const SEED = 20261125;

function decode(body: Uint8Array, limits: Partial<Limits> = {}): WriteBatch {
  return new WriteV2Decoder({ ...DEFAULT_LIMITS, ...limits }).decode(atOffset(body));
}

function labelsOf(batch: WriteBatch, series: number): Label[] {
  return batch.decodeLabels(batch.bytes, batch.labelStarts[series], batch.labelEnds[series], 1000);
}

/** One line for each series: labels, samples as `value bits@time since start`. */
function short(batch: WriteBatch): string[] {
  const bits = columnBits(batch.values.subarray(0, batch.sampleCount));
  return Array.from({ length: batch.seriesCount }, (_, s) => {
    const labels = labelsOf(batch, s).map(([name, value]) => `${name}=${value}`);
    const samples = bits.flatMap((b, i) => {
      const start = batch.startTimestamps?.[i] ?? 0;
      return batch.sampleSeries[i] === s ? [`${b.toString(16)}@${batch.timestamps[i]} since ${start}`] : [];
    });
    return [`{${labels.join(",")}}`, ...samples].join(" ");
  });
}

function refuses(body: Uint8Array, kind: string, message: RegExp, limits: Partial<Limits> = {}): void {
  assert.throws(
    () => decode(body, limits),
    (error) => error instanceof HearthError && error.kind === kind && message.test(error.message),
  );
}

const UP: V2Series = {
  labels: [
    ["__name__", "up"],
    ["job", "a"],
  ],
  samples: [{ value: 1, timestamp: 5 }],
};
const ONE = "3ff0000000000000";

test("a request that Prometheus' own types encoded", () => {
  const batch = decode(readFixture("write-v2-prom3.14.bin"));
  assert.equal(batch.rejections.count, 0);
  assert.deepEqual(short(batch), [
    "{__name__=requests_total,größe=ü,job=a} 3ff8000000000000@1700000000000 since 1699999999000 bff0000000000000@1700000015000 since 0",
    "{__name__=latency}",
    "{__name__=load}",
    "{__name__=nhcb}",
  ]);
  assert.deepEqual(
    batch.histograms.map(
      ({ series, timestamp, startTimestamp, histogram: { counterResetHint, kind, count } }) =>
        [series, timestamp, startTimestamp, counterResetHint, kind, count].join(" "),
    ),
    [
      "1 1700000000000 1699999999000 unknown integer 39",
      "1 1700000015000 0 reset integer 39",
      "2 1700000000000 0 gauge float 30",
      "3 1700000000000 0 unknown integer 9",
    ],
  );
  const [, , { histogram: gauge }, { histogram: custom }] = batch.histograms;
  assert.deepEqual(meaningOf(gauge).positive, ["0:3", "1:4", "3:3", "4:3"]);
  assert.deepEqual([...custom.customBounds], [0, 1, 2, 3, 4]);
  const exemplar = { series: 0, timestamp: 1700000000001, value: 0.5, labels: [["trace_id", "abc"]] };
  assert.deepEqual(batch.exemplars, [exemplar]);
  assert.deepEqual(batch.metadata.decode(0), {
    metricFamilyName: "requests_total",
    type: "counter",
    help: "how many",
    unit: "requests",
  });
});

describe("samples", () => {
  test("labels, values, times and start times", () => {
    const batch = decode(
      encodeV2([
        UP,
        {
          labels: [
            ["z", "ü"],
            ["__name__", "x.y"],
          ],
          samples: [{ value: 0, timestamp: -1, startTimestamp: 7 }],
        },
        {
          labels: [
            ["__name__", "up"],
            ["job", "a"],
          ],
          samples: [{ value: 1 }, { value: 1, timestamp: 2 }],
        },
      ]),
    );
    assert.deepEqual(short(batch), [
      `{__name__=up,job=a} ${ONE}@5 since 0`,
      "{z=ü,__name__=x.y} 0@-1 since 7",
      `{__name__=up,job=a} ${ONE}@0 since 0 ${ONE}@2 since 0`,
    ]);
    assert.equal(batch.rejections.count, 0);
  });

  test("a created timestamp counts for what says nothing itself, wherever it stands", () => {
    const samples = [{ timestamp: 1 }, { timestamp: 2, startTimestamp: 9 }];
    const histograms = [
      { timestamp: 3, countInt: 0 },
      { timestamp: 4, startTimestamp: 8, countInt: 0 },
    ];
    const batch = decode(encodeV2([UP, { ...UP, samples, histograms, createdTimestamp: 6 }]));
    assert.deepEqual([...batch.startTimestamps!.subarray(0, 3)], [0, 6, 9]);
    assert.deepEqual(
      batch.histograms.map(({ startTimestamp }) => startTimestamp),
      [6, 8],
    );
    assert.equal(decode(encodeV2([UP])).startTimestamps, undefined);
  });

  test("the same series has the same bytes, whatever its symbols' numbers", () => {
    const spans = [encodeV2([UP]), encodeV2([UP], ["x", "job", "y"])].map((body) => {
      const { bytes, labelStarts, labelEnds } = decode(body);
      return Buffer.from(bytes.subarray(labelStarts[0], labelEnds[0])).toString("hex");
    });
    assert.equal(spans[0], spans[1]);
    const two = decode(encodeV2([{ labels: [["ab", "c"]] }, { labels: [["a", "bc"]] }]));
    assert.notDeepEqual(labelsOf(two, 0), labelsOf(two, 1));
  });

  test("the bits of every value survive", () => {
    const words = [0x7ff0000000000002n, 0x7ff8000000000001n, 0xfff0000000000001n, 1n << 63n, 1n];
    const bodies = words.map((word) => Buffer.from(new BigUint64Array([word]).buffer).toString("hex"));
    const series = bodies.map((hex) => `12 09 09 ${hex}`).join("");
    const length = fromHex(series).length.toString(16);
    const batch = decode(fromHex(`22 00 2a ${length} ${series}`));
    assert.deepEqual(columnBits(batch.values.subarray(0, batch.sampleCount)), words);
  });

  test("symbols behind the series, references one by one, fields that are not known", () => {
    const name = "22 08 5f5f6e616d655f5f";
    const body = fromHex(`7a 01 00 2a 0e 08 01 08 02 12 05 10 07 f8 01 01 c0 3e 01 22 00 ${name} 22 01 78`);
    assert.deepEqual(short(decode(body)), ["{__name__=x} 0@7 since 0"]);
  });

  test("no symbol and no series", () => assert.equal(decode(new Uint8Array(0)).seriesCount, 0));
});

describe("histograms", () => {
  const SIDES = {
    positiveSpans: [
      { offset: -2, length: 2 },
      { offset: 3, length: 1 },
    ],
    negativeSpans: [{ offset: 1, length: 1 }],
  };
  const INTEGER = {
    ...SIDES,
    countInt: 12,
    zeroCountInt: 1,
    sum: 2.5,
    schema: 3,
    zeroThreshold: 0.001,
    positiveDeltas: [2, 1, -2],
    negativeDeltas: [5],
    timestamp: 5,
    startTimestamp: 3,
    resetHint: "RESET_HINT_NO",
  };
  const meaning = (fields: object) => {
    const { histograms, rejections } = decode(encodeV2([{ labels: UP.labels, histograms: [{ ...fields }] }]));
    assert.deepEqual(rejections.reasons, []);
    return { hint: histograms[0].histogram.counterResetHint, ...meaningOf(histograms[0].histogram) };
  };

  test("of whole counts", () => {
    assert.deepEqual(meaning(INTEGER), {
      hint: "not reset",
      kind: "integer",
      schema: 3,
      zeroThreshold: 0.001,
      zeroCount: 1,
      count: 12,
      sum: 0x4004000000000000n,
      positive: ["-2:2", "-1:3", "3:1"],
      negative: ["1:5"],
      bounds: [],
    });
  });

  test("of floats, gauges", () => {
    const fields = {
      ...SIDES,
      countFloat: 7.5,
      zeroCountFloat: 0.5,
      positiveCounts: [1.5, 0, 2],
      negativeCounts: [3.5],
      resetHint: "RESET_HINT_GAUGE",
    };
    const { hint, kind, count, zeroCount, positive, negative } = meaning(fields) as ReturnType<
      typeof meaning
    > & {
      count: number;
      zeroCount: number;
    };
    assert.deepEqual([hint, kind, count, zeroCount], ["gauge", "float", 7.5, 0.5]);
    assert.deepEqual([positive, negative], [["-2:1.5", "3:2"], ["1:3.5"]]);
  });

  test("with custom buckets, and of a schema finer than 8", () => {
    const custom = {
      schema: -53,
      countInt: 3,
      positiveSpans: [{ offset: 1, length: 2 }],
      positiveDeltas: [1, 1],
    };
    assert.deepEqual(
      (meaning({ ...custom, customValues: [0.5, 1] }) as { bounds: number[] }).bounds,
      [0.5, 1],
    );
    const fine = {
      schema: 9,
      countInt: 3,
      positiveSpans: [{ offset: 1, length: 2 }],
      positiveDeltas: [1, 1],
    };
    assert.deepEqual(meaning(fine).positive, ["1:3"]);
  });

  test("a staleness marker needs nothing else to be right", () => {
    const stale = "19 020000000000f07f";
    const batch = decode(fromHex(`22 00 2a 0d 1a 0b ${stale} 08 05`));
    assert.equal(batch.histograms[0].histogram.isStale, true);
  });

  const BAD: readonly (readonly [string, object, RegExp])[] = [
    [
      "counts that do not add up",
      { ...INTEGER, countInt: 13 },
      /histogram at 5: 12 observations in the buckets, but a count of 13/,
    ],
    [
      "a bucket below zero",
      { ...INTEGER, positiveDeltas: [2, -3, 1] },
      /positive bucket 2 has a count of -1/,
    ],
    [
      "spans without counts",
      { ...INTEGER, positiveDeltas: [2] },
      /positive spans have 3 buckets, but 1 counts/,
    ],
    ["2^32 buckets", { ...INTEGER, positiveSpans: [{ offset: 0, length: 4294967295 }] }, /beyond 32 bits/],
    ["a count of 2^63", { ...INTEGER, countInt: "9223372036854775808" }, /at most 2\^53 - 1/],
    ["a delta of 2^62", { ...INTEGER, negativeDeltas: ["4611686018427387904"] }, /at most 2\^53 - 1/],
    ["bounds that do not ascend", { schema: -53, customValues: [2, 1] }, /custom bounds do not ascend: 2, 1/],
    ["schema 53", { schema: 53 }, /schema 53/],
  ];
  for (const [name, fields, reason] of BAD) {
    test(`${name}: refused, and the rest of its series is taken`, () => {
      const batch = decode(encodeV2([{ ...UP, histograms: [{ ...fields }, INTEGER] }]));
      assert.deepEqual([batch.sampleCount, batch.histograms.length, batch.rejections.count], [1, 1, 1]);
      assert.match(batch.rejections.reasons[0], reason);
      assert.match(batch.rejections.reasons[0], /^series up\{job="a"\}: /);
    });
  }

  test("any histogram comes back", () => {
    const count = fc.nat(1000);
    const side = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), count), { maxLength: 8 });
    fc.assert(
      fc.property(side, side, count, (positive, negative, zero) => {
        const encoded = (prefix: string, buckets: [number, number][]) => ({
          [`${prefix}Spans`]: buckets.map(([offset]) => ({ offset, length: 1 })),
          [`${prefix}Deltas`]: buckets.map(([, one], i) => one - (i === 0 ? 0 : buckets[i - 1][1])),
        });
        const plain = (buckets: [number, number][]) => ({
          spans: buckets.map(([offset]) => ({ offset, length: 1 })),
          counts: Float64Array.from(buckets, ([, one]) => one),
        });
        const expected = histogram({ positive: plain(positive), negative: plain(negative), zeroCount: zero });
        const { kind: _, ...said } = meaningOf(expected);
        const fields = { countInt: expected.count, zeroCountInt: zero, sum: 1.5 };
        const {
          kind: __,
          hint: ___,
          ...came
        } = meaning({ ...fields, ...encoded("positive", positive), ...encoded("negative", negative) });
        assert.deepEqual(came, said);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe("exemplars and metadata", () => {
  test("exemplars with labels as they were sent", () => {
    const labels: Label[] = [
      ["trace_id", "abc"],
      ["a", "ü"],
    ];
    const batch = decode(
      encodeV2([UP, { ...UP, exemplars: [{ labels, value: 2.5, timestamp: 9 }, { labels: [] }] }]),
    );
    assert.deepEqual(batch.exemplars, [
      { series: 1, timestamp: 9, value: 2.5, labels },
      { series: 1, timestamp: 0, value: 0, labels: [] },
    ]);
  });

  test("one whose labels are too long or twice is dropped and counted, an odd one is refused alone", () => {
    const long: Label[] = [["trace_id", "x".repeat(121)]];
    const twice: Label[] = [
      ["a", "1"],
      ["a", "2"],
    ];
    const good: Label[] = [["trace_id", "𝒳".repeat(120)]];
    const batch = decode(
      encodeV2([{ ...UP, exemplars: [{ labels: long }, { labels: twice }, { labels: good }] }]),
    );
    assert.deepEqual([batch.exemplars.length, batch.droppedExemplars, batch.sampleCount], [1, 2, 1]);
    assert.equal(batch.rejections.count, 0);
    const odd = { symbols: [""], timeseries: [{ exemplars: [{ labelsRefs: [0] }, { labelsRefs: [0, 7] }] }] };
    assert.equal(decode(encodeV2Message(odd)).rejections.count, 2);
  });

  test("metadata of each series, of its metric's family", () => {
    const batch = decode(
      encodeV2([
        { ...UP, metadata: { type: "METRIC_TYPE_GAUGE", help: "whether it is up", unit: "s" } },
        UP,
        { ...UP, labels: [["__name__", "x_bucket"]], metadata: { type: "METRIC_TYPE_HISTOGRAM" } },
        { ...UP, metadata: {} },
      ]),
    );
    assert.deepEqual(
      Array.from({ length: batch.metadata.count }, (_, i) => batch.metadata.decode(i)),
      [
        { metricFamilyName: "up", type: "gauge", help: "whether it is up", unit: "s" },
        { metricFamilyName: "x", type: "histogram", help: "", unit: "" },
      ],
    );
  });
});

describe("series that are refused, and the others are taken", () => {
  const name = { symbols: ["", "__name__", "x"] };
  const good = { labelsRefs: [1, 2], samples: [{ timestamp: 1 }] };
  const BAD: readonly (readonly [string, object, RegExp])[] = [
    ["a reference out of range", { labelsRefs: [1, 3] }, /label reference 3 is beyond the 3 symbols/],
    ["a reference of 2^32 - 1", { labelsRefs: [4294967295, 1] }, /label reference 4294967295/],
    ["an odd number of references", { labelsRefs: [1, 2, 0] }, /3 label references, expected pairs/],
    ["10,000 labels", { labelsRefs: Array(20_000).fill(1) }, /more than 128 labels/],
    ["metadata out of range", { labelsRefs: [1, 2], metadata: { helpRef: 9 } }, /metadata reference 9/],
  ];
  for (const [what, series, reason] of BAD) {
    test(what, () => {
      const samples = [{ timestamp: 2 }, { timestamp: 3 }];
      const batch = decode(encodeV2Message({ ...name, timeseries: [{ ...series, samples }, good] }));
      assert.deepEqual([batch.sampleCount, batch.rejections.count], [1, 1]);
      assert.deepEqual(labelsOf(batch, batch.sampleSeries[0]), [["__name__", "x"]]);
      assert.match(batch.rejections.reasons[0], reason);
    });
  }

  test("a label that is not UTF-8 is refused when it is read", () => {
    const batch = decode(fromHex("22 00 22 01 ff 2a 04 0a 02 01 01"));
    assert.throws(() => labelsOf(batch, 0), HearthError);
  });

  test("labels of a megabyte that one symbol makes", () => {
    const symbols = ["", "__name__", "v".repeat(16_000)];
    const labelsRefs = Array(128).fill([1, 2]).flat();
    const batch = decode(encodeV2Message({ symbols, timeseries: [{ labelsRefs, samples: [{}] }, good] }));
    assert.deepEqual([batch.sampleCount, batch.rejections.count], [1, 1]);
    assert.match(batch.rejections.reasons[0], /more than the 65536 bytes/);
  });
});

describe("requests that are refused", () => {
  const CASES: readonly (readonly [string, Uint8Array, RegExp])[] = [
    [
      "a first symbol that is not empty",
      encodeV2Message({ symbols: ["a", ""], timeseries: [] }),
      /first symbol must be/,
    ],
    ["series without symbols", encodeV2Message({ timeseries: [{ samples: [{}] }] }), /first symbol must be/],
    ["remote write 1.0", fromHex("0a 02 12 00"), /fields of remote write 1\.0/],
    ["metadata of 1.0", fromHex("1a 00"), /fields of remote write 1\.0/],
    ["a symbol that is a number", fromHex("20 01"), /field 4 with wire type 0/],
    ["a series longer than the body", fromHex("22 00 2a 05 12 00"), /where 2 are left/],
    ["references that do not end", fromHex("22 00 2a 03 0a 01 ff"), /inside a varint/],
    ["a sample of another type", fromHex("22 00 2a 02 10 01"), /field 2 with wire type 0/],
    ["a value that is a varint", fromHex("22 00 2a 04 12 02 08 01"), /field 1 with wire type 0/],
  ];
  for (const [what, body, message] of CASES) test(what, () => refuses(body, "invalid", message));

  test("past a limit", () => {
    const many = encodeV2([UP, UP, UP], ["a", "b", "c"]);
    refuses(many, "too large", /more than 2 series/, { maxRequestSeries: 2 });
    refuses(many, "too large", /more than 2 samples/, { maxRequestSamples: 2 });
    refuses(many, "too large", /more than 5 symbols/, { maxRequestSymbols: 5 });
    refuses(many, "too large", /labels are more than 30 bytes/, { maxRequestLabelBytes: 30 });
    const histograms = encodeV2([
      { ...UP, histograms: [{ positiveSpans: [{}, {}] }, {}], exemplars: [{ labels: [] }] },
    ]);
    refuses(histograms, "too large", /more than 1 buckets/, { maxRequestBuckets: 1 });
    refuses(histograms, "too large", /more than 1 histograms/, { maxRequestHistograms: 1 });
  });
});

/** Everything there is, once. */
const FULL = encodeV2([
  {
    ...UP,
    histograms: [
      {
        countInt: 3,
        sum: 1,
        positiveSpans: [{ offset: 1, length: 2 }],
        positiveDeltas: [1, 1],
        timestamp: 5,
      },
    ],
    exemplars: [{ labels: [["trace_id", "abc"]], value: 1, timestamp: 5 }],
    metadata: { type: "METRIC_TYPE_COUNTER", help: "help", unit: "s" },
    createdTimestamp: 4,
  },
  {
    labels: [["__name__", "f"]],
    histograms: [{ countFloat: 3, positiveSpans: [{ length: 1 }], positiveCounts: [3] }],
  },
]);

test("cut at every length: refused, or with less in it", () => {
  const whole = decode(FULL);
  for (let length = 0; length < FULL.length; length++) {
    try {
      const { seriesCount } = decode(FULL.subarray(0, length));
      assert.ok(seriesCount < whole.seriesCount, `${length}`);
    } catch (error) {
      assert.ok(error instanceof HearthError && error.kind === "invalid", `${error}`);
    }
  }
});

test("damaged bodies decode or are refused", () => {
  const edit = fc.tuple(fc.nat(FULL.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const body = FULL.slice();
      for (const [at, byte] of edits) body[at] = byte;
      try {
        short(decode(body));
      } catch (error) {
        assert.ok(error instanceof HearthError && error.kind === "invalid", `${error}`);
      }
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

test("a decoder used again keeps nothing of the request before, nor of one that failed", () => {
  const decoder = new WriteV2Decoder(DEFAULT_LIMITS);
  for (const body of [FULL, encodeV2([UP]), FULL.subarray(0, FULL.length - 3), encodeV2([UP, UP]), FULL]) {
    const [again, fresh] = [decoder, new WriteV2Decoder(DEFAULT_LIMITS)].map((one) => {
      try {
        const batch = one.decode(atOffset(body));
        const { histograms, exemplars, metadata, rejections } = batch;
        return [short(batch), histograms.length, exemplars, metadata.count, rejections.count];
      } catch (error) {
        return (error as Error).message;
      }
    });
    assert.deepEqual(again, fresh);
  }
});

// They end: what takes the square of such a length does not, on any day of CI.
describe("made to cost as much as possible", () => {
  const SIZE = 2 ** 25;
  const huge = (unit: string) => new Uint8Array(Buffer.alloc(SIZE, fromHex(unit)));
  const oneSeries = (unit: string) => {
    const series = Buffer.alloc(SIZE - 8, fromHex(unit));
    return new Uint8Array(Buffer.concat([fromHex("22 00 2a f8 ff ff 0f"), series]));
  };
  const CASES: readonly (readonly [string, () => Uint8Array, RegExp])[] = [
    ["symbols of nothing", () => huge("22 00"), /more than 1000000 symbols/],
    [
      "series of nothing",
      () => new Uint8Array(Buffer.concat([fromHex("22 00"), huge("2a 00")])),
      /more than 50000 series/,
    ],
    ["samples of nothing", () => oneSeries("12 00"), /more than 2000000 samples/],
    ["histograms of nothing", () => oneSeries("1a 00"), /more than 50000 histograms/],
    ["exemplars of nothing", () => oneSeries("22 00"), /^0 refused$/],
    ["references", () => oneSeries("08 00"), /^1 refused$/],
    ["groups within groups", () => huge("33"), /nested groups/],
    [
      "the same long label in every series",
      () =>
        encodeV2Message({
          symbols: ["", "v".repeat(60_000)],
          timeseries: Array(20_000).fill({ labelsRefs: [1, 0] }),
        }),
      /labels are more than 33554432 bytes/,
    ],
    [
      "ten thousand symbols that nothing refers to",
      () =>
        encodeV2(
          [UP],
          Array.from({ length: 10_000 }, (_, i) => `unused ${i}`),
        ),
      /^0 refused$/,
    ],
  ];
  for (const [what, newBody, message] of CASES) {
    test(what, () => {
      const body = newBody();
      let outcome: string;
      try {
        outcome = `${new WriteV2Decoder(DEFAULT_LIMITS).decode(body).rejections.count} refused`;
      } catch (error) {
        outcome = (error as Error).message;
      }
      assert.match(outcome, message);
    });
  }
});
