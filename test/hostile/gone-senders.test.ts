/** A write or a deletion whose client has gone ends soon, and what it stored before is as good as after a failed call. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { exemplarsTimesBounds } from "../../bench/hostile/otlp-bodies.ts";
import { seriesBody } from "../../bench/tenants/series-body.ts";
import { CLIENT_CLOSED } from "../../lib/http/status.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { WRITE_V2_MESSAGE } from "../../lib/wire/write-v2.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import { series } from "../helpers/write-requests.ts";
import { encodeV2Message } from "../helpers/write-v2-requests.ts";

/** Of which a writer registers a thousand at a time. */
const SERIES = 3000;
const SHARDS_AT_ONCE = 4;
/** Long, so that there are many looks. */
const METRIC = "m".repeat(300);

interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

const V1 = { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" };
const NEVER = { isGone: () => false };

function v1(nowMs: number, first = 0): Sent {
  return { path: "/api/v1/write", headers: V1, body: seriesBody(METRIC, first, SERIES, nowMs) };
}

function v2(nowMs: number): Sent {
  const symbols = ["__name__", METRIC, "instance", ...Array.from({ length: SERIES }, (_, i) => `host-${i}`)];
  const timeseries = Array.from({ length: SERIES }, (_, i) => ({
    labelsRefs: [1, 2, 3, 4 + i],
    samples: [{ value: 1, timestamp: nowMs }],
  }));
  const body = encodeV2Message({ symbols: ["", ...symbols], timeseries });
  const headers = { ...V1, "Content-Type": `application/x-protobuf;proto=${WRITE_V2_MESSAGE}` };
  return { path: "/api/v1/write", headers, body: new Uint8Array(compress(body)) };
}

const OTLP_PATH = "/api/v1/otlp/v1/metrics";

function otlp(nowMs: number): Sent {
  const body = new Uint8Array(gzipSync(exemplarsTimesBounds(20_000, SERIES, nowMs)));
  return {
    path: OTLP_PATH,
    headers: { "Content-Type": "application/x-protobuf", "Content-Encoding": "gzip" },
    body,
  };
}

function otlpJson(nowMs: number): Sent {
  const point = { timeUnixNano: `${nowMs}000000`, count: "1", bucketCounts: ["1"], explicitBounds: [] };
  const dataPoints = Array.from({ length: SERIES }, (_, i) => ({
    ...point,
    attributes: [{ key: "i", value: { intValue: i } }],
  }));
  const metrics = [{ name: "h", histogram: { aggregationTemporality: 2, dataPoints } }];
  const text = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  return { path: OTLP_PATH, headers: { "Content-Type": "application/json" }, body: Buffer.from(text) };
}

/** Goes away at the look of that number. Returns how many looks there were. */
async function send(
  gateway: TestGateway,
  { path, headers, body }: Sent,
  goneAt = Number.POSITIVE_INFINITY,
): Promise<{ readonly status: number; readonly looks: number }> {
  let looks = 0;
  const isGone = () => looks++ >= goneAt;
  const init = { method: "POST", body, headers: { Authorization: basic("HKA"), ...headers } };
  const { status } = await gateway.fetch(path, init, { isGone });
  return { status, looks };
}

async function count(gateway: TestGateway, selector: string): Promise<number> {
  const query = `/api/v1/query?query=${encodeURIComponent(`count(${selector})`)}`;
  const response = await gateway.fetch(query, { headers: { Authorization: basic("HKA") } }, NEVER);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return Number(JSON.parse(text).data.result[0]?.value[1] ?? 0);
}

/** Each with the series that it makes, and the looks before its body is decoded. */
const BODIES: readonly (readonly [
  name: string,
  make: (nowMs: number) => Sent,
  all: string,
  least: number,
])[] = [
  ["remote write 1.0", v1, METRIC, 5],
  ["remote write 2.0", v2, METRIC, 0],
  ["OTLP, protobuf", otlp, '{__name__=~".+_bucket"}', 6],
  ["OTLP, JSON", otlpJson, "h_bucket", 3],
];

for (const [name, make, all, least] of BODIES)
  test(`${name}: ends at the look that finds its sender gone, and a repeated body is stored whole`, async () => {
    const whole = await TestGateway.open();
    whole.queryRoutes();
    const { status, looks } = await send(whole, make(whole.nowMs));
    assert.ok(status < 300, `${status}`);
    assert.ok(looks > least + 2, `${looks} looks`);
    const stored = await count(whole, all);
    assert.ok(stored >= SERIES, `${stored} series`);
    for (const goneAt of [least, Math.floor((least + looks) / 2)]) {
      const gateway = await TestGateway.open();
      gateway.queryRoutes();
      const sent = make(gateway.nowMs);
      const before = gateway.meter.writeUnits;
      const ended = await send(gateway, sent, goneAt);
      assert.equal(ended.status, CLIENT_CLOSED);
      // Shards are registered beside each other: each ends at its own look.
      const more = goneAt > least ? SHARDS_AT_ONCE : 1;
      assert.ok(
        ended.looks > goneAt && ended.looks <= goneAt + more,
        `${ended.looks} looks, gone at ${goneAt}`,
      );
      assert.equal(gateway.lastLine.fields.outcome, "client went away");
      if (goneAt <= least)
        assert.equal(gateway.meter.writeUnits, before, "nothing is stored before it is decoded");
      const again = await send(gateway, sent);
      assert.equal(again.status, status, `gone at ${goneAt}`);
      assert.equal(await count(gateway, all), stored, `gone at ${goneAt}`);
    }
  });

test("a sender that goes away takes no other one's samples with it", async () => {
  for (const goneAt of [7, 11]) {
    const gateway = await TestGateway.open();
    gateway.queryRoutes();
    // Both register new series of the same day, half of them the same ones, in one process.
    const [gone, other] = [v1(gateway.nowMs), v1(gateway.nowMs, SERIES / 2)];
    const [first, second] = await Promise.all([send(gateway, gone, goneAt), send(gateway, other)]);
    assert.deepEqual([first.status, second.status], [CLIENT_CLOSED, 200], `gone at ${goneAt}`);
    const others = '{instance=~".+"}';
    assert.ok((await count(gateway, others)) >= SERIES);
    assert.equal((await send(gateway, gone)).status, 200);
    assert.equal(await count(gateway, others), (3 * SERIES) / 2);
  }
});

async function openForDeletion(): Promise<{
  gateway: TestGateway;
  remove: (isGone: () => boolean) => Promise<Response>;
}> {
  const gateway = await TestGateway.open();
  gateway.queryRoutes();
  await gateway.addKey({ id: "HKADMIN", scopes: ["admin"] });
  const labels = (i: number) => ({ a: `${i}${"x".repeat(2000)}` });
  await gateway.write(
    Array.from({ length: 200 }, (_, i) => series("up", labels(i), [gateway.nowMs - 1000, 1])),
  );
  const remove = async (isGone: () => boolean) => {
    const init = {
      method: "POST",
      body: new URLSearchParams({ "match[]": 'up{a=~"(.?){900}y"}' }),
      headers: { Authorization: basic("HKADMIN") },
    };
    return gateway.fetch("/api/v1/admin/tsdb/delete_series", init, { isGone });
  };
  return { gateway, remove };
}

test("a deletion ends at the look that finds its client gone, and deletes nothing then", async () => {
  const { gateway, remove } = await openForDeletion();
  let looks = 0;
  const response = await remove(() => ++looks > 3);
  assert.deepEqual([response.status, looks], [CLIENT_CLOSED, 4]);
  assert.equal(await count(gateway, "up"), 200);
});

test("a deletion compares no series after its time limit", async () => {
  const { gateway, remove } = await openForDeletion();
  const response = await remove(() => {
    gateway.nowMs += 10_000;
    return false;
  });
  const text = await response.text();
  assert.equal(response.status, 503, text);
  assert.match(text, /timed out in deletion/);
  assert.equal(await count(gateway, "up"), 200);
});

test("a long expression looks while it is parsed", async () => {
  const gateway = await TestGateway.open();
  let looks = 0;
  Object.assign(gateway.services, { isCanceled: () => ++looks > 3 });
  gateway.queryRoutes();
  const query = `label_join(a, "b", ""${', "c"'.repeat(50_000)})`;
  for (const path of [
    "/api/v1/format_query",
    "/api/v1/parse_query",
    "/api/v1/query",
    "/api/v1/query_exemplars",
  ]) {
    looks = 0;
    const init = {
      method: "POST",
      body: new URLSearchParams({ query }),
      headers: { Authorization: basic("HKA") },
    };
    assert.equal((await gateway.fetch(path, init)).status, CLIENT_CLOSED, path);
    assert.equal(looks, 4, path);
  }
});
