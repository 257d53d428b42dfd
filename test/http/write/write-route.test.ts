import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WRITE_PATHS } from "../../../lib/http/write-route.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import { compress, uncompress } from "../../../lib/wire/snappy.ts";
import { decodeWriteRequest } from "../../../lib/wire/write-v1.ts";
import { FAULTS } from "../../helpers/storage/faulty-table.ts";
import { ALL_TIME, selectAll } from "../../helpers/storage/naive-store.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { compressedBody, type SentSeries, STALE_BITS, series } from "../../helpers/write-requests.ts";
import { encodeMessage } from "../../wire/prometheus-proto.ts";
import { assertStored, GOOD, NOW, recorded } from "./write-requests-of-route.ts";

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
