import assert from "node:assert/strict";
import { test } from "node:test";
import type { MetricValues } from "../../lib/model/metrics.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { basic, query, TestGateway } from "../helpers/test-gateway.ts";
import { series } from "../helpers/write-requests.ts";

const NOW = MIDNIGHT_MS;
const UP = series("up", { job: "a" }, [NOW, 1], [NOW - 1000, 2]);
const STREAMED = { acceptedResponseTypes: ["STREAMED_XOR_CHUNKS"] };

/** Of the last request; units are the table's matter, and only whether there were some is told. */
function lastOf(gateway: TestGateway): MetricValues {
  const { ReadUnits, WriteUnits, ...rest } = gateway.metrics.at(-1)!;
  return {
    ...rest,
    ...(ReadUnits === undefined ? {} : { ReadUnits: Math.sign(ReadUnits) }),
    ...(WriteUnits === undefined ? {} : { WriteUnits: Math.sign(WriteUnits) }),
  };
}

test("a write tells of its samples, stored and refused", async () => {
  const gateway = await TestGateway.open();
  await gateway.write([UP]);
  assert.deepEqual(lastOf(gateway), {
    Requests: 1,
    Samples: 2,
    Dictionaries: 2,
    ReadUnits: 1,
    WriteUnits: 1,
  });
  const { readUnits, writeUnits } = gateway.lastLine.fields;
  assert.deepEqual([gateway.metrics[0].ReadUnits, gateway.metrics[0].WriteUnits], [readUnits, writeUnits]);
  await gateway.write([UP, series("up", { job: "b" }, [NOW + 3_600_000, 1])]);
  assert.equal(lastOf(gateway).Samples, 2);
  assert.equal(lastOf(gateway).RejectedSamples, 1);
  assert.equal(lastOf(gateway).ServerErrors, undefined);
});

test("a write tells how many series its tenant has today, whatever their times and the size of requests", async () => {
  const gateway = await TestGateway.open();
  // Before midnight: a series of yesterday is none of today.
  gateway.nowMs = NOW + 1000;
  await gateway.write([UP, series("old", {}, [NOW - 3_600_000, 1])]);
  assert.equal(gateway.origins.at(-1)!.seriesToday, 1);
  const many = Array.from({ length: 3000 }, (_, i) => series(`m${i % 40}`, { i: `${i}` }, [NOW + 500, i]));
  await gateway.write(many);
  assert.equal(gateway.origins.at(-1)!.seriesToday, 3000);
  await gateway.addKey({ id: "HKB", tenant: "other" });
  await gateway.write([UP], { Authorization: basic("HKB") });
  assert.equal(gateway.origins.at(-1)!.seriesToday, 1);
  await gateway.fetch("/nosuch");
  assert.equal(gateway.origins.at(-1)!.seriesToday, undefined);
});

for (const [kind, fields] of [
  ["samples", {}],
  ["streamed chunks", STREAMED],
] as const) {
  test(`a read of ${kind} tells of its series, when it is complete`, async () => {
    const gateway = await TestGateway.open();
    await gateway.write([UP, series("load", {}, [NOW, 3])]);
    const response = await gateway.read({ queries: [query()], ...fields });
    await response.arrayBuffer();
    assert.equal(gateway.metrics.length, 2);
    assert.deepEqual(lastOf(gateway), { Requests: 1, Series: 2, ReadUnits: 1 });
  });
}

test("what is the sender's fault is a request, what is ours a server error too", async () => {
  const gateway = await TestGateway.open();
  await gateway.post("/api/v1/write", "", { Authorization: undefined });
  assert.deepEqual(lastOf(gateway), { Requests: 1 });
  await gateway.fetch("/nosuch");
  assert.deepEqual(lastOf(gateway), { Requests: 1 });
  gateway.table.failOnce(0);
  assert.equal((await gateway.write([UP])).status, 503);
  assert.equal(lastOf(gateway).ServerErrors, 1);
});

test("a stream that breaks after its 200 is a server error", async () => {
  const gateway = await TestGateway.open();
  await gateway.write(
    Array.from({ length: 3000 }, (_, i) => series("many", { i: `a long name of a host, ${i}` }, [NOW, i])),
  );
  const response = await gateway.read({ queries: [query(), query("many")], ...STREAMED });
  assert.equal(response.status, 200);
  gateway.table.failOnce(0);
  await assert.rejects(response.arrayBuffer());
  assert.equal(lastOf(gateway).ServerErrors, 1);
});

test("requests are told apart by route, status, tenant and kind of error, and by no path", async () => {
  const gateway = await TestGateway.open();
  const labelsOfLast = () => gateway.origins.at(-1)!.labels;
  await gateway.write([UP]);
  assert.deepEqual(labelsOfLast(), { route: "/api/v1/write", status: "200", tenant: "t" });
  assert.ok(gateway.origins[0].durationMs > 0);
  await gateway.post("/api/v1/write", "no snappy");
  assert.deepEqual(labelsOfLast(), { route: "/api/v1/write", status: "400", tenant: "t", error: "invalid" });
  await gateway.post("/api/v1/write", "", { Authorization: undefined });
  assert.deepEqual(labelsOfLast(), { route: "/api/v1/write", status: "401", error: "unauthenticated" });
  await gateway.fetch("/api/v1/write");
  assert.deepEqual(labelsOfLast(), { route: "/api/v1/write", status: "405" });
  await gateway.fetch(`/${"any".repeat(100)}`);
  assert.deepEqual(labelsOfLast(), { status: "404" });
});
