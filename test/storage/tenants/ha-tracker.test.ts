import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SECOND_MS } from "../../../lib/model/time.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import { FAILOVER_MS, HaTracker, UPDATE_MS } from "../../../lib/storage/tenants/ha-tracker.ts";
import { FaultyTable } from "../../helpers/faulty-table.ts";

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

test("the first replica is elected, the other takes over once nothing was heard of it for a while", async () => {
  const fleet = new Fleet();
  const [one, other] = [fleet.newTracker(), fleet.newTracker()];
  assert.equal(await one.accepts(fleet.table, "t", A), true);
  assert.equal(await other.accepts(fleet.table, "t", B), false);
  fleet.nowMs += FAILOVER_MS - 1;
  assert.equal(await other.accepts(fleet.table, "t", B), false);
  assert.equal(await one.accepts(fleet.table, "t", B), false);
  fleet.nowMs += 1;
  assert.equal(await other.accepts(fleet.table, "t", B), true);
  assert.equal(
    await one.accepts(fleet.table, "t", A),
    false,
    "it was not heard of; what one remembers is too old",
  );
});

test("as long as the elected replica writes, through whatever function, the other is left out", async () => {
  const fleet = new Fleet();
  const trackers = [fleet.newTracker(), fleet.newTracker(), fleet.newTracker()];
  for (let i = 0; i < 40; i++, fleet.nowMs += 14 * SECOND_MS) {
    assert.equal(await trackers[i % 3].accepts(fleet.table, "t", A), true);
    assert.equal(await trackers[(i + 1) % 3].accepts(fleet.table, "t", B), false);
  }
});

test("clusters and tenants do not know of each other", async () => {
  const fleet = new Fleet();
  const tracker = fleet.newTracker();
  assert.equal(await tracker.accepts(fleet.table, "t", A), true);
  assert.equal(await tracker.accepts(fleet.table, "u", B), true);
  assert.equal(await tracker.accepts(fleet.table, "t", { ...B, cluster: "d" }), true);
});

test("a warm function asks the table four times a minute", async () => {
  const fleet = new Fleet();
  const tracker = fleet.newTracker();
  const meter = newMeter();
  const table = new MemoryTable().metered(meter);
  for (let i = 0; i < 60; i++, fleet.nowMs += SECOND_MS) {
    await tracker.accepts(table, "t", A);
    await tracker.accepts(table, "t", B);
  }
  assert.deepEqual(meter, { ...newMeter(), calls: 2 * (60_000 / UPDATE_MS), readUnits: 4, writeUnits: 4 });
});

test("a lost compare and swap: what another function wrote counts", async () => {
  const fleet = new Fleet();
  const [one, other] = [fleet.newTracker(), fleet.newTracker()];
  const { table } = fleet;
  let others: Promise<boolean> | undefined;
  table.beforeCall(1, () => {
    others = other.accepts(table.inner, "t", B);
  });
  const [mine, theirs] = [await one.accepts(table, "t", A), await others];
  assert.deepEqual([mine, theirs].filter(Boolean).length, 1);
});

test("at any moment one replica is elected, whatever functions they come through", async () => {
  const step = fc.record({
    replica: fc.constantFrom(A, B),
    tracker: fc.nat(2),
    afterMs: fc.integer({ min: 0, max: FAILOVER_MS }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const fleet = new Fleet();
      const trackers = [fleet.newTracker(), fleet.newTracker(), fleet.newTracker()];
      let last: { readonly replica: string; readonly atMs: number } | undefined;
      for (const { replica, tracker, afterMs } of steps) {
        fleet.nowMs += afterMs;
        if (!(await trackers[tracker].accepts(fleet.table, "t", replica))) {
          assert.notEqual(last?.replica, replica.replica, "the elected replica is refused");
          continue;
        }
        if (last !== undefined && last.replica !== replica.replica) {
          // What was noted of the elected replica may be UPDATE_MS older than its last request.
          assert.ok(
            fleet.nowMs - last.atMs >= FAILOVER_MS - UPDATE_MS,
            "the other replica was just heard of",
          );
        }
        last = { replica: replica.replica, atMs: fleet.nowMs };
      }
    }),
  );
});
