import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { KEY_CACHE_MS } from "../../lib/auth/key-cache.ts";
import { disableKey } from "../../lib/auth/key-store.ts";
import { WRITE_PATHS } from "../../lib/http/write-route.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { Reader } from "../../lib/storage/read/reader.ts";
import { newMeter } from "../../lib/storage/table/table.ts";
import { compress, uncompress } from "../../lib/wire/snappy.ts";
import { decodeWriteRequest } from "../../lib/wire/write-v1.ts";
import { MIDNIGHT_MS } from "../helpers/engine.ts";
import { FAULTS } from "../helpers/faulty-table.ts";
import { ALL_TIME, assertSame, NaiveStore, selectAll } from "../helpers/naive-store.ts";
import { basic, SECRET, TestGateway } from "../helpers/test-gateway.ts";
import {
  compressedBody,
  encodeBody,
  type SentSeries,
  STALE_BITS,
  series,
} from "../helpers/write-requests.ts";
import { encodeMessage, fromHex } from "../wire/prometheus-proto.ts";

const NOW = MIDNIGHT_MS;
const GOOD = [series("up", { job: "a" }, [NOW, 1], [NOW - 15_000, 2])];

async function assertStored(gateway: TestGateway, requests: (readonly SentSeries[])[], tenant = "t") {
  const model = new NaiveStore();
  for (const request of requests) model.append(request);
  gateway.table.heal();
  await assertSame(new Reader(gateway.table, { ...gateway.services, retentionMs: 0, tenant }), model);
}

function recorded(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../fixtures/rw1/${name}`, import.meta.url)));
}

for (const path of WRITE_PATHS) {
  test(`POST ${path} stores a request and answers 200 with an empty body`, async () => {
    const gateway = await TestGateway.open();
    const response = await gateway.post(path, compressedBody(GOOD));
    assert.deepEqual([response.status, await response.text()], [200, ""]);
    await assertStored(gateway, [GOOD]);
    const { level, fields } = gateway.lastLine;
    const { accessKeyId, tenant, samples, storedSamples, status, method } = fields;
    assert.deepEqual(
      { level, accessKeyId, tenant, samples, storedSamples, status, method, path: fields.path },
      {
        level: "info",
        accessKeyId: "HKA",
        tenant: "t",
        samples: 2,
        storedSamples: 2,
        status: 200,
        method: "POST",
        path,
      },
    );
  });
}

test("the paths are those that are promised", () => {
  assert.deepEqual(WRITE_PATHS, ["/api/v1/write", "/api/prom_write", "/api/v3/write"]);
});

describe("content type and encoding, before the body is touched", () => {
  const TYPES: readonly (readonly [type: string | undefined, status: number])[] = [
    ["application/x-protobuf", 200],
    ["application/x-protobuf;proto=prometheus.WriteRequest", 200],
    ["application/x-protobuf; proto=prometheus.WriteRequest", 200],
    ['Application/X-Protobuf; charset=x; PROTO="prometheus.WriteRequest"', 200],
    [undefined, 200],
    ["", 200],
    // Prometheus 2.42 answers 204 to the following two; by the specification of 1.0 and 2.0 they are not this message.
    ["text/plain", 415],
    ["application/x-protobuf;proto=io.prometheus.write.v3.Request", 415],
    ["application/x-protobuf;proto=", 415],
    ["application/json", 415],
    ["application/x-protobuffer", 415],
    ["application/x-www-form-urlencoded", 415],
  ];
  for (const [type, status] of TYPES) {
    test(`Content-Type ${type}: ${status}`, async () => {
      const gateway = await TestGateway.open();
      const response = await gateway.post("/api/v1/write", compressedBody(GOOD), { "Content-Type": type });
      assert.equal(response.status, status);
      await assertStored(gateway, status === 200 ? [GOOD] : []);
    });
  }

  // Prometheus 2.42 decodes snappy whatever the header says, and answers 204 to gzip.
  const ENCODINGS = [
    ["snappy", 200],
    ["Snappy", 200],
    [undefined, 200],
    ["gzip", 415],
    ["identity", 415],
    ["zstd", 415],
    ["snappy, gzip", 415],
  ] as const;
  for (const [encoding, status] of ENCODINGS) {
    test(`Content-Encoding ${encoding}: ${status}`, async () => {
      const gateway = await TestGateway.open();
      const response = await gateway.post("/api/v1/write", compressedBody(GOOD), {
        "Content-Encoding": encoding,
      });
      assert.equal(response.status, status);
    });
  }

  test("415 even when the body is corrupt, or cannot be read at all", async () => {
    const gateway = await TestGateway.open();
    const unreadable = new ReadableStream({
      pull() {
        throw new Error("read after all");
      },
    });
    for (const body of [fromHex("ff ff ff"), unreadable]) {
      const response = await gateway.post("/api/v1/write", body, { "Content-Type": "text/plain" });
      assert.equal(response.status, 415);
      assert.match(await response.text(), /content type "text\/plain": expected application\/x-protobuf/);
    }
  });

  test("no version header is needed, and none is refused", async () => {
    const gateway = await TestGateway.open();
    for (const version of [undefined, "0.1.0", "2.0.0", "x"]) {
      const headers = { "X-Prometheus-Remote-Write-Version": version };
      assert.equal((await gateway.write(GOOD, headers)).status, 200);
    }
  });
});

describe("who may write", () => {
  const outcome = async (response: Response) => [
    response.status,
    [...response.headers],
    await response.text(),
  ];

  test("a wrong id, a wrong secret and a disabled key get the very same answer: 401", async () => {
    const gateway = await TestGateway.open();
    await gateway.addKey({ id: "HKD" });
    await disableKey(gateway.table, "HKD");
    const headers = [
      basic("HKA", "wrong"),
      basic("HKX"),
      basic("HKX", "wrong"),
      basic("HKD"),
      "Bearer HKA:wrong",
      basic("HKA", ""),
    ];
    const answers = [];
    for (const Authorization of headers)
      answers.push(await outcome(await gateway.write(GOOD, { Authorization })));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.equal(answers[0][0], 401);
    assert.equal(
      (await gateway.write(GOOD, { Authorization: basic("HKX") })).headers.get("WWW-Authenticate"),
      'Basic realm="Hearth", charset="UTF-8"',
    );
    await assertStored(gateway, []);
  });

  for (const Authorization of [undefined, "", "Basic", "Basic !", "Bearer x", "Digest a:b", SECRET]) {
    test(`401 for the header ${Authorization}`, async () => {
      const gateway = await TestGateway.open();
      const response = await gateway.write(GOOD, { Authorization });
      assert.equal(response.status, 401);
      assert.match(response.headers.get("WWW-Authenticate") ?? "", /^Basic /);
      assert.deepEqual(gateway.table.calls, []);
    });
  }

  test("Bearer with the pair is as good as basic auth", async () => {
    const gateway = await TestGateway.open();
    assert.equal((await gateway.write(GOOD, { Authorization: `Bearer HKA:${SECRET}` })).status, 200);
  });

  test("403 without the scope, before the body is looked at", async () => {
    const gateway = await TestGateway.open();
    await gateway.addKey({ id: "HKR", scopes: ["read"] });
    const response = await gateway.post("/api/v1/write", fromHex("ff"), {
      Authorization: basic("HKR"),
      "Content-Type": "x/y",
    });
    assert.equal(response.status, 403);
    assert.match(await response.text(), /HKR has no write scope/);
  });

  test("a disabled key stops within the stated time", async () => {
    const gateway = await TestGateway.open();
    assert.equal((await gateway.write(GOOD)).status, 200);
    await disableKey(gateway.table, "HKA");
    gateway.nowMs += KEY_CACHE_MS;
    assert.equal((await gateway.write(GOOD)).status, 401);
  });

  test("the tenant is the key's; a key of every tenant picks one", async () => {
    const gateway = await TestGateway.open();
    await gateway.addKey({ id: "HKS", tenant: "*" });
    const write = (id: string, org: string | undefined, value: number) =>
      gateway.write([series("up", {}, [NOW, value])], { Authorization: basic(id), "X-Scope-OrgID": org });
    assert.equal((await write("HKA", "other", 1)).status, 200);
    assert.equal((await write("HKS", undefined, 2)).status, 200);
    assert.equal((await write("HKS", "team-1", 3)).status, 200);
    for (const org of ["a b", "*", "a|b", "../t"])
      assert.equal((await write("HKS", org, 4)).status, 400, org);
    for (const [tenant, value] of [
      ["t", 1],
      ["default", 2],
      ["team-1", 3],
    ] as const) {
      await assertStored(gateway, [[series("up", {}, [NOW, value])]], tenant);
    }
    await assertStored(gateway, [], "other");
  });
});

describe("methods and paths", () => {
  for (const method of ["GET", "HEAD", "PUT", "DELETE", "PATCH"]) {
    test(`405 with Allow for ${method}, and a log line`, async () => {
      const gateway = await TestGateway.open();
      const response = await gateway.fetch("/api/v1/write", { method });
      assert.deepEqual([response.status, response.headers.get("Allow")], [405, "POST"]);
      assert.deepEqual(
        gateway.lines.map(({ fields }) => [fields.method, fields.status]),
        [[method, 405]],
      );
    });
  }

  for (const path of ["/", "/api/v1", "/api/v2/write", "/API/v1/write", "/api/v1/write/x"]) {
    test(`404 for ${path}`, async () => {
      const gateway = await TestGateway.open();
      const response = await gateway.post(path, compressedBody(GOOD));
      assert.deepEqual([response.status, gateway.lastLine.fields.status], [404, 404]);
      assert.deepEqual(gateway.table.calls, []);
    });
  }

  test("a query string makes no difference and is not logged", async () => {
    const gateway = await TestGateway.open();
    assert.equal((await gateway.post(`/api/v1/write?token=${SECRET}`, compressedBody(GOOD))).status, 200);
    assert.ok(!JSON.stringify(gateway.lines).includes(SECRET));
  });
});

describe("413: too large", () => {
  const limits = {
    maxBodyBytes: 1000,
    maxDecompressedBytes: 5000,
    maxRequestSeries: 10,
    maxRequestSamples: 20,
    maxLabelValueBytes: 50,
  };

  test("the body as it is sent: by its Content-Length, without reading it", async () => {
    const gateway = await TestGateway.open(limits);
    const unread = new ReadableStream({
      pull() {
        throw new Error("read");
      },
    });
    const response = await gateway.post("/api/v1/write", unread, { "Content-Length": "1001" });
    assert.equal(response.status, 413);
    assert.match(await response.text(), /1001 bytes, the limit is 1000/);
  });

  test("the body as it is sent, in chunks", async () => {
    const gateway = await TestGateway.open(limits);
    const parts = Array.from({ length: 11 }, () => new Uint8Array(100));
    const response = await gateway.post("/api/v1/write", ReadableStream.from(parts));
    assert.equal(response.status, 413);
    assert.match(await response.text(), /1100 bytes, the limit is 1000/);
  });

  test("the decompressed size, by the header alone", async () => {
    const gateway = await TestGateway.open(limits);
    // 5,001 bytes declared, and not one of them there.
    const response = await gateway.post("/api/v1/write", fromHex("89 27"));
    assert.equal(response.status, 413);
    assert.match(await response.text(), /decompresses to 5001 bytes, at most 5000/);
    // Prometheus 2.42 answers 400, "corrupt input".
    assert.equal((await gateway.post("/api/v1/write", fromHex("80 80 80 80 01"))).status, 413);
  });

  test("series and samples, of which none is stored", async () => {
    const gateway = await TestGateway.open(limits);
    const many = Array.from({ length: 11 }, (_, i) => series("m", { n: `${i}` }, [NOW, 1]));
    assert.equal((await gateway.write(many)).status, 413);
    assert.equal(
      (
        await gateway.write([
          {
            labels: [["__name__", "m"]],
            samples: Array.from({ length: 21 }, (_, i) => [NOW + i, 0n] as const),
          },
        ])
      ).status,
      413,
    );
    assert.equal((await gateway.write(many.slice(1))).status, 200);
    await assertStored(gateway, [many.slice(1)]);
  });

  test("400: a label's value, and the good series are stored", async () => {
    const gateway = await TestGateway.open(limits);
    const response = await gateway.write([series("m", { n: "x".repeat(51) }, [NOW, 1]), ...GOOD]);
    assert.equal(response.status, 400);
    assert.match(
      await response.text(),
      /1 rejected, the other 2 samples are stored: series m\{n="x+"\}: .* 51 bytes, at most 50/,
    );
    await assertStored(gateway, [GOOD]);
  });
});

describe("400: bad labels and times are named, the good series are stored", () => {
  const bad = (...labels: [string, string][]): SentSeries => ({ labels, samples: [[NOW, 0n]] });
  const CASES: readonly (readonly [what: string, bad: SentSeries, reason: RegExp])[] = [
    // Prometheus 2.42 takes the first four (the first with an empty name of a metric, 500 for no label at all).
    ["no name", bad(["job", "a"]), /series \{job="a"\}: label __name__ is missing or empty/],
    ["no label", bad(), /series \{\}: label __name__ is missing/],
    ["an empty metric name", bad(["__name__", ""], ["job", "a"]), /label __name__ is missing or empty/],
    ["an empty label name", bad(["__name__", "x"], ["", "a"]), /series x\{="a"\}: a label has an empty name/],
    // Prometheus 2.42: 500, so that a sender repeats it for ever.
    [
      "a label twice",
      bad(["__name__", "x"], ["a", "1"], ["a", "2"]),
      /series x\{a="1",a="2"\}: label name "a" appears twice/,
    ],
    [
      "the future",
      series("x", { a: "1" }, [NOW + 601_000, 1]),
      /series x\{a="1"\}: timestamp \d+ is in the future, at most 600000 ms/,
    ],
    ["a time of 2^60", series("x", {}, [2 ** 60, 1]), /timestamp 1152921504606846976 is not a time in ms/],
  ];
  for (const [what, one, reason] of CASES) {
    test(what, async () => {
      const gateway = await TestGateway.open();
      const response = await gateway.write([GOOD[0], one]);
      assert.equal(response.status, 400);
      assert.match(await response.text(), reason);
      await assertStored(gateway, [GOOD]);
      assert.deepEqual([gateway.lastLine.level, gateway.lastLine.fields.storedSamples], ["warn", 2]);
    });
  }

  test("labels that are not UTF-8", async () => {
    const gateway = await TestGateway.open();
    const broken = fromHex(
      "0a 12 0a 0c 0a 08 5f5f6e616d655f5f 12 00 12 02 10 01".replace("0a 12 0a 0c", "0a 12 0a 0c"),
    );
    const name = fromHex("0a 10 0a 0a 0a 08 5f5f6e616d65ff5f 12 02 10 01");
    for (const body of [broken, name]) {
      const response = await gateway.post("/api/v1/write", compress(Buffer.concat([body, encodeBody(GOOD)])));
      assert.equal(response.status, 400);
    }
    await assertStored(gateway, [GOOD]);
  });

  test("a hundred bad series: the first ten are named, the rest counted", async () => {
    const gateway = await TestGateway.open();
    const response = await gateway.write(Array.from({ length: 100 }, (_, i) => bad(["n", `${i}`])));
    const text = await response.text();
    assert.match(text, /100 rejected/);
    assert.equal(text.trim().split("\n").length, 11);
    assert.match(text, /and 90 more/);
  });

  test("a label of 16 KB does not make an answer of it", async () => {
    const gateway = await TestGateway.open();
    const response = await gateway.write([bad(["n", "x".repeat(16_000)])]);
    assert.ok((await response.text()).length < 600);
  });
});

/** What a sender may do, one request each: 200, and all of it stored. As Prometheus does, but for those marked. */
const TAKEN: readonly (readonly [what: string, request: SentSeries[]])[] = [
  ["a request of nothing", []],
  ["a series without samples", [series("x", {})]],
  ["samples out of order in one series", [series("x", {}, [NOW, 1], [NOW - 5, 2], [NOW - 3, 3])]],
  ["a timestamp twice in one series: the later counts", [series("x", {}, [NOW, 1], [NOW, 2])]],
  [
    "one series several times",
    [series("x", {}, [NOW, 1]), series("y", {}, [NOW, 1]), series("x", {}, [NOW, 3], [NOW + 1, 4])],
  ],
  [
    "labels in any order",
    [
      {
        labels: [
          ["z", "1"],
          ["__name__", "x"],
          ["a", "2"],
        ],
        samples: [[NOW, 0n]],
      },
    ],
  ],
  ["an empty label value", [series("x", { a: "" }, [NOW, 1])]],
  ["a metric name that 2.x would not make", [series("a-b", { "b-c": "1" }, [NOW, 1])]],
  [
    "NaN, staleness, infinities and -0",
    [
      {
        labels: [["__name__", "x"]],
        samples: [STALE_BITS, 0x7ff8000000000001n, 0x7ff0000000000000n, 0xfff0000000000000n, 1n << 63n].map(
          (b, i) => [NOW + i, b] as const,
        ),
      },
    ],
  ],
  // Prometheus 2.42 answers 400 to these, "out of bounds".
  ["timestamp 0", [series("x", {}, [0, 1])]],
  ["a negative timestamp", [series("x", {}, [-1, 1], [-86_400_001, 2])]],
  [
    "samples of three hours and of three years ago",
    [series("x", {}, [NOW - 10_800_000, 1], [NOW - 94_608_000_000, 2])],
  ],
];

for (const [what, request] of TAKEN) {
  test(`200 for ${what}`, async () => {
    const gateway = await TestGateway.open();
    assert.equal((await gateway.write(request)).status, 200);
    await assertStored(gateway, [request]);
  });
}

test("the same sample again, an older one, and another value: all 200, the last counts", async () => {
  const gateway = await TestGateway.open();
  // Prometheus 2.42: 204, then 400 "out of order sample", then 400 "duplicate sample for timestamp".
  const requests = [
    [NOW, 1],
    [NOW, 1],
    [NOW - 60_000, 2],
    [NOW, 3],
  ].map(([time, value]) => [series("up", {}, [time, value])]);
  for (const request of requests) assert.equal((await gateway.write(request)).status, 200);
  await assertStored(gateway, requests);
});

/** Exemplars are kept for two days: the clock is set to when they were recorded. */
function newestExemplar(name: string): number {
  const { exemplars } = decodeWriteRequest(uncompress(recorded(name), 2 ** 26), DEFAULT_LIMITS);
  return exemplars.reduce((newest, { timestamp }) => Math.max(newest, timestamp), NOW);
}

describe("what comes beside floats is stored and counted", () => {
  const CASES = [
    ["prom2.42-exemplars_histograms.snappy", ["storedHistograms", "storedExemplars"]],
    ["prom2.42-metadata.snappy", ["storedMetadata"]],
  ] as const;
  for (const [name, counts] of CASES) {
    test(name, async () => {
      const gateway = await TestGateway.open();
      gateway.nowMs = newestExemplar(name);
      assert.equal((await gateway.post("/api/v1/write", recorded(name))).status, 200);
      const { fields } = gateway.lastLine;
      for (const count of counts) assert.ok(Number(fields[count]) > 0, `${count}=${fields[count]}`);
    });
  }

  test("an exemplar or metadata alone", async () => {
    const gateway = await TestGateway.open();
    const labels = [{ name: "__name__", value: "x" }];
    const bodies = [
      { timeseries: [{ labels, exemplars: [{ value: 1, timestamp: NOW }] }] },
      { metadata: [{ metricFamilyName: "x" }] },
    ];
    for (const body of bodies) {
      assert.equal(
        (await gateway.post("/api/v1/write", compress(encodeMessage("WriteRequest", body)))).status,
        200,
      );
    }
  });

  test("a plain request says nothing of it", async () => {
    const gateway = await TestGateway.open();
    await gateway.write(GOOD);
    const said = ["storedHistograms", "storedExemplars", "storedMetadata"];
    assert.deepEqual(
      said.filter((field) => field in gateway.lastLine.fields),
      [],
    );
  });
});

describe("corrupt bodies", () => {
  test("400 at every truncation, never 5xx, and nothing is stored", async () => {
    const gateway = await TestGateway.open();
    const compressed = compressedBody([...GOOD, series("load", { job: "a" }, [NOW, 1])]);
    const raw = encodeBody(GOOD);
    for (const body of [compressed, compress(raw)]) {
      for (let length = 0; length < body.length; length++) {
        const response = await gateway.post("/api/v1/write", body.subarray(0, length));
        assert.equal(response.status, 400, `${length}: ${await response.text()}`);
      }
    }
    for (let length = 1; length < raw.length; length++) {
      assert.equal(
        (await gateway.post("/api/v1/write", compress(raw.subarray(0, length)))).status,
        400,
        `${length}`,
      );
    }
    await assertStored(gateway, []);
  });

  test("a recorded body, cut in many places", async () => {
    const gateway = await TestGateway.open();
    const body = recorded("vmagent1.79-scrape580.snappy");
    for (let length = 0; length < body.length; length += 97) {
      assert.equal((await gateway.post("/api/v1/write", body.subarray(0, length))).status, 400, `${length}`);
    }
  });

  test("protobuf without snappy, and garbage in snappy", async () => {
    const gateway = await TestGateway.open();
    for (const body of [
      encodeBody(GOOD),
      compress(Buffer.from("garbage")),
      Buffer.from("garbage"),
      new Uint8Array(),
    ]) {
      assert.equal((await gateway.post("/api/v1/write", body)).status, 400);
    }
  });

  test("a body that ends early is the sender's trouble", async () => {
    const gateway = await TestGateway.open();
    const broken = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(10)),
      pull() {
        throw new Error("aborted");
      },
    });
    assert.equal((await gateway.post("/api/v1/write", broken)).status, 400);
    assert.equal(gateway.lastLine.level, "warn");
  });
});

describe("a table that fails", () => {
  for (const fault of FAULTS) {
    test(`503 with Retry-After at any call (${fault}), and the retry stores all`, async () => {
      const request = [...GOOD, series("load", {}, [NOW - 5, 1])];
      for (let k = 0, status = 503; status === 503; k++) {
        const gateway = await TestGateway.open();
        gateway.table.failOnce(k, fault);
        const response = await gateway.write(request);
        status = response.status;
        if (gateway.table.hasFailed) {
          assert.equal(status, 503);
          assert.match(response.headers.get("Retry-After") ?? "", /^\d+$/);
          const { level, fields } = gateway.lastLine;
          assert.deepEqual([level, fields.status, fields.errorKind], ["error", 503, "unavailable"]);
          assert.equal((await gateway.write(request)).status, 200);
        }
        await assertStored(gateway, [request]);
      }
    });
  }

  test("a bug is 500, its words in the log alone", async () => {
    const gateway = await TestGateway.open();
    await gateway.write(GOOD);
    gateway.table.beforeCall(0, () => {
      throw new TypeError("x is not a function");
    });
    const response = await gateway.write(GOOD);
    assert.deepEqual([response.status, await response.text()], [500, "internal error; see the log\n"]);
    assert.match(String(gateway.lastLine.fields.stack), /TypeError: x is not a function/);
  });
});

test("the units in each log line add up to what the table counted", async () => {
  const gateway = await TestGateway.open();
  for (const request of [GOOD, GOOD, [series("load", {}, [NOW, 1])]]) await gateway.write(request);
  await gateway.write(GOOD, { Authorization: basic("HKX") });
  const sum = newMeter();
  for (const { fields } of gateway.lines) {
    sum.calls += Number(fields.calls);
    sum.readUnits += Number(fields.readUnits);
    sum.writeUnits += Number(fields.writeUnits);
  }
  assert.deepEqual(sum, gateway.meter);
  assert.ok(sum.writeUnits > 0 && sum.readUnits > 0);
});

test("no secret reaches the log or an answer, whatever goes wrong", async () => {
  const gateway = await TestGateway.open();
  await gateway.addKey({ id: "HKR", scopes: ["read"] });
  await gateway.addKey({ id: "HKS", tenant: "*" });
  const answers: string[] = [];
  const note = async (response: Response) => {
    answers.push(await response.text(), JSON.stringify([...response.headers]));
  };
  const headers = [
    {},
    { Authorization: basic("HKX") },
    { Authorization: basic("HKR") },
    { Authorization: `Bearer HKA:${SECRET}` },
    { Authorization: `Bearer ${SECRET}` },
    { Authorization: `Basic ${SECRET}` },
    { Authorization: SECRET },
    { Authorization: basic("HKS"), "X-Scope-OrgID": "a b" },
    { "Content-Type": "text/plain" },
    { "Content-Encoding": "gzip" },
  ];
  for (const some of headers) {
    await note(await gateway.write(GOOD, some));
    gateway.table.failOnce(0);
    await note(await gateway.write(GOOD, some));
    await note(await gateway.post(`/nowhere?key=${SECRET}`, "x", some));
    await note(await gateway.post("/api/v1/write", "garbage", some));
    await note(await gateway.post("/api/v1/read", "garbage", some));
  }
  gateway.nowMs += KEY_CACHE_MS;
  gateway.table.beforeCall(0, () => {
    throw new TypeError("a bug while the key is looked up");
  });
  await note(await gateway.write(GOOD));
  const all = JSON.stringify([gateway.lines, answers]);
  for (const id of ["HKA", "HKX", "HKR", "HKS"])
    assert.ok(!all.includes(basic(id).slice("Basic ".length)), id);
  assert.ok(!all.includes(SECRET));
  assert.ok(!all.includes(Buffer.from(SECRET).toString("base64").slice(0, 30)));
});

test("many writes at once", async () => {
  const gateway = await TestGateway.open();
  const requests = Array.from({ length: 25 }, (_, i) => [
    series(`m${i % 5}`, { n: `${i % 7}` }, [NOW + i, i]),
  ]);
  const responses = await Promise.all(requests.map((request) => gateway.write(request)));
  assert.deepEqual(
    responses.map(({ status }) => status),
    requests.map(() => 200),
  );
  await assertStored(gateway, requests);
  assert.equal(
    (
      await selectAll(new Reader(gateway.table, { ...gateway.services, retentionMs: 0, tenant: "t" }), {
        matchers: [],
        ...ALL_TIME,
      })
    ).length,
    25,
  );
});
