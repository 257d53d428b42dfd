/** What is wrong with a part of a remote write request costs that part, by name, in both versions. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Label } from "../../../lib/model/labels.ts";
import { compress } from "../../../lib/wire/snappy.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { TestGateway } from "../../helpers/test-gateway.ts";
import { compressedV2, encodeV2, encodeV2Message } from "../../helpers/write-v2-requests.ts";
import { encodeMessage } from "../../wire/prometheus-proto.ts";

const NOW = MIDNIGHT_MS;
const HEADERS = {
  "1.0": {},
  "2.0": { "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request" },
} as const;
type Version = keyof typeof HEADERS;
const VERSIONS: readonly Version[] = ["1.0", "2.0"];

interface Series {
  readonly labels: readonly Label[];
  readonly samples?: readonly { readonly value: number; readonly timestamp: number | string }[];
  readonly histograms?: readonly object[];
  readonly exemplars?: readonly { labels: readonly Label[]; value: number; timestamp: number }[];
}

const GOOD: Series = { labels: [["__name__", "good"]], samples: [{ value: 1, timestamp: NOW }] };
const bad = (...labels: Label[]): Series => ({ labels, samples: [{ value: 1, timestamp: NOW }] });

function encode(version: Version, series: readonly Series[]): Uint8Array {
  if (version === "2.0") return encodeV2(series as Parameters<typeof encodeV2>[0]);
  const plain = (labels: readonly Label[]) => labels.map(([name, value]) => ({ name, value }));
  const timeseries = series.map(({ labels, exemplars = [], ...rest }) => ({
    ...rest,
    labels: plain(labels),
    exemplars: exemplars.map((one) => ({ ...one, labels: plain(one.labels) })),
  }));
  return encodeMessage("WriteRequest", { timeseries });
}

/** Every "§" becomes a byte that is not UTF-8. Both are two bytes long. */
function damage(body: Uint8Array): Uint8Array {
  return new Uint8Array(
    Buffer.from(Buffer.from(body).toString("latin1").replaceAll("\xc2\xa7", "\xe9a"), "latin1"),
  );
}

async function send(version: Version, body: Uint8Array, gateway?: TestGateway) {
  const opened = gateway ?? (await TestGateway.open());
  const response = await opened.post("/api/v1/write", compress(body), HEADERS[version]);
  const [firstLine] = (await response.text()).split("\n");
  return { status: response.status, firstLine, fields: opened.lastLine.fields };
}

for (const version of VERSIONS) {
  describe(`remote write ${version}: the first line names the rejected series`, () => {
    const many = Array.from({ length: 131 }, (_, i): Label => [`l${i}`, "x"]);
    const CASES: readonly (readonly [string, Series, RegExp])[] = [
      ["131 labels", bad(["__name__", "many"], ...many), /series many\{l0="x",.*\}?: more than 128 labels/],
      [
        "a value of 17,000 bytes",
        bad(["__name__", "m"], ["v", "x".repeat(17_000)]),
        /series m\{v="x+…"\}: .*17000 bytes/,
      ],
      [
        "a value that is not UTF-8",
        bad(["__name__", "m"], ["v", "a§"], ["w", "1"]),
        /series m\{v="a\ufffda",w="1"\}: .*not UTF-8/,
      ],
      [
        "a name that is not UTF-8",
        bad(["__name__", "m"], ["v§", "1"]),
        /series m\{v\ufffda="1"\}: .*not UTF-8/,
      ],
      [
        "a metric's name that is not UTF-8",
        bad(["__name__", "m§"], ["a", "1"]),
        /series m\ufffda\{a="1"\}: .*not UTF-8/,
      ],
      [
        "a histogram that does not add up",
        { labels: [["__name__", "h"]], histograms: [{ countInt: 3, timestamp: NOW }] },
        /series h\{\}: histogram at \d+: 0 observations/,
      ],
    ];
    for (const [what, series, message] of CASES) {
      test(what, async () => {
        const { status, firstLine, fields } = await send(version, damage(encode(version, [series, GOOD])));
        assert.deepEqual([status, fields.storedSamples], [400, 1], firstLine);
        assert.match(firstLine, /^write request: 1 rejected, the other 1 samples are stored: series /);
        assert.match(firstLine, message);
      });
    }
  });

  test(`remote write ${version}: a timestamp in an error is the one that came`, async () => {
    for (const timestamp of ["9007199254740993", "9223372036854775807", "-9223372036854775808"]) {
      const series = { labels: [["__name__", "m"] as const], samples: [{ value: 1, timestamp }] };
      const { status, firstLine } = await send(version, encode(version, [GOOD, series]));
      assert.equal(status, 400);
      assert.match(firstLine, new RegExp(`series m\\{\\}: timestamp ${timestamp} is not a time in ms`));
      const histogram = { labels: series.labels, histograms: [{ countInt: 0, timestamp }] };
      assert.match(
        (await send(version, encode(version, [histogram]))).firstLine,
        new RegExp(`timestamp ${timestamp} is`),
      );
    }
  });

  test(`remote write ${version}: a hundred such timestamps are counted, and ten are named`, async () => {
    const samples = Array.from({ length: 100 }, () => ({ value: 1, timestamp: "9007199254740993" }));
    const { firstLine, fields } = await send(
      version,
      encode(version, [{ labels: [["__name__", "m"]], samples }, GOOD]),
    );
    assert.deepEqual([fields.rejected, fields.storedSamples], [100, 1], firstLine);
  });

  describe(`remote write ${version}: exemplars cost a request nothing`, () => {
    const exemplar = (...labels: Label[]) => ({ labels, value: 1, timestamp: NOW });
    const CASES: readonly (readonly [string, ReturnType<typeof exemplar>[], number, number])[] = [
      ["labels that are too long", [exemplar(["a", "x".repeat(200)]), exemplar(["a", "1"])], 1, 1],
      ["a label twice", [exemplar(["a", "1"], ["a", "2"])], 0, 1],
      ["a label that is not UTF-8", [exemplar(["a", "§"])], 1, 0],
      ["more than a request may have", Array.from({ length: 5 }, () => exemplar(["a", "1"])), 3, 2],
    ];
    for (const [what, exemplars, stored, dropped] of CASES) {
      test(what, async () => {
        const gateway = await TestGateway.open({ maxRequestExemplars: 3 });
        const body = damage(encode(version, [{ ...GOOD, exemplars }]));
        const { status, firstLine, fields } = await send(version, body, gateway);
        assert.deepEqual([status, firstLine], [version === "1.0" ? 200 : 204, ""]);
        assert.deepEqual(
          [fields.storedSamples, fields.storedExemplars ?? 0, fields.droppedExemplars ?? 0],
          [1, stored, dropped],
        );
      });
    }
  });
}

test("2.0: what refers to symbols that are not there is named as far as they are", async () => {
  const symbols = ["", "__name__", "up", "job"];
  const timeseries = [{ labelsRefs: [1, 2, 3, 99], samples: [{ value: 1, timestamp: NOW }] }];
  const { firstLine } = await send("2.0", encodeV2Message({ symbols, timeseries }));
  assert.match(firstLine, /series up\{job=""\}: label reference 99 is beyond the 4 symbols/);
});

test("a help text that is not UTF-8 costs nothing, a metric's name itself alone", async () => {
  const gateway = await TestGateway.open();
  const metadata = [{ metricFamilyName: "good", help: "a§", type: "GAUGE" }];
  const timeseries = [{ labels: [{ name: "__name__", value: "good" }], samples: GOOD.samples }];
  const first = await send("1.0", damage(encodeMessage("WriteRequest", { timeseries, metadata })), gateway);
  assert.deepEqual([first.status, first.fields.storedMetadata], [200, 1]);
  const named = damage(
    encodeMessage("WriteRequest", { timeseries, metadata: [{ metricFamilyName: "b§", help: "x" }] }),
  );
  const { status, firstLine } = await send("1.0", named, gateway);
  assert.equal(status, 400);
  assert.match(firstLine, /: metadata: metric "b\ufffda": its name is not UTF-8$/);
  const second = { ...GOOD, metadata: { type: "METRIC_TYPE_GAUGE", help: "§" } };
  const third = await gateway.post(
    "/api/v1/write",
    compress(damage(encodeV2([second as never]))),
    HEADERS["2.0"],
  );
  assert.equal(third.status, 204);
});

describe("a request without a field that is known says so", () => {
  const CASES: readonly (readonly [string, Version, Uint8Array, RegExp])[] = [
    [
      "2.0 sent as 1.0",
      "1.0",
      encodeV2([GOOD as never]),
      /field 4 is not in prometheus.WriteRequest; remote write 2.0 needs/,
    ],
    ["1.0 sent as 2.0", "2.0", encode("1.0", [GOOD]), /fields of remote write 1.0/],
    ["something else as 1.0", "1.0", Uint8Array.of(0x52, 0x00), /field 10 is not in prometheus.WriteRequest/],
    [
      "something else as 2.0",
      "2.0",
      Uint8Array.of(0x52, 0x00),
      /field 10 is not in io.prometheus.write.v2.Request/,
    ],
  ];
  for (const [what, version, body, message] of CASES) {
    test(what, async () => {
      const { status, firstLine } = await send(version, body);
      assert.equal(status, 400);
      assert.match(firstLine, message);
    });
  }

  test("a request of nothing, and a field of a later version beside others, are taken", async () => {
    assert.equal((await send("1.0", new Uint8Array(0))).status, 200);
    const later = Buffer.concat([encode("1.0", [GOOD]), Uint8Array.of(0x52, 0x00)]);
    assert.deepEqual(
      [(await send("1.0", later)).status, (await send("1.0", later)).fields.storedSamples],
      [200, 1],
    );
    assert.equal(
      (await (await TestGateway.open()).post("/api/v1/write", compressedV2([]), HEADERS["2.0"])).status,
      204,
    );
  });
});
