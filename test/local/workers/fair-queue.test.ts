/** Tenants take turns, and a bound holds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FairQueue, MAX_WAITING } from "../../../local/workers/fair-queue.ts";
import { TenantLoads } from "../../../local/workers/tenant-loads.ts";

test("a request waits for one turn of each tenant, not for all that another one has sent", async () => {
  const queue = new FairQueue(2);
  const begun: string[] = [];
  const enter = (tenant: string, name: string) => queue.enter(tenant).then(() => begun.push(name));
  for (let i = 0; i < 6; i++) void enter("noisy", `n${i}`);
  void enter("quiet", "q0");
  void enter("other", "o0");
  void enter("quiet", "q1");
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  await settled();
  assert.deepEqual(begun, ["n0", "n1"]);
  for (let i = 0; i < 9; i++) {
    queue.leave();
    await settled();
  }
  assert.deepEqual(begun, ["n0", "n1", "n2", "q0", "o0", "n3", "q1", "n4", "n5"]);
  // All have left: the bound is free again.
  await Promise.all([queue.enter("a"), queue.enter("a")]);
});

test("what one tenant has waiting is bounded, and costs no other tenant a place", async () => {
  const queue = new FairQueue(1);
  await queue.enter("noisy");
  const waiting = Array.from({ length: MAX_WAITING }, () => queue.enter("noisy"));
  await assert.rejects(queue.enter("noisy"), { kind: "unavailable" });
  const quiet = queue.enter("quiet");
  queue.leave();
  queue.leave();
  await quiet;
  for (const one of waiting) {
    queue.leave();
    await one;
  }
});

/** Bodies a second of each tenant, for a minute; which tenants are busy at its end. */
function busyAfter(bytesPerSecond: Readonly<Record<string, number>>, loads = new TenantLoads(), startMs = 0) {
  let nowMs = startMs;
  for (; nowMs < startMs + 60_000; nowMs += 1000)
    for (const [tenant, bytes] of Object.entries(bytesPerSecond)) loads.note(tenant, bytes, nowMs);
  return Object.keys(bytesPerSecond).filter((tenant) => loads.isBusy(tenant, nowMs));
}

test("tenants that send far more than others are busy, however many they are", () => {
  assert.deepEqual(busyAfter({ alone: 10_000_000 }), []);
  assert.deepEqual(busyAfter({ quiet: 20_000, noisy: 200_000 }), ["noisy"]);
  assert.deepEqual(busyAfter({ quiet: 20_000, a: 200_000, b: 210_000, c: 220_000 }), ["a", "b", "c"]);
  assert.deepEqual(busyAfter({ tiny: 100, small: 2000, noisy: 200_000 }), ["noisy"]);
  assert.deepEqual(busyAfter({ tiny: 100, small: 500 }), [], "both send too little to be in the way");
});

test("a tenant that sends less again is quiet a while later, and one that is gone is forgotten", () => {
  const loads = new TenantLoads();
  assert.deepEqual(busyAfter({ quiet: 20_000, noisy: 200_000 }, loads), ["noisy"]);
  assert.deepEqual(
    busyAfter({ quiet: 20_000, noisy: 100 }, loads, 60_000),
    ["noisy"],
    "it stays for a minute",
  );
  assert.deepEqual(busyAfter({ quiet: 20_000, noisy: 100 }, loads, 120_000), []);
  assert.ok(loads.areSeveral);
  assert.deepEqual(busyAfter({ quiet: 20_000 }, loads, 180_000), []);
  busyAfter({ quiet: 20_000 }, loads, 600_000);
  assert.ok(!loads.areSeveral);
});

test("a tenant's burst is noticed at once, beside another tenant", () => {
  const loads = new TenantLoads();
  busyAfter({ quiet: 20_000 }, loads);
  for (let i = 0; i < 10; i++) loads.note("noisy", 60_000, 60_000 + 10 * i);
  assert.ok(loads.isBusy("noisy", 60_100), "600 KB in 0.1 s");
  assert.ok(!loads.isBusy("quiet", 60_100));
});
