import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HearthError } from "../../lib/model/errors.ts";
import type { Label } from "../../lib/model/labels.ts";
import { DEFAULT_LIMITS, type Limits } from "../../lib/model/limits.ts";
import { WriteV2Decoder } from "../../lib/wire/write-v2.ts";
import { meaningOf } from "../helpers/histograms.ts";
import { columnBits } from "../helpers/write-requests.ts";
import { encodeV2, encodeV2Message } from "../helpers/write-v2-requests.ts";
import { atOffset, fromHex, readFixture } from "./prometheus-proto.ts";
import { decode, FULL, labelsOf, short, UP } from "./write-v2-batches.ts";

function refuses(body: Uint8Array, kind: string, message: RegExp, limits: Partial<Limits> = {}): void {
  assert.throws(
    () => decode(body, limits),
    (error) => error instanceof HearthError && error.kind === kind && message.test(error.message),
  );
}

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
