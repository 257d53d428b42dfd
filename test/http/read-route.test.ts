import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeXorChunk } from "../../lib/chunk/xor-chunk.ts";
import { READ_PATHS } from "../../lib/http/read-route.ts";
import { compress, uncompress } from "../../lib/wire/snappy.ts";
import { decodeFrames } from "../helpers/read-frames.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { basic, query, TestGateway } from "../helpers/test-gateway.ts";
import { bitsOf, columnBits, type SentSeries, STALE_BITS, series } from "../helpers/write-requests.ts";
import { decodeMessage, encodeMessage, type Fields, fromHex } from "../wire/prometheus-proto.ts";

const NOW = MIDNIGHT_MS;
const STREAMED = { acceptedResponseTypes: ["STREAMED_XOR_CHUNKS"] };
const DATA: readonly SentSeries[] = [
  {
    labels: [
      ["__name__", "up"],
      ["job", "b"],
    ],
    samples: [
      [NOW, 1n],
      [NOW - 15_000, STALE_BITS],
    ],
  },
  series(
    "up",
    { job: "a" },
    ...Array.from({ length: 130 }, (_, i): [number, number] => [NOW - i * 1000, i / 3]),
  ),
  series("load", { job: "a" }, [NOW, 5], [NOW - 86_400_000, 4]),
];

/** One result of an answer, in a form that both types have. */
type Result = { labels: string; samples: (readonly [number, bigint])[] }[];

// biome-ignore lint/suspicious/noExplicitAny: a prometheus.Label[]
const text = (labels: any[]) => labels.map(({ name, value }) => `${name}=${value}`).join(",");

function decodeSamples(body: Uint8Array): Result[] {
  const { results } = decodeMessage("ReadResponse", uncompress(body, 2 ** 28));
  // biome-ignore lint/suspicious/noExplicitAny: what protobufjs makes of it
  return results.map(({ timeseries }: any) =>
    // biome-ignore lint/suspicious/noExplicitAny: what protobufjs makes of it
    timeseries.map(({ labels, samples }: any) => ({
      labels: text(labels),
      samples: samples.map(
        (s: { timestamp: number; value: number }) => [s.timestamp, bitsOf(s.value)] as const,
      ),
    })),
  );
}

function decodeStream(body: Uint8Array, queries: number): Result[] {
  const results: Result[] = Array.from({ length: queries }, () => []);
  for (const { chunkedSeries, queryIndex } of decodeFrames(body)) {
    for (const { labels, chunks } of chunkedSeries) {
      const result = results[queryIndex];
      if (result.at(-1)?.labels !== text(labels)) result.push({ labels: text(labels), samples: [] });
      for (const { data } of chunks) {
        const { timestamps, values } = decodeXorChunk(data);
        const bits = columnBits(values);
        timestamps.forEach((time, i) => void result.at(-1)?.samples.push([time, bits[i]]));
      }
    }
  }
  return results;
}

async function gatewayWith(data: readonly SentSeries[] = DATA, limits = {}): Promise<TestGateway> {
  const gateway = await TestGateway.open(limits);
  if (data.length > 0) assert.equal((await gateway.write(data)).status, 200);
  gateway.lines.length = 0;
  return gateway;
}

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

/** What was sent, as an answer has it. */
function expected(metric: string | undefined, from = 0, to = 2 ** 60): Result {
  const result = DATA.map(({ labels, samples }) => ({
    labels: labels.map(([name, value]) => `${name}=${value}`).join(","),
    samples: samples.filter(([t]) => t >= from && t <= to).toSorted(([a], [b]) => a - b),
  })).filter(({ labels, samples }) => samples.length > 0 && labels.startsWith(`__name__=${metric ?? ""}`));
  return result.toSorted((a, b) => (a.labels < b.labels ? -1 : 1));
}

for (const path of READ_PATHS) {
  test(`POST ${path} answers samples`, async () => {
    const gateway = await gatewayWith();
    const body = compress(encodeMessage("ReadRequest", { queries: [query("up")] }));
    const response = await gateway.post(path, body, { "X-Prometheus-Remote-Read-Version": "0.1.0" });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("Content-Type"), "application/x-protobuf");
    assert.equal(response.headers.get("Content-Encoding"), "snappy");
    assert.deepEqual(decodeSamples(await bytesOf(response)), [expected("up")]);
  });
}

test("the paths are those that are promised", () => {
  assert.deepEqual(READ_PATHS, ["/api/v1/read", "/api/prom_read", "/api/v3/read"]);
});

describe("both types answer the same, in the order of the queries", () => {
  const RANGES: readonly (readonly [what: string, queries: Fields[], results: Result[]])[] = [
    ["one", [query("up")], [expected("up")]],
    [
      "several",
      [query("load"), query("up"), query("load")],
      [expected("load"), expected("up"), expected("load")],
    ],
    ["the same twice", [query(), query()], [expected(undefined), expected(undefined)]],
    [
      "one that finds nothing among others",
      [query("none"), query("up"), query("none")],
      [[], expected("up"), []],
    ],
    ["nothing at all", [query("none")], [[]]],
    ["no query", [], []],
    ["a part of the time", [query("up", NOW - 3000, NOW - 1000)], [expected("up", NOW - 3000, NOW - 1000)]],
    [
      "hints that are narrower",
      [{ ...query("up"), hints: { startMs: NOW, endMs: NOW, func: "rate", stepMs: 60_000 } }],
      [expected("up")],
    ],
  ];
  for (const [what, queries, results] of RANGES) {
    test(what, async () => {
      const gateway = await gatewayWith();
      assert.deepEqual(decodeSamples(await bytesOf(await gateway.read({ queries }))), results);
      const streamed = await gateway.read({ queries, ...STREAMED });
      assert.equal(
        streamed.headers.get("Content-Type"),
        "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse",
      );
      assert.equal(streamed.headers.get("Content-Encoding"), null);
      assert.deepEqual(decodeStream(await bytesOf(streamed), queries.length), results);
      for (const { fields } of gateway.lines) {
        assert.deepEqual([fields.queries, fields.series], [queries.length, results.flat().length]);
        assert.equal(
          fields.samples,
          results.flat().reduce((sum, { samples }) => sum + samples.length, 0),
        );
      }
    });
  }

  test("the whole of time, as int64 has it", async () => {
    const gateway = await gatewayWith();
    const all = {
      ...query(),
      startTimestampMs: "-9223372036854775808",
      endTimestampMs: "9223372036854775807",
    };
    assert.deepEqual(decodeSamples(await bytesOf(await gateway.read({ queries: [all] }))), [
      expected(undefined),
    ]);
  });

  test("series are cut in chunks of 120 samples, sorted by their labels", async () => {
    const gateway = await gatewayWith();
    const frames = decodeFrames(await bytesOf(await gateway.read({ queries: [query()], ...STREAMED })));
    const chunks = frames.flatMap(({ chunkedSeries }) => chunkedSeries);
    assert.deepEqual(
      chunks.map(({ labels, chunks }) => [
        text(labels),
        chunks.map(({ data }: { data: Uint8Array }) => data[0] * 256 + data[1]),
      ]),
      [
        ["__name__=load,job=a", [2]],
        ["__name__=up,job=a", [120, 10]],
        ["__name__=up,job=b", [2]],
      ],
    );
  });
});

describe("negotiation", () => {
  const CASES: readonly (readonly [accepted: (string | number)[], type: string])[] = [
    [[], "samples"],
    [["SAMPLES"], "samples"],
    [["STREAMED_XOR_CHUNKS", "SAMPLES"], "streamed"],
    [["SAMPLES", "STREAMED_XOR_CHUNKS"], "samples"],
    [[7, "STREAMED_XOR_CHUNKS"], "streamed"],
    [[7], "400"],
  ];
  for (const [acceptedResponseTypes, type] of CASES) {
    test(`${acceptedResponseTypes}: ${type}`, async () => {
      const gateway = await gatewayWith([]);
      const response = await gateway.read({ queries: [query()], acceptedResponseTypes });
      if (type === "400") assert.equal(response.status, 400);
      else assert.equal(response.headers.get("Content-Type")?.includes("streamed"), type === "streamed");
    });
  }
});

describe("errors", () => {
  const CASES: readonly (readonly [
    what: string,
    body: Uint8Array | Fields,
    headers: Record<string, string>,
    status: number,
  ])[] = [
    ["no body", new Uint8Array(), {}, 400],
    ["corrupt snappy", fromHex("ff ff"), {}, 400],
    ["corrupt protobuf", compress(fromHex("0a ff")), {}, 400],
    ["a pattern that is none", { queries: [{ matchers: [{ type: "RE", name: "a", value: "(" }] }] }, {}, 400],
    ["too many queries", { queries: new Array(65).fill({}) }, {}, 422],
    ["another content type", {}, { "Content-Type": "application/json" }, 415],
    ["a write request", {}, { "Content-Type": "application/x-protobuf;proto=prometheus.WriteRequest" }, 415],
    ["another encoding", {}, { "Content-Encoding": "gzip" }, 415],
    ["no key", {}, { Authorization: "" }, 401],
    ["a key that may only write", {}, { Authorization: basic("HKW") }, 403],
    ["a tenant that is none", {}, { Authorization: basic("HKS"), "X-Scope-OrgID": "a b" }, 400],
  ];
  for (const [what, body, headers, status] of CASES) {
    test(`${status} for ${what}`, async () => {
      const gateway = await gatewayWith([]);
      await gateway.addKey({ id: "HKW", scopes: ["write"] });
      await gateway.addKey({ id: "HKS", tenant: "*" });
      const sent = body instanceof Uint8Array ? body : compress(encodeMessage("ReadRequest", body));
      const response = await gateway.post("/api/v1/read", sent, headers);
      assert.equal(response.status, status);
      assert.equal(response.headers.has("WWW-Authenticate"), status === 401);
      assert.equal(gateway.lines.length, 1);
    });
  }

  for (const accepted of [{}, STREAMED]) {
    test(`what does not fit is 422 and says so, for ${JSON.stringify(accepted)}`, async () => {
      for (const [limit, message] of [
        [{ maxQueryReadUnits: 3 }, /more than 3 read units \(\$[\d.]+\) of DynamoDB; add matchers/],
        [{ maxQuerySeries: 2 }, /series match \{.*\}; add matchers/],
      ] as const) {
        const gateway = await gatewayWith(DATA, limit);
        const response = await gateway.read({ queries: [query()], ...accepted });
        assert.equal(response.status, 422);
        assert.match(await response.text(), message);
      }
    });

    test(`a table that fails at any call is 503 or a broken stream, never a part: ${JSON.stringify(accepted)}`, async () => {
      for (let k = 0, failed = true; failed; k++) {
        const gateway = await gatewayWith();
        gateway.table.failOnce(k);
        const response = await gateway.read({ queries: [query("up"), query("load")], ...accepted });
        failed = gateway.table.hasFailed;
        assert.equal(response.status, failed ? 503 : 200);
        assert.equal(response.headers.has("Retry-After"), failed);
        await response.arrayBuffer();
        assert.equal(gateway.lines.length, 1);
      }
    });
  }

  test("an answer of samples that is too large points to streams, which are not", async () => {
    const gateway = await gatewayWith(DATA, { maxSamplesResponseBytes: 1000 });
    const response = await gateway.read({ queries: [query()] });
    assert.equal(response.status, 422);
    assert.match(await response.text(), /STREAMED_XOR_CHUNKS/);
    assert.equal((await gateway.read({ queries: [query()], ...STREAMED })).status, 200);
  });
});

/** So many series that a stream is written in several parts. */
const MANY = Array.from({ length: 3000 }, (_, i) =>
  series("many", { instance: `host-${i}.example.net:9100` }, [NOW, i]),
);

describe("a stream", () => {
  async function openStream(queries: Fields[]) {
    const gateway = await gatewayWith(MANY);
    const response = await gateway.read({ queries, ...STREAMED });
    assert.deepEqual([response.status, gateway.lines.length], [200, 0]);
    return { gateway, response, reader: response.body!.getReader() };
  }

  test("is logged once, when it is complete", async () => {
    const { gateway, reader } = await openStream([query()]);
    let writes = 0;
    while (!(await reader.read()).done) {
      writes++;
      assert.equal(gateway.lines.length, 0);
    }
    assert.ok(writes > 3, `${writes}`);
    assert.equal(gateway.lines.length, 1);
    const { level, fields } = gateway.lastLine;
    assert.deepEqual([level, fields.outcome, fields.status, fields.series], ["info", "complete", 200, 3000]);
    assert.ok(Number(fields.readUnits) > 0);
  });

  test("that breaks ends with a frame that no reader takes, and with an error", async () => {
    const { gateway, reader } = await openStream([query(), query("many")]);
    gateway.table.failOnce(0);
    const parts: Uint8Array[] = [];
    await assert.rejects(async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
    }, /the table fails/);
    assert.ok(parts.length > 2);
    // The uvarint 2^35.
    assert.equal(Buffer.from(parts.at(-1)!).toString("hex", 0, 20), "808080808001");
    const { level, fields } = gateway.lastLine;
    assert.deepEqual(
      [gateway.lines.length, level, fields.outcome, fields.errorKind],
      [1, "error", "broken", "unavailable"],
    );
    assert.match(String(fields.error), /the table fails/);
  });

  for (const reads of [0, 1, 2]) {
    test(`whose reader goes away after ${reads} reads ends, with its line in the log`, async () => {
      const { gateway, reader } = await openStream([query(), query("many")]);
      const before = gateway.table.calls.length;
      for (let i = 0; i < reads; i++) assert.equal((await reader.read()).done, false);
      await reader.cancel();
      assert.deepEqual(
        gateway.lines.map(({ fields }) => fields.outcome),
        ["client went away"],
      );
      assert.equal(gateway.table.calls.length, before);
    });
  }

  test("whose request is aborted makes no more calls", async () => {
    const gateway = await gatewayWith(MANY);
    const controller = new AbortController();
    const body = compress(encodeMessage("ReadRequest", { queries: [query(), query()], ...STREAMED }));
    const headers = { Authorization: basic("HKA") };
    const response = await gateway.fetch("/api/v1/read", {
      method: "POST",
      headers,
      body,
      signal: controller.signal,
    } as RequestInit);
    const reader = response.body!.getReader();
    await reader.read();
    const before = gateway.table.calls.length;
    controller.abort();
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    });
    assert.equal(gateway.table.calls.length, before);
    assert.deepEqual(
      gateway.lines.map(({ level, fields }) => [level, fields.status, fields.outcome, fields.error]),
      [["info", 200, "client went away", undefined]],
    );
  });

  for (const accepted of [{}, STREAMED]) {
    test(`whose request is aborted before it begins is no error of ours: ${JSON.stringify(accepted)}`, async () => {
      const gateway = await gatewayWith(DATA);
      const controller = new AbortController();
      const body = compress(encodeMessage("ReadRequest", { queries: [query()], ...accepted }));
      gateway.table.beforeCall(4, () => controller.abort());
      await gateway.fetch("/api/v1/read", {
        method: "POST",
        headers: { Authorization: basic("HKA") },
        body,
        signal: controller.signal,
      } as RequestInit);
      assert.deepEqual(
        gateway.lines.map(({ level, fields }) => [level, fields.status, fields.outcome, fields.error]),
        [["info", 499, "client went away", undefined]],
      );
    });
  }
});

test("a query that finds nothing is an empty stream, written once and logged once", async () => {
  const gateway = await gatewayWith([]);
  const response = await gateway.read({ queries: [query()], ...STREAMED });
  const reader = response.body!.getReader();
  assert.deepEqual(await reader.read(), { done: false, value: new Uint8Array(0) });
  assert.equal((await reader.read()).done, true);
  assert.deepEqual(
    gateway.lines.map(({ fields }) => fields.outcome),
    ["complete"],
  );
});

test("tenants read their own series only", async () => {
  const gateway = await gatewayWith();
  await gateway.addKey({ id: "HKB", tenant: "other" });
  const response = await gateway.read(
    { queries: [query()] },
    { Authorization: basic("HKB"), "X-Scope-OrgID": "t" },
  );
  assert.deepEqual(decodeSamples(await bytesOf(response)), [[]]);
});
