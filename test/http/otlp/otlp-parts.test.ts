/** What is wrong with a part of an OTLP request costs that part, by name, and nothing else. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OTLP_PATHS } from "../../../lib/http/otlp-route.ts";
import { printLabels } from "../../../lib/model/labels.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { ProtobufReader } from "../../../lib/wire/protobuf-reader.ts";
import { ALL_TIME, selectAll } from "../../helpers/storage/naive-store.ts";
import { TestGateway } from "../../helpers/test-gateway.ts";
import { latin1Json, latin1Protobuf } from "../../otlp/latin-1.ts";

const [PATH] = OTLP_PATHS;
const NOW = 1_795_337_470_000;
const timeUnixNano = `${NOW}000000`;
const TYPES = { json: "application/json", protobuf: "application/x-protobuf" } as const;
const ENCODERS = { json: latin1Json, protobuf: latin1Protobuf } as const;

// biome-ignore lint/suspicious/noExplicitAny: the shape is OTLP's JSON
type Json = any;

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const point = (more: object = {}) => ({ timeUnixNano, asDouble: 1, ...more });
const gauge = (name: string, more: object = {}, metric: object = {}) => ({
  name,
  gauge: { dataPoints: [point(more)] },
  ...metric,
});
const request = (metrics: readonly object[], resource: Json = {}, scope: Json = {}) => ({
  resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }],
});
const GOOD = gauge("good");

interface Outcome {
  readonly status: number;
  readonly rejected: number;
  readonly message: string;
  /** `name{labels} value`. */
  readonly stored: readonly string[];
}

async function send(body: Uint8Array, encoding: keyof typeof TYPES, gateway?: TestGateway): Promise<Outcome> {
  const opened = gateway ?? (await TestGateway.open());
  opened.nowMs = NOW;
  const headers = { "Content-Type": TYPES[encoding], "Content-Encoding": undefined };
  const response = await opened.post(PATH, body, headers);
  const answer = new Uint8Array(await response.arrayBuffer());
  const said = encoding === "json" ? saidInJson(answer) : saidInProtobuf(answer, response.status);
  const reader = new Reader(opened.table, { ...opened.services, retentionMs: 0, tenant: "t" });
  const all = await selectAll(reader, { matchers: [], ...ALL_TIME });
  const stored = all
    .map(({ labels, samples }) => `${printLabels(labels)} ${numberOf(samples.at(-1)![1])}`)
    .sort();
  return { status: response.status, ...said, stored };
}

function saidInJson(answer: Uint8Array): Pick<Outcome, "rejected" | "message"> {
  const { partialSuccess, message = "" } = JSON.parse(Buffer.from(answer).toString());
  if (partialSuccess === undefined) return { rejected: 0, message };
  return { rejected: Number(partialSuccess.rejectedDataPoints), message: partialSuccess.errorMessage };
}

function saidInProtobuf(answer: Uint8Array, status: number): Pick<Outcome, "rejected" | "message"> {
  let [rejected, message] = [0, ""];
  if (answer.length === 0) return { rejected, message };
  const reader = new ProtobufReader(answer);
  if (status === 200) {
    assert.equal(reader.readTag(), 0x0a);
    reader.enter();
  }
  while (reader.hasMore()) {
    if (reader.readTag() === 0x08) rejected = reader.readInt64();
    else message = reader.readString();
  }
  return { rejected: status === 200 ? rejected : 0, message };
}

function numberOf(bits: bigint): number {
  return new Float64Array(BigUint64Array.of(bits).buffer)[0];
}

/** In latin-1 "é" is a byte that is not UTF-8. */
const NOT_UTF8: readonly (readonly [
  what: string,
  request: object,
  rejected: number,
  message: RegExp,
  stored: string[],
])[] = [
  [
    "the value of a point's attribute",
    request([
      GOOD,
      {
        name: "bad",
        gauge: {
          dataPoints: [point({ attributes: [text("k", "é")] }), point({ attributes: [text("k", "e")] })],
        },
      },
    ]),
    1,
    /^metric "bad": attribute "k": its value is not UTF-8: "\ufffd"$/,
    ['bad{k="e"} 1', "good{} 1"],
  ],
  [
    "the key of a point's attribute",
    request([GOOD, gauge("bad", { attributes: [text("é", "v")] })]),
    1,
    /^metric "bad": attribute "\ufffd": its key is not UTF-8$/,
    ["good{} 1"],
  ],
  [
    "a text in a list",
    request([
      GOOD,
      gauge("bad", { attributes: [{ key: "k", value: { arrayValue: { values: [{ stringValue: "é" }] } } }] }),
    ]),
    1,
    /^metric "bad": attribute "k": its value is not UTF-8/,
    ["good{} 1"],
  ],
  [
    "a metric's name",
    request([gauge("bé"), GOOD]),
    1,
    /^metric "b\ufffd": its name is not UTF-8$/,
    ["good{} 1"],
  ],
  [
    "a unit",
    request([gauge("bad", {}, { unit: "°C" }), GOOD]),
    1,
    /^metric "bad": its unit is not UTF-8$/,
    ["good{} 1"],
  ],
  [
    "a service's name",
    {
      resourceMetrics: [
        ...request([gauge("bad")], { attributes: [text("service.name", "é")] }).resourceMetrics,
        ...request([GOOD]).resourceMetrics,
      ],
    },
    1,
    /^resource of 1 data points: attribute "service.name": its value is not UTF-8/,
    ["good{} 1"],
  ],
  ["a description", request([gauge("good", {}, { description: "é" })]), 0, /^$/, ["good{} 1"]],
  [
    "a resource's attribute, which only target_info has",
    request([GOOD], { attributes: [text("service.name", "a"), text("x", "é"), text("y", "1")] }),
    0,
    /^$/,
    ['good{job="a"} 1', 'target_info{job="a",y="1"} 1'],
  ],
  ["a scope's name", request([GOOD], {}, { name: "é" }), 0, /^$/, ["good{} 1"]],
];

for (const encoding of ["json", "protobuf"] as const) {
  describe(`${encoding}: a text that is not UTF-8 costs what it names`, () => {
    for (const [what, body, rejected, message, stored] of NOT_UTF8) {
      test(what, async () => {
        const outcome = await send(ENCODERS[encoding](body), encoding);
        assert.deepEqual([outcome.status, outcome.rejected, outcome.stored], [200, rejected, stored]);
        assert.match(outcome.message, message);
      });
    }
  });

  describe(`${encoding}: a data point without a required field is refused by name`, () => {
    for (const [field, more] of [
      ["timeUnixNano", { timeUnixNano: undefined }],
      ["asDouble or asInt", { asDouble: undefined }],
    ] as const) {
      test(field, async () => {
        const outcome = await send(ENCODERS[encoding](request([gauge("bad", more), GOOD])), encoding);
        assert.deepEqual([outcome.status, outcome.rejected, outcome.stored], [200, 1, ["good{} 1"]]);
        assert.equal(outcome.message, `metric "bad": a data point has no ${field}`);
      });
    }
  });
}

test("JSON beside a bad text: a U+FFFD that was sent stays, and half a surrogate pair is not UTF-8 either", async () => {
  const good = gauge("good", { attributes: [text("k", "FFFD")] });
  const plain = latin1Json(request([good, gauge("bad", { attributes: [text("k", "é")] })]));
  const body = Buffer.from(Buffer.from(plain).toString("latin1").replace("FFFD", "\xef\xbf\xbd"), "latin1");
  const outcome = await send(new Uint8Array(body), "json");
  assert.deepEqual([outcome.rejected, outcome.stored], [1, ['good{k="\ufffd"} 1']]);
  const half = await send(
    latin1Json(request([GOOD, gauge("bad", { attributes: [text("k", "\ud800")] })])),
    "json",
  );
  assert.deepEqual([half.rejected, half.stored], [1, ["good{} 1"]]);
});

describe("an attribute with the name of a bound gives way to it", () => {
  const json = (metric: object, resource: object = {}) => latin1Json(request([metric], resource));
  const le = [text("le", "x")];
  const buckets = {
    timeUnixNano,
    count: 3,
    sum: 3,
    bucketCounts: [1, 2],
    explicitBounds: [1],
    attributes: le,
  };
  const summary = {
    timeUnixNano,
    count: 3,
    sum: 3,
    quantileValues: [{ quantile: 0.5, value: 1 }],
    attributes: [text("quantile", "x")],
  };

  test("le of a histogram", async () => {
    const outcome = await send(
      json({ name: "h", histogram: { aggregationTemporality: 2, dataPoints: [buckets] } }),
      "json",
    );
    assert.equal(outcome.rejected, 0);
    assert.deepEqual(outcome.stored, [
      'h_bucket{le="+Inf"} 3',
      'h_bucket{le="1"} 1',
      'h_count{le="x"} 3',
      'h_sum{le="x"} 3',
    ]);
  });

  test("quantile of a summary", async () => {
    const outcome = await send(json({ name: "s", summary: { dataPoints: [summary] } }), "json");
    assert.equal(outcome.rejected, 0);
    assert.deepEqual(outcome.stored, [
      's_count{quantile="x"} 3',
      's_sum{quantile="x"} 3',
      's{quantile="0.5"} 1',
    ]);
  });

  test("the next point has its own labels", async () => {
    const dataPoints = [buckets, { ...buckets, attributes: [text("a", "1")] }];
    const outcome = await send(
      json({ name: "h", histogram: { aggregationTemporality: 2, dataPoints } }),
      "json",
    );
    assert.ok(
      outcome.stored.includes('h_bucket{a="1",le="1"} 1') && outcome.stored.includes('h_count{a="1"} 3'),
    );
  });
});

describe("exemplars", () => {
  const exemplarsOf = async (exemplars: readonly object[]) => {
    const gateway = await TestGateway.open();
    const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point({ exemplars })] };
    const outcome = await send(latin1Json(request([{ name: "c", sum }])), "json", gateway);
    assert.deepEqual([outcome.status, outcome.rejected, outcome.stored], [200, 0, ["c_total{} 1"]]);
    const reader = new Reader(gateway.table, { ...gateway.services, retentionMs: 0, tenant: "t" });
    const found = await reader.exemplars([[]], ALL_TIME);
    return found.flatMap((one) => one.exemplars.map(({ labels }) => labels));
  };
  const ids = { traceId: "5b8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b174" };
  const ID_LABELS = [
    ["span_id", ids.spanId],
    ["trace_id", ids.traceId],
  ];

  test("a filtered attribute called trace_id or span_id gives way to the ids", async () => {
    const filteredAttributes = [
      text("trace_id", "other"),
      text("span_id", "other"),
      text("a", "1"),
      text("a", "2"),
    ];
    assert.deepEqual(await exemplarsOf([{ timeUnixNano, asDouble: 1, ...ids, filteredAttributes }]), [
      [["a", "2"], ...ID_LABELS],
    ]);
  });

  test("an id that is not hexadecimal, and an attribute that is not UTF-8, are dropped", async () => {
    const filteredAttributes = [text("a", "é"), text("b", "1")];
    assert.deepEqual(
      await exemplarsOf([
        { timeUnixNano, asDouble: 1, traceId: ids.traceId, spanId: "AQ==", filteredAttributes },
      ]),
      [[["b", "1"], ID_LABELS[1]]],
    );
  });
});

describe("a request without a member that is known says so", () => {
  const CASES: readonly (readonly [string, keyof typeof TYPES, Uint8Array, RegExp])[] = [
    [
      "JSON in snake_case",
      "json",
      latin1Json({ resource_metrics: [] }),
      /member "resource_metrics" of request \(known: resourceMetrics\)/,
    ],
    [
      "below",
      "json",
      latin1Json({ resourceMetrics: [{ scope_metrics: [] }] }),
      /member "scope_metrics" of resourceMetrics/,
    ],
    ["spans", "json", latin1Json({ resourceSpans: [{}] }), /member "resourceSpans"/],
    ["protobuf", "protobuf", Uint8Array.of(0x2a, 0x00), /field 5 of ExportMetricsServiceRequest/],
    [
      "protobuf below",
      "protobuf",
      Uint8Array.of(0x0a, 0x03, 0xc2, 0x3e, 0x00),
      /field 1000 of ResourceMetrics/,
    ],
  ];
  for (const [what, encoding, body, message] of CASES) {
    test(what, async () => {
      const outcome = await send(body, encoding);
      assert.equal(outcome.status, 400);
      assert.match(outcome.message, message);
    });
  }

  test("a member of a later version beside metrics is passed over, and nothing is a request too", async () => {
    const later = { ...request([GOOD]), later: 1 };
    assert.deepEqual((await send(latin1Json(later), "json")).stored, ["good{} 1"]);
    for (const empty of [
      {},
      { resourceMetrics: [{ resource: {}, scopeMetrics: [{ metrics: [] }], schemaUrl: "" }] },
    ])
      assert.equal((await send(latin1Json(empty), "json")).status, 200);
    assert.equal((await send(new Uint8Array(0), "protobuf")).status, 200);
  });
});
