import assert from "node:assert/strict";
import { test } from "node:test";
import { Reader } from "../../lib/storage/read/reader.ts";
import { FAILOVER_MS } from "../../lib/storage/tenants/ha-tracker.ts";
import {
  changeTenantSettings,
  TENANT_CACHE_MS,
  USUAL_HA_LABELS,
} from "../../lib/storage/tenants/tenant-settings.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { assertSame, NaiveStore } from "../helpers/storage/naive-store.ts";
import { TestGateway } from "../helpers/test-gateway.ts";
import { type SentSeries, series } from "../helpers/write-requests.ts";

const sent = (replica: string, time: number, value: number) => [
  series("up", { cluster: "eu", __replica__: replica, job: "a" }, [time, value]),
  series("requests_total", { cluster: "eu", __replica__: replica }, [time, value * 10]),
];
const stored = (time: number, value: number) => [
  series("up", { cluster: "eu", job: "a" }, [time, value]),
  series("requests_total", { cluster: "eu" }, [time, value * 10]),
];

async function assertStored(gateway: TestGateway, ...requests: (readonly SentSeries[])[]) {
  const model = new NaiveStore();
  for (const request of requests) model.append(request);
  const { clock, limits } = gateway.services;
  await assertSame(new Reader(gateway.table, { clock, limits, tenant: "t", retentionMs: 0 }), model);
}

/** With pairs turned on for its tenant. */
async function openWithPairs(): Promise<TestGateway> {
  const gateway = await TestGateway.open();
  await changeTenantSettings(gateway.table, "t", { haLabels: USUAL_HA_LABELS });
  return gateway;
}

test("pairs are off until a tenant turns them on", async () => {
  const gateway = await TestGateway.open();
  for (const replica of ["a", "b"])
    assert.equal((await gateway.write(sent(replica, MIDNIGHT_MS, 1))).status, 200);
  await assertStored(gateway, sent("a", MIDNIGHT_MS, 1), sent("b", MIDNIGHT_MS, 1));
});

test("each series of a request counts for itself, whichever comes first", async () => {
  const gateway = await openWithPairs();
  const of = (cluster: string, replica: string, ...samples: [number, number][]) =>
    series("m", { cluster, __replica__: replica }, ...samples);
  assert.equal((await gateway.write([of("c1", "a", [MIDNIGHT_MS, 1])])).status, 200);
  assert.equal((await gateway.write([of("c2", "x", [MIDNIGHT_MS, 1])])).status, 200);
  const plain = series("plain", {}, [MIDNIGHT_MS + 1, 2]);
  const noCluster = series("plain2", { __replica__: "b" }, [MIDNIGHT_MS + 1, 3]);
  const loserFirst = await gateway.write([
    of("c1", "b", [MIDNIGHT_MS + 1, 9]),
    plain,
    of("c2", "x", [MIDNIGHT_MS + 1, 2]),
  ]);
  assert.equal(loserFirst.status, 200);
  const plainFirst = await gateway.write([noCluster, of("c1", "b", [MIDNIGHT_MS + 2, 9])]);
  assert.equal(plainFirst.status, 200);
  assert.equal((await gateway.write([of("c1", "b", [MIDNIGHT_MS + 3, 9])])).status, 202);
  await assertStored(gateway, [
    series("m", { cluster: "c1" }, [MIDNIGHT_MS, 1]),
    series("m", { cluster: "c2" }, [MIDNIGHT_MS, 1], [MIDNIGHT_MS + 1, 2]),
    plain,
    noCluster,
  ]);
});

test("of two replicas' samples one's are stored, without its label, and the other's when that one is gone", async () => {
  const gateway = await openWithPairs();
  assert.equal((await gateway.write(sent("a", MIDNIGHT_MS, 1))).status, 200);
  assert.equal((await gateway.write(sent("b", MIDNIGHT_MS + 5, 2))).status, 202);
  assert.match(String(gateway.lastLine.fields.replica), /b of eu/);
  await assertStored(gateway, stored(MIDNIGHT_MS, 1));
  gateway.nowMs += FAILOVER_MS;
  assert.equal((await gateway.write(sent("b", MIDNIGHT_MS + 30_000, 3))).status, 200);
  await assertStored(gateway, stored(MIDNIGHT_MS, 1), stored(MIDNIGHT_MS + 30_000, 3));
});

test("without both labels nobody is a replica", async () => {
  const gateway = await openWithPairs();
  const single = [series("up", { __replica__: "a" }, [MIDNIGHT_MS, 1])];
  const other = [series("up", { cluster: "eu" }, [MIDNIGHT_MS, 2])];
  for (const request of [single, other]) assert.equal((await gateway.write(request)).status, 200);
  await assertStored(gateway, single, other);
});

test("a tenant's own labels, or none", async () => {
  const gateway = await TestGateway.open();
  await changeTenantSettings(gateway.table, "t", { haLabels: { cluster: "job", replica: "cluster" } });
  const request = sent("a", MIDNIGHT_MS, 1);
  assert.equal((await gateway.write(request)).status, 200);
  // Without a job it is no replica's.
  const total = series("requests_total", { cluster: "eu", __replica__: "a" }, [MIDNIGHT_MS, 10]);
  await assertStored(gateway, [series("up", { __replica__: "a", job: "a" }, [MIDNIGHT_MS, 1]), total]);
  await changeTenantSettings(gateway.table, "t", { haLabels: "off" });
  gateway.nowMs += TENANT_CACHE_MS;
  const later = sent("b", MIDNIGHT_MS + 60_000, 1);
  assert.equal((await gateway.write(later)).status, 200);
  await assertStored(gateway, [series("up", { __replica__: "a", job: "a" }, [MIDNIGHT_MS, 1]), total], later);
});
