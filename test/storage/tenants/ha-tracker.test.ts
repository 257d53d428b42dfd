import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SECOND_MS } from "../../../lib/model/time.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newMeter, type Table } from "../../../lib/storage/table/table.ts";
import {
  FAILOVER_MS,
  HaTracker,
  type Replica,
  UNSURE_MS,
  UPDATE_MS,
} from "../../../lib/storage/tenants/ha-tracker.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";

const A = { cluster: "c", replica: "a" };
const B = { cluster: "c", replica: "b" };

/** Functions on one table, with one clock to turn. */
class Fleet {
  readonly table = new FaultyTable();
  nowMs = 1_795_336_000_000;

  newTracker(): HaTracker {
    return new HaTracker(() => this.nowMs);
  }
}

/** A request whose samples are stored if they are accepted. */
async function write(tracker: HaTracker, table: Table, tenant: string, replica: Replica): Promise<boolean> {
  const isAccepted = await tracker.accepts(table, tenant, replica);
  if (isAccepted) await tracker.noteStored(table, tenant, replica);
  return isAccepted;
}

test("the first replica is elected, the other takes over once nothing of it was stored for a while", async () => {
  const fleet = new Fleet();
  const [one, other] = [fleet.newTracker(), fleet.newTracker()];
  assert.equal(await write(one, fleet.table, "t", A), true);
  assert.equal(await write(other, fleet.table, "t", B), false);
  fleet.nowMs += UNSURE_MS - 1;
  for (const tracker of [one, other]) assert.equal(await write(tracker, fleet.table, "t", B), false);
  fleet.nowMs += 1;
  const unsure = {
    kind: "unavailable",
    message: "replica b of cluster c: nothing of the elected replica a was stored for 20000 ms; retry",
  };
  for (const tracker of [one, other]) await assert.rejects(write(tracker, fleet.table, "t", B), unsure);
  fleet.nowMs += FAILOVER_MS - UNSURE_MS - 1;
  await assert.rejects(write(other, fleet.table, "t", B), /for 29999 ms/);
  fleet.nowMs += 1;
  assert.equal(await write(other, fleet.table, "t", B), true);
  assert.equal(
    await write(one, fleet.table, "t", A),
    false,
    "it was not heard of; what one remembers is too old",
  );
});

test("a replica whose samples cannot be stored keeps the other one waiting, and loses the election", async () => {
  const fleet = new Fleet();
  const tracker = fleet.newTracker();
  assert.equal(await write(tracker, fleet.table, "t", A), true);
  let omitted = 0;
  let waiting = 0;
  for (let second = 1; second < 30; second++) {
    fleet.nowMs += SECOND_MS;
    // Its store fails with 503 each time, so it is never noted.
    assert.equal(await tracker.accepts(fleet.table, "t", A), true);
    await write(tracker, fleet.table, "t", B).then(
      (isAccepted) => (isAccepted ? assert.fail("both are stored") : omitted++),
      () => waiting++,
    );
  }
  assert.deepEqual([omitted, waiting], [19, 10]);
  fleet.nowMs += SECOND_MS;
  assert.equal(await write(tracker, fleet.table, "t", B), true);
  assert.equal(await write(tracker, fleet.table, "t", A), false);
});

test("as long as the elected replica writes, through whatever function, the other is left out", async () => {
  const fleet = new Fleet();
  const trackers = [fleet.newTracker(), fleet.newTracker(), fleet.newTracker()];
  for (let i = 0; i < 40; i++, fleet.nowMs += 14 * SECOND_MS) {
    assert.equal(await write(trackers[i % 3], fleet.table, "t", A), true);
    assert.equal(await write(trackers[(i + 1) % 3], fleet.table, "t", B), false);
  }
});

test("clusters and tenants do not know of each other", async () => {
  const fleet = new Fleet();
  const tracker = fleet.newTracker();
  assert.equal(await write(tracker, fleet.table, "t", A), true);
  assert.equal(await write(tracker, fleet.table, "u", B), true);
  assert.equal(await write(tracker, fleet.table, "t", { ...B, cluster: "d" }), true);
});

test("a warm function writes four times a minute, and twice when one is elected", async () => {
  const fleet = new Fleet();
  const tracker = fleet.newTracker();
  const meter = newMeter();
  const table = new MemoryTable().metered(meter);
  for (let i = 0; i < 60; i++, fleet.nowMs += SECOND_MS) {
    await write(tracker, table, "t", A);
    await write(tracker, table, "t", B);
  }
  assert.deepEqual(meter, { ...newMeter(), calls: 2 + 60_000 / UPDATE_MS, readUnits: 1, writeUnits: 5 });
});

test("a lost compare and swap: what another function wrote counts", async () => {
  const fleet = new Fleet();
  const [one, other] = [fleet.newTracker(), fleet.newTracker()];
  const { table } = fleet;
  let others: Promise<boolean> | undefined;
  table.beforeCall(1, () => {
    others = other.accepts(table.inner, "t", B);
  });
  const outcomes = await Promise.allSettled([one.accepts(table, "t", A)]);
  outcomes.push(...(await Promise.allSettled([others!])));
  const [elected, waiting] = outcomes.toSorted((a, b) => a.status.localeCompare(b.status));
  assert.deepEqual(elected, { status: "fulfilled", value: true });
  assert.match(String((waiting as PromiseRejectedResult).reason), /of the elected replica [ab] was stored/);
});

test("at any moment one replica is elected, whatever functions they come through", async () => {
  const step = fc.record({
    replica: fc.constantFrom(A, B),
    tracker: fc.nat(2),
    afterMs: fc.integer({ min: 0, max: FAILOVER_MS }),
    isStored: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const fleet = new Fleet();
      const trackers = [fleet.newTracker(), fleet.newTracker(), fleet.newTracker()];
      let elected: string | undefined;
      let stored: { readonly replica: string; readonly atMs: number } | undefined;
      for (const { replica, tracker, afterMs, isStored } of steps) {
        fleet.nowMs += afterMs;
        const ofOther = stored?.replica === replica.replica ? undefined : stored;
        let isAccepted: boolean;
        try {
          isAccepted = await trackers[tracker].accepts(fleet.table, "t", replica);
        } catch {
          assert.notEqual(elected, replica.replica, "the elected replica waits");
          continue;
        }
        if (!isAccepted) {
          assert.notEqual(elected, replica.replica, "the elected replica is refused");
          assert.ok(ofOther !== undefined && fleet.nowMs - ofOther.atMs < UNSURE_MS, "left out for nothing");
          continue;
        }
        // What is noted may be UPDATE_MS older than what was stored last.
        if (elected !== replica.replica && ofOther !== undefined)
          assert.ok(fleet.nowMs - ofOther.atMs >= FAILOVER_MS - UPDATE_MS, "the other was just heard of");
        elected = replica.replica;
        if (!isStored) continue;
        await trackers[tracker].noteStored(fleet.table, "t", replica);
        stored = { replica: replica.replica, atMs: fleet.nowMs };
      }
    }),
  );
});
