import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Label } from "../../../lib/model/labels.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { compress } from "../../../lib/wire/snappy.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { FAULTS } from "../../helpers/storage/faulty-table.ts";
import { assertSame, NaiveStore } from "../../helpers/storage/naive-store.ts";
import { TestGateway } from "../../helpers/test-gateway.ts";
import { type SentSeries, series } from "../../helpers/write-requests.ts";
import { compressedV2, encodeV2, encodeV2Message, type V2Series } from "../../helpers/write-v2-requests.ts";

const NOW = MIDNIGHT_MS;
const V2 = {
  "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
  "X-Prometheus-Remote-Write-Version": "2.0.0",
};
const UP: readonly Label[] = [
  ["__name__", "up"],
  ["job", "a"],
];
const GOOD: V2Series[] = [
  {
    labels: UP,
    samples: [
      { value: 1, timestamp: NOW },
      { value: 2, timestamp: NOW - 15_000 },
    ],
  },
];
const STORED = [series("up", { job: "a" }, [NOW, 1], [NOW - 15_000, 2])];

function post(
  gateway: TestGateway,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Promise<Response> {
  return gateway.post("/api/v1/write", body, { ...V2, ...headers });
}

/** What the answer says was written: samples, histograms, exemplars. */
function written({ headers }: Response): (string | null)[] {
  return ["Samples", "Histograms", "Exemplars"].map((what) =>
    headers.get(`X-Prometheus-Remote-Write-${what}-Written`),
  );
}

async function assertStored(gateway: TestGateway, requests: (readonly SentSeries[])[]): Promise<void> {
  const model = new NaiveStore();
  for (const request of requests) model.append(request);
  gateway.table.heal();
  await assertSame(new Reader(gateway.table, { ...gateway.services, retentionMs: 0, tenant: "t" }), model);
}

test("204 with an empty body, the counts, and all is stored", async () => {
  const gateway = await TestGateway.open();
  const response = await post(gateway, compressedV2(GOOD));
  assert.deepEqual([response.status, await response.text(), written(response)], [204, "", ["2", "0", "0"]]);
  await assertStored(gateway, [STORED]);
});

test("either version is known by its content type, and a series is the same in both", async () => {
  const gateway = await TestGateway.open();
  const quoted = { "Content-Type": 'application/x-protobuf; proto="io.prometheus.write.v2.Request"' };
  assert.equal((await post(gateway, compressedV2(GOOD), quoted)).status, 204);
  const first = await gateway.write([series("up", { job: "a" }, [NOW + 1, 3])]);
  assert.deepEqual([first.status, written(first)], [200, [null, null, null]]);
  await assertStored(gateway, [STORED, [series("up", { job: "a" }, [NOW + 1, 3])]]);
});

test("a warm writer knows a series again, whatever its symbols' numbers are now", async () => {
  const gateway = await TestGateway.open();
  await post(gateway, compressedV2(GOOD));
  const before = gateway.table.calls.length;
  await post(gateway, compress(encodeV2(GOOD, ["x", "y", "job"])));
  // A log record of each of the two days, and nothing else.
  assert.equal(gateway.table.calls.length - before, 2);
});

test("histograms, exemplars and metadata are stored, and counted as written", async () => {
  const gateway = await TestGateway.open();
  const histograms = [
    { countInt: 1, positiveSpans: [{ offset: 0, length: 1 }], positiveDeltas: [1], timestamp: NOW },
  ];
  const exemplars = [{ labels: [["trace_id", "abc"] as const], value: 1, timestamp: NOW }];
  const metadata = { type: "METRIC_TYPE_GAUGE", help: "x" };
  const response = await post(
    gateway,
    compressedV2([...GOOD, { labels: UP, histograms, exemplars, metadata }]),
  );
  assert.deepEqual([response.status, written(response)], [204, ["2", "1", "1"]]);
  assert.equal(gateway.lastLine.fields.storedMetadata, 1);
});

describe("400 names what was refused, and the counts are those of the rest", () => {
  const sample = { value: 1, timestamp: NOW };
  const bad = (...labels: Label[]): Uint8Array => compressedV2([...GOOD, { labels, samples: [sample] }]);
  const raw = (refs: number[]) =>
    compress(
      encodeV2Message({
        symbols: ["", "__name__", "up", "job", "a"],
        timeseries: [
          { labelsRefs: refs, samples: [sample] },
          { labelsRefs: [1, 2, 3, 4], samples: [sample, { ...sample, timestamp: NOW - 15_000, value: 2 }] },
        ],
      }),
    );
  const wrongHistogram = compressedV2([{ ...GOOD[0], histograms: [{ countInt: 3, timestamp: NOW }] }]);
  const CASES: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["no metric name", bad(["job", "a"]), /label __name__ is missing/],
    ["a label twice", bad(["__name__", "x"], ["a", "1"], ["a", "2"]), /label name "a" appears twice/],
    ["an empty label name", bad(["__name__", "x"], ["", "1"]), /a label has an empty name/],
    ["a reference out of range", raw([1, 99]), /label reference 99 is beyond the 5 symbols/],
    ["an odd number of references", raw([1, 2, 3]), /3 label references, expected pairs/],
    ["a histogram that does not add up", wrongHistogram, /0 observations in the buckets, but a count of 3/],
    [
      "a sample of the future",
      compressedV2([...GOOD, { labels: UP, samples: [{ ...sample, timestamp: NOW + 700_000 }] }]),
      /in the future/,
    ],
  ];
  for (const [what, body, reason] of CASES) {
    test(what, async () => {
      const gateway = await TestGateway.open();
      const response = await post(gateway, body);
      const text = await response.text();
      assert.deepEqual([response.status, written(response)], [400, ["2", "0", "0"]], text);
      assert.match(text, /1 rejected, the other 2 samples are stored/);
      assert.match(text, reason);
      await assertStored(gateway, [STORED]);
    });
  }

  test("symbols that do not begin with an empty one: nothing is written", async () => {
    const gateway = await TestGateway.open();
    const response = await post(gateway, compress(encodeV2Message({ symbols: ["a"], timeseries: [{}] })));
    assert.deepEqual([response.status, written(response)], [400, ["0", "0", "0"]]);
  });

  test("a body cut anywhere: nothing is written", async () => {
    const gateway = await TestGateway.open();
    const body = compressedV2(GOOD);
    for (let length = 0; length < body.length; length++) {
      const response = await post(gateway, body.subarray(0, length));
      assert.deepEqual([response.status, written(response)], [400, ["0", "0", "0"]], `${length}`);
    }
    await assertStored(gateway, []);
  });
});

test("UTF-8 names are accepted", async () => {
  const gateway = await TestGateway.open();
  const labels: Label[] = [
    ["__name__", "größe.x"],
    ["a.b", "ü"],
  ];
  assert.equal(
    (await post(gateway, compressedV2([{ labels, samples: [{ value: 1, timestamp: NOW }] }]))).status,
    204,
  );
  await assertStored(gateway, [[series("größe.x", { "a.b": "ü" }, [NOW, 1])]]);
});

test("415 by the header, before the body is touched", async () => {
  const gateway = await TestGateway.open();
  const unreadable = () => new ReadableStream({ pull: () => Promise.reject(new Error("read after all")) });
  const headers = [
    { "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v3.Request" },
    { "Content-Type": "application/json" },
    { ...V2, "Content-Encoding": "zstd" },
  ];
  for (const one of headers) {
    const response = await gateway.post("/api/v1/write", unreadable(), one);
    assert.equal(response.status, 415);
    assert.match(
      await response.text(),
      /expected (application\/x-protobuf, optionally with proto=prometheus|snappy)/,
    );
  }
});

for (const fault of FAULTS) {
  test(`503 with nothing counted at any call (${fault}), and the retry stores all`, async () => {
    for (let k = 0, status = 503; status === 503; k++) {
      const gateway = await TestGateway.open();
      gateway.table.failOnce(k, fault);
      const response = await post(gateway, compressedV2(GOOD));
      status = response.status;
      if (gateway.table.hasFailed && status === 503) {
        assert.deepEqual(
          written(response).filter((count) => count !== null && count !== "0"),
          [],
        );
        assert.match(response.headers.get("Retry-After") ?? "", /^\d+$/);
        assert.equal((await post(gateway, compressedV2(GOOD))).status, 204);
      }
      await assertStored(gateway, [STORED]);
    }
  });
}
