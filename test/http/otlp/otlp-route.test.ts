import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { OTLP_PATHS } from "../../../lib/http/otlp-route.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { changeTenantSettings } from "../../../lib/storage/tenants/tenant-settings.ts";
import { ProtobufReader } from "../../../lib/wire/protobuf-reader.ts";
import { FAULTS } from "../../helpers/storage/faulty-table.ts";
import { ALL_TIME, selectAll } from "../../helpers/storage/naive-store.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { series } from "../../helpers/write-requests.ts";
import { readFixture } from "../../otlp/golden.ts";

/** Just behind the recorded points. */
const NOW = 1_795_337_470_000;
const [PATH] = OTLP_PATHS;
const JSON_TYPE = { "Content-Type": "application/json", "Content-Encoding": undefined };
const PROTOBUF = { "Content-Type": "application/x-protobuf", "Content-Encoding": undefined };

async function open(limits = {}): Promise<TestGateway> {
  const gateway = await TestGateway.open(limits);
  gateway.nowMs = NOW;
  return gateway;
}

async function metricNames(gateway: TestGateway): Promise<string[]> {
  gateway.table.heal();
  const all = await selectAll(
    new Reader(gateway.table, { ...gateway.services, retentionMs: 0, tenant: "t" }),
    {
      matchers: [],
      ...ALL_TIME,
    },
  );
  return [...new Set(all.map(({ labels }) => labels.find(([name]) => name === "__name__")![1]))];
}

const STORED = [
  "exp_hist_seconds",
  "http_server_duration_milliseconds_bucket",
  "http_server_duration_milliseconds_count",
  "http_server_duration_milliseconds_sum",
  "http_server_requests_total",
  "queue_size",
  "temp_celsius",
];

/** `[rejected, message]` of an ExportMetricsServiceResponse; undefined when it is empty. */
function partialSuccess(body: Uint8Array): [number, string] | undefined {
  if (body.length === 0) return undefined;
  const reader = new ProtobufReader(body);
  assert.equal(reader.readTag(), 0x0a);
  reader.enter();
  return pairOf(reader);
}

/** Fields 1, a number, and 2, a text: both messages have these. */
function pairOf(reader: ProtobufReader): [number, string] {
  let [number, text] = [0, ""];
  while (reader.hasMore()) {
    if (reader.readTag() === 0x08) number = reader.readInt64();
    else text = reader.readString();
  }
  return [number, text];
}

// biome-ignore lint/suspicious/noExplicitAny: what the answer says
const jsonOf = (response: Response): Promise<any> => response.json();
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

describe("bodies of the OpenTelemetry JavaScript SDK are stored", () => {
  const CASES = [
    ["protobuf", readFixture("js-0.223-proto-cumulative.bin"), PROTOBUF],
    ["protobuf, gzip", readFixture("js-0.223-proto-gzip.bin"), { ...PROTOBUF, "Content-Encoding": "gzip" }],
    ["JSON", readFixture("js-0.223-json-cumulative.json"), JSON_TYPE],
    [
      "JSON, gzip",
      gzipSync(readFixture("js-0.223-json-cumulative.json")),
      { ...JSON_TYPE, "Content-Encoding": "gzip" },
    ],
    [
      "JSON, identity",
      readFixture("js-0.223-json-cumulative.json"),
      { ...JSON_TYPE, "Content-Encoding": "identity" },
    ],
  ] as const;
  for (const [what, body, headers] of CASES) {
    test(what, async () => {
      const gateway = await open();
      const response = await gateway.post(PATH, body, headers);
      assert.deepEqual(
        [response.status, response.headers.get("Content-Type")],
        [200, headers["Content-Type"]],
      );
      const answer = Buffer.from(await bytesOf(response)).toString();
      assert.equal(answer, headers === JSON_TYPE || what.startsWith("JSON") ? "{}" : "");
      assert.deepEqual(await metricNames(gateway), STORED);
      const { storedSamples, storedHistograms, storedMetadata } = gateway.lastLine.fields;
      assert.deepEqual([storedSamples, storedHistograms, storedMetadata], [21, 1, 5]);
    });
  }
});

describe("partial success", () => {
  test("delta: 200, with how many points were refused and why, in either encoding", async () => {
    const gateway = await open();
    const response = await gateway.post(PATH, readFixture("js-0.223-proto-delta.bin"), PROTOBUF);
    assert.equal(response.status, 200);
    const [rejected, message] = partialSuccess(await bytesOf(response)) ?? [];
    assert.equal(rejected, 3);
    assert.match(message ?? "", /delta temporality is not accepted here/);
    assert.deepEqual(await metricNames(gateway), ["queue_size", "temp_celsius"]);
    const point = { timeUnixNano: `${NOW}000000`, asInt: "5" };
    const sum = { aggregationTemporality: 1, dataPoints: [point, point] };
    const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "x", sum }] }] }] });
    const { partialSuccess: said } = await jsonOf(await gateway.post(PATH, body, JSON_TYPE));
    assert.equal(said.rejectedDataPoints, "2");
    assert.match(said.errorMessage, /^metric "x": delta temporality/);
  });

  test("what storage refuses is counted too, and the rest is stored", async () => {
    const gateway = await open();
    gateway.nowMs = NOW;
    const points = [
      { timeUnixNano: `${NOW}000000`, asInt: 1 },
      { timeUnixNano: `${NOW + 700_000}000000`, asInt: 1 },
    ];
    const metrics = [{ name: "x", gauge: { dataPoints: points } }];
    const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
    const response = await gateway.post(PATH, body, JSON_TYPE);
    assert.equal(response.status, 200);
    const { partialSuccess: said } = await jsonOf(response);
    assert.equal(said.rejectedDataPoints, "1");
    assert.match(said.errorMessage, /series x\{\}: timestamp \d+ is in the future/);
    assert.deepEqual(await metricNames(gateway), ["x"]);
  });
});

describe("errors are google.rpc.Status, in the encoding of the request", () => {
  const garbage = new TextEncoder().encode("garbage");
  const CASES: readonly (readonly [string, object, Uint8Array, number, number, RegExp])[] = [
    ["a malformed body", {}, garbage, 400, 3, /OTLP request|protobuf/],
    ["no key", { Authorization: undefined }, garbage, 401, 16, /Authorization/i],
    ["a wrong key", { Authorization: basic("HKX") }, garbage, 401, 16, /./],
    ["a key without the scope", { Authorization: basic("HKR") }, garbage, 403, 7, /no write scope/],
    [
      "an encoding that is not spoken",
      { "Content-Encoding": "zstd" },
      garbage,
      415,
      3,
      /content encoding "zstd"/,
    ],
    ["a body that is too large", { "Content-Length": "20000000" }, garbage, 413, 8, /the limit is/],
    ["no gzip", { "Content-Encoding": "gzip" }, garbage, 400, 3, /expected gzip/],
    [
      "gzip of too much",
      { "Content-Encoding": "gzip" },
      gzipSync(new Uint8Array(2 ** 25 + 1)),
      413,
      8,
      /when decompressed/,
    ],
  ];
  test("a tenant over its rate", async () => {
    const gateway = await open();
    const limits = { samplesPerSecond: 1, samplesBurst: 1 };
    await changeTenantSettings(gateway.services.table, "t", { limits });
    const sent = await gateway.write([series("up", { job: "a" }, [gateway.nowMs, 1])]);
    assert.equal(sent.status, 200);
    const response = await gateway.post(PATH, garbage, JSON_TYPE);
    assert.equal(response.headers.get("Retry-After"), "1");
    assert.deepEqual([response.status, (await jsonOf(response)).code], [429, 8]);
  });
  for (const [what, headers, body, status, code, message] of CASES) {
    test(what, async () => {
      const gateway = await open();
      await gateway.addKey({ id: "HKR", scopes: ["read"] });
      const json = await gateway.post(PATH, body, { ...JSON_TYPE, ...headers });
      const said = await jsonOf(json);
      assert.deepEqual([json.status, said.code], [status, code]);
      assert.match(said.message, message);
      const binary = await gateway.post(PATH, body, { ...PROTOBUF, ...headers });
      assert.deepEqual(
        [binary.status, binary.headers.get("Content-Type")],
        [status, "application/x-protobuf"],
      );
      const [binaryCode, text] = pairOf(new ProtobufReader(await bytesOf(binary)));
      assert.equal(binaryCode, code);
      assert.match(text, message);
      assert.deepEqual(await metricNames(gateway), []);
    });
  }

  test("415 in plain text for a content type of neither, before the body is read", async () => {
    const unread = () => new ReadableStream({ pull: () => Promise.reject(new Error("read")) });
    for (const type of ["text/plain", undefined, "application/x-protobuf2", ""]) {
      const gateway = await open();
      const response = await gateway.post(PATH, unread(), { ...PROTOBUF, "Content-Type": type });
      assert.equal(response.status, 415);
      assert.match(
        await response.text(),
        /^content type .*expected application\/x-protobuf or application\/json\n$/,
      );
    }
  });

  for (const fault of FAULTS) {
    test(`503 with Retry-After when the table fails (${fault})`, async () => {
      const gateway = await open();
      await gateway.post(PATH, "{}", JSON_TYPE);
      gateway.table.failOnce(0, fault);
      const body = readFixture("js-0.223-json-cumulative.json");
      const response = await gateway.post(PATH, body, JSON_TYPE);
      assert.deepEqual([response.status, (await jsonOf(response)).code], [503, 14]);
      assert.match(response.headers.get("Retry-After") ?? "", /^\d+$/);
      assert.equal((await gateway.post(PATH, body, JSON_TYPE)).status, 200);
      assert.deepEqual(await metricNames(gateway), STORED);
    });
  }

  test("a bug's words stay in the log", async () => {
    const gateway = await open();
    await gateway.post(PATH, "{}", JSON_TYPE);
    gateway.table.beforeCall(0, () => {
      throw new TypeError("x is not a function");
    });
    const response = await gateway.post(PATH, readFixture("js-0.223-json-cumulative.json"), JSON_TYPE);
    assert.deepEqual(await jsonOf(response), { code: 13, message: "internal error; see the log" });
  });
});

test("405 for another method, and the path is the one that is promised", async () => {
  assert.deepEqual(OTLP_PATHS, ["/api/v1/otlp/v1/metrics"]);
  const gateway = await open();
  assert.equal((await gateway.fetch(PATH)).status, 405);
});
